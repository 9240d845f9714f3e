//! How the fields of requests and the variables of ARNs are named.

use super::arn_template::variables;
use crate::integrations::{self, ResourceType};

/// `InstanceIds` is `instance` and `id`.
#[derive(PartialEq, Eq)]
pub(super) struct Name {
    pub(super) stem: String,
    pub(super) suffix: &'static str,
}

impl Name {
    pub(super) fn of(name: &str) -> Self {
        let name = name.to_ascii_lowercase().replace(['-', '_'], "");
        let name = name.strip_suffix("withpath").unwrap_or(&name);
        for plural in ["s", ""] {
            for suffix in ["identifier", "name", "arn", "id"] {
                let stem = name
                    .strip_suffix(plural)
                    .and_then(|name| name.strip_suffix(suffix));
                if let Some(stem) = stem.filter(|stem| !stem.is_empty()) {
                    return Self {
                        stem: stem.to_owned(),
                        suffix,
                    };
                }
            }
        }
        Self {
            stem: name.to_owned(),
            suffix: "",
        }
    }

    /// Whether it may name a resource of a type, though not in a way that tells which part of the ARN it is.
    pub(super) fn may_name(&self, kind: &ResourceType) -> bool {
        let own = Self::of(kind.name).stem;
        matches!(
            &*self.stem,
            "name" | "id" | "arn" | "identifier" | "key" | "target"
        ) || self.stem.contains("resource")
            || !self.suffix.is_empty() && (own.contains(&self.stem) || self.stem.contains(&own))
    }
}

/// Whether a field has the value of a variable.
pub(super) fn means(field: &str, variable: &str) -> bool {
    let (field, variable) = (Name::of(field), Name::of(variable));
    let mixed = [field.suffix, variable.suffix];
    field.stem == variable.stem && mixed != ["name", "id"] && mixed != ["id", "name"]
}

/// Whether a field is named like the type itself, and says which one it is as the variable does: `TranscriptionJobName`
/// for `transcription-job/${JobName}`, `DbSnapshotIdentifier` for `snapshot:${SnapshotName}`, `AutoScalingGroupName` for
/// `autoScalingGroup:${GroupId}:autoScalingGroupName/${GroupFriendlyName}`.
pub(super) fn is_key_of(field: &str, variable: &str, kind: &ResourceType) -> bool {
    let field = Name::of(field);
    let suffix = Name::of(variable).suffix;
    let mut alike = variables(kind.arn).filter(|other| Name::of(other).suffix == suffix);
    let is_only = variables(kind.arn).count() == 1
        || suffix == field.suffix && alike.next() == Some(variable) && alike.next().is_none();
    is_only
        && matches!(field.suffix, "identifier" | "name" | "id")
        && field.stem.strip_prefix("db").unwrap_or(&field.stem) == Name::of(kind.name).stem
}

/// Whether a field is one end of a copy: `TargetDBSnapshotIdentifier` for `snapshot:${SnapshotName}` is the end `target`.
pub(super) fn is_end_of(end: &str, field: &str, variable: &str, kind: &ResourceType) -> bool {
    let field = field.to_ascii_lowercase();
    let Some(field) = field.strip_prefix(end) else {
        return false;
    };
    let without_db = field.strip_prefix("db").unwrap_or(field);
    means(field, variable) || means(without_db, variable) || is_key_of(field, variable, kind)
}

/// Fields that have the value of a variable though neither name says so, with what the ARN contains: the application of
/// Pinpoint, the account that an assignment of IAM Identity Center is in, and a maintenance window of Systems Manager.
const ALIASES: [(&str, &str, &str); 3] = [
    ("ApplicationId", "AppId", ":mobiletargeting:"),
    ("TargetId", "AccountId", ":sso:::account/"),
    ("WindowId", "ResourceId", ":maintenancewindow/"),
];

/// Whether a field has the value of a variable by such an agreement.
pub(super) fn is_alias_of(field: &str, variable: &str, kind: &ResourceType) -> bool {
    let mut aliases = ALIASES.iter();
    aliases
        .any(|(name, value, part)| (*name, *value) == (field, variable) && kind.arn.contains(part))
}

/// Whether a field leaves out the beginning of the variable's name: `GroupId` for `${SecurityGroupId}`.
pub(super) fn is_tail_of(field: &str, variable: &str) -> bool {
    let (field, variable) = (Name::of(field), Name::of(variable));
    !field.suffix.is_empty()
        && field.suffix == variable.suffix
        && variable.stem.ends_with(&field.stem)
}

/// Whether a field says before or behind the variable's name what it is for: `PrimaryReplicationGroupId` for
/// `${ReplicationGroupId}`, `UserIdsToAdd` for `${UserId}`.
pub(super) fn is_prefixed(field: &str, variable: &str, kind: &ResourceType) -> bool {
    let lower = field.to_ascii_lowercase();
    let mut ends = ["toadd", "toremove"].into_iter();
    let field = ends.find_map(|end| lower.strip_suffix(end));
    let field = Name::of(field.unwrap_or(&lower));
    let (variable, kind) = (Name::of(variable), Name::of(kind.name).stem);
    let ends_alike = |stem: &str| stem.len() > 2 && field.stem.ends_with(stem);
    !field.suffix.is_empty()
        && (field.suffix == variable.suffix && ends_alike(&variable.stem)
            || ends_alike(&kind) && variable.stem.contains(&kind))
}

/// Whether an action is on a type of resource.
pub(super) fn is_on(action: &str, kind: &str) -> bool {
    let types = integrations::action(action).map(|action| action.types);
    types.into_iter().flatten().any(|known| known.name == kind)
}

/// Whether an action is about a type: `CreateSnapshot` is about `snapshot`.
pub(super) fn is_about(action: &str, kind: &ResourceType) -> bool {
    let action = action.to_ascii_lowercase();
    action.contains(&Name::of(kind.name).stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_name() {
        for (field, variable) in [
            ("TableName", "TableName"),
            ("Bucket", "BucketName"),
            ("InstanceIds", "InstanceId"),
            ("DbInstanceIdentifier", "DbInstanceName"),
            ("StateMachineArn", "StateMachineName"),
            ("Cluster", "ClusterName"),
            ("GroupName", "GroupNameWithPath"),
        ] {
            assert!(means(field, variable), "{field} {variable}");
        }
        for (field, variable) in [
            ("WorkgroupName", "WorkgroupId"),
            ("TableName", "IndexName"),
            ("Name", "TableName"),
        ] {
            assert!(!means(field, variable), "{field} {variable}");
        }
    }
}
