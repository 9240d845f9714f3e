//! The file systems that a function mounts.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use txflow_asl::{Arn, is_account_id};

use super::Settings;
use super::member::Member;
use crate::fault::{Constraints, Fault};
use crate::lambda::invalid;

const ACCESS_POINT_PATTERN: &str = "arn:aws[a-zA-Z-]*:elasticfilesystem:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:access-point/fsap-[a-f0-9]{17}$|^arn:aws[-a-z]*:s3files:[0-9a-z-:]+:file-system/fs-[0-9a-f]{17,40}/access-point/fsap-[0-9a-f]{17,40}";

const MOUNT_PATH_PATTERN: &str = "/mnt/[a-zA-Z0-9-_.]+";

/// Stored as it is sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::lambda) struct FileSystem {
    arn: String,
    local_mount_path: String,
    /// Only one on S3 has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_files_config: Option<Value>,
}

impl Member for Vec<FileSystem> {
    type Stored = Self;

    fn check(&self, constraints: &mut Constraints) {
        if self.len() > 1 {
            let arns: Vec<&str> = self.iter().map(|one| one.arn.as_str()).collect();
            constraints.violated(
                "fileSystemConfigs",
                format!("[{}]", arns.join(", ")),
                "Member must have length less than or equal to 1",
            );
        }
        for (i, file_system) in self.iter().enumerate() {
            let member = format!("fileSystemConfigs.{}.member", i + 1);
            file_system.check(&member, constraints);
        }
    }

    /// An empty list removes the setting.
    fn store(self, stored: &mut Self) {
        *stored = self;
    }

    fn show(stored: &Self) -> Option<Value> {
        (!stored.is_empty()).then(|| json!(stored))
    }
}

impl FileSystem {
    fn check(&self, member: &str, constraints: &mut Constraints) {
        let (arn, path) = (self.arn.as_str(), self.local_mount_path.as_str());
        let of_arn = format!("{member}.arn");
        let of_path = format!("{member}.localMountPath");
        constraints
            .length(&of_arn, arn, 0, 256)
            .pattern(&of_arn, arn, ACCESS_POINT_PATTERN, is_access_point(arn))
            .length(&of_path, path, 0, 160)
            .pattern(&of_path, path, MOUNT_PATH_PATTERN, is_mount_path(path));
    }
}

impl Settings {
    /// Refuses a function that mounts a file system and is not in a VPC.
    pub(in crate::lambda) fn check_file_systems(&self) -> Result<(), Fault> {
        match self.file_systems.first() {
            Some(mounted) if self.vpc.is_none() => Err(invalid(format!(
                "Function must be configured to execute in a VPC to reference access point {}.",
                mounted.arn
            ))),
            _ => Ok(()),
        }
    }
}

/// AWS's pattern for access points, above.
fn is_access_point(arn: &str) -> bool {
    let Some(arn) = Arn::parse(arn) else {
        return false;
    };
    let parts: Vec<&str> = arn.resource.split('/').collect();
    arn.partition.starts_with("aws")
        && is_account_id(arn.account)
        && match (arn.service, parts.as_slice()) {
            ("elasticfilesystem", ["access-point", id]) => is_id(id, "fsap-", 17..=17),
            ("s3files", ["file-system", system, "access-point", id]) => {
                is_id(system, "fs-", 17..=40) && is_id(id, "fsap-", 17..=40)
            }
            _ => false,
        }
}

fn is_id(id: &str, prefix: &str, lengths: RangeInclusive<usize>) -> bool {
    id.strip_prefix(prefix).is_some_and(|digits| {
        let is_digit = |c: char| matches!(c, '0'..='9' | 'a'..='f');
        lengths.contains(&digits.len()) && digits.chars().all(is_digit)
    })
}

/// AWS's pattern for mount paths, above.
fn is_mount_path(path: &str) -> bool {
    path.strip_prefix("/mnt/").is_some_and(|name| {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        !name.is_empty() && name.chars().all(is_allowed)
    })
}
