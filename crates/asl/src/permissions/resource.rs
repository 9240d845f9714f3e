//! What a request needs an action on.
//!
//! IAM's reference says with which ARN a statement can name the resource; a field of the request fills each variable of
//! it. A field is found by its name: `TableName` for `${TableName}`, `Bucket` for `${BucketName}`, `InstanceIds` for
//! `${InstanceId}`. Services whose requests name resources otherwise, such as by a URL, have a function in [`super::named`].

use super::NeededResource;
use super::argument::{Argument, Text, Unknown};
use super::arn_template::fill;
use super::named::named;
use crate::integrations::{self, ResourceType};

pub(super) fn resources(action: &str, request: &Argument<'_>) -> Vec<NeededResource> {
    if let Some(found) = named(action, request) {
        return distinct(found);
    }
    let Some(known) = integrations::action(action) else {
        let because = format!("IAM's reference has no `{action}` that txflow knows");
        return vec![Unknown::new(because, request).resource()];
    };
    if known.types.is_empty() {
        return vec![NeededResource::Any];
    }
    let required = known.types.iter().any(|kind| kind.required);
    let types = known.types.iter().filter(|kind| !required || kind.required);
    let found: Vec<_> = types
        .filter_map(|kind| of_type(kind, action, request))
        .flatten()
        .collect();
    if found.is_empty() {
        let kinds: Vec<String> = known
            .types
            .iter()
            .take(3)
            .map(|kind| format!("`{}`", kind.name))
            .collect();
        let because = format!("no field of the request names the {}", kinds.join(" or "));
        return vec![Unknown::new(because, request).resource()];
    }
    distinct(found)
}

fn distinct(mut found: Vec<NeededResource>) -> Vec<NeededResource> {
    found.sort();
    found.dedup();
    found
}

fn of_type(
    kind: &ResourceType,
    action: &str,
    request: &Argument<'_>,
) -> Option<Vec<NeededResource>> {
    if request.is_dynamic() {
        return Some(vec![request.unknown().resource()]);
    }
    if let Some(field) = arn_field(kind, request) {
        return Some(field);
    }
    fill(kind.arn, &request.owner, |variable| {
        let fields = request.fields();
        let field = fields
            .iter()
            .find(|(name, _)| means(name, variable))
            .or_else(|| {
                let stem = Name::of(variable).stem;
                let own = (stem == Name::of(kind.name).stem || stem == "resource")
                    && stem_in(action, kind.name);
                fields.iter().find(|(name, _)| own && *name == "Name")
            })
            .or_else(|| fields.iter().find(|(name, _)| is_key_of(name, kind)));
        field.map(|(_, field)| texts(field))
    })
}

/// A field that holds the whole ARN: `TopicArn`, `ResourceArn`.
fn arn_field(kind: &ResourceType, request: &Argument<'_>) -> Option<Vec<NeededResource>> {
    let fields = request.fields();
    let (_, field) = fields.iter().find(|(name, field)| {
        let parsed = Name::of(name);
        let own = parsed.stem == Name::of(kind.name).stem
            && (parsed.suffix == "arn"
                || matches!(&field.texts()[..], [Text::Known(text)] if text.starts_with("arn:")));
        own || matches!(*name, "ResourceArn" | "ResourceARN" | "Arn")
    })?;
    Some(
        texts(field)
            .into_iter()
            .map(|text| match text {
                Text::Known(text) => NeededResource::Arn(text),
                Text::Starts(_, reason) | Text::Unknown(reason) => reason.resource(),
            })
            .collect(),
    )
}

fn texts(field: &Argument<'_>) -> Vec<Text> {
    field.items().iter().flat_map(Argument::texts).collect()
}

/// Whether a field has the value of a variable.
fn means(field: &str, variable: &str) -> bool {
    let (field, variable) = (Name::of(field), Name::of(variable));
    let mixed = [field.suffix, variable.suffix];
    field.stem == variable.stem && mixed != ["name", "id"] && mixed != ["id", "name"]
}

/// Whether a field is named like the type itself, whose ARN ends in one part of another name: `TranscriptionJobName` for
/// `transcription-job/${JobName}`, `DbSnapshotIdentifier` for `snapshot:${SnapshotName}`.
fn is_key_of(field: &str, kind: &ResourceType) -> bool {
    let places = ["${Partition}", "${Region}", "${Account}"];
    let places = places.iter().filter(|place| kind.arn.contains(**place));
    let field = Name::of(field);
    let stem = Name::of(kind.name).stem;
    kind.arn.matches("${").count() == places.count() + 1
        && matches!(field.suffix, "identifier" | "name" | "id")
        && field.stem.strip_prefix("db").unwrap_or(&field.stem) == stem
}

fn stem_in(action: &str, kind: &str) -> bool {
    action.to_ascii_lowercase().contains(&Name::of(kind).stem)
}

/// `InstanceIds` is `instance` and `id`.
#[derive(PartialEq, Eq)]
struct Name {
    stem: String,
    suffix: &'static str,
}

impl Name {
    fn of(name: &str) -> Self {
        let name = name.to_ascii_lowercase().replace(['-', '_'], "");
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
            stem: name,
            suffix: "",
        }
    }
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
