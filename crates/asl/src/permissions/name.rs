//! How the fields of requests and the variables of ARNs are named.

use crate::integrations::ResourceType;

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

    /// Whether it says that it names something.
    pub(super) fn is_of_something(&self) -> bool {
        !self.suffix.is_empty() || matches!(&*self.stem, "name" | "id" | "arn" | "resource")
    }
}

/// Whether a field has the value of a variable.
pub(super) fn means(field: &str, variable: &str) -> bool {
    let (field, variable) = (Name::of(field), Name::of(variable));
    let mixed = [field.suffix, variable.suffix];
    field.stem == variable.stem && mixed != ["name", "id"] && mixed != ["id", "name"]
}

/// Whether a field is named like the type itself, whose ARN ends in one part of another name: `TranscriptionJobName` for
/// `transcription-job/${JobName}`, `DbSnapshotIdentifier` for `snapshot:${SnapshotName}`.
pub(super) fn is_key_of(field: &str, kind: &ResourceType) -> bool {
    let field = Name::of(field);
    super::arn_template::variables(kind.arn).count() == 1
        && matches!(field.suffix, "identifier" | "name" | "id")
        && field.stem.strip_prefix("db").unwrap_or(&field.stem) == Name::of(kind.name).stem
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
