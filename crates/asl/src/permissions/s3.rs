//! Buckets and objects.
//!
//! An object of a bucket that the state names is needed as far as its key is known: if only an execution knows the rest,
//! `orders/*`, or all of the bucket. IAM cannot say less, and the state says no more.

use super::NeededResource;
use super::argument::{Argument, Text, Unknown};
use super::call::Call;
use super::collector::Collector;
use super::each::{each, known};
use super::name::is_on;
use crate::integrations;

pub(super) fn resources(action: &str, request: &Argument<'_>) -> Vec<NeededResource> {
    if !is_on(action, "object") {
        return buckets(request);
    }
    match action {
        "s3:GetObject" if request.field("CopySource").is_some() => copy_source(request),
        "s3:DeleteObject" if request.path("Delete.Objects").is_some() => {
            let objects = request
                .path("Delete.Objects")
                .map(|objects| objects.items());
            let objects = objects.unwrap_or_default();
            let keys = objects.iter().map(|object| object.field("Key"));
            keys.flat_map(|key| objects_of(request, key.as_ref()))
                .collect()
        }
        _ => objects_of(request, request.field("Key").as_ref()),
    }
}

/// The fields of a request that need a further action on the same objects.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>, and the same for `CopyObject`,
/// `CreateMultipartUpload` and `DeleteObject`.
const BESIDES: &[(&str, &str, &str)] = &[
    ("s3:PutObject", "Tagging", "s3:PutObjectTagging"),
    ("s3:PutObject", "Acl", "s3:PutObjectAcl"),
    ("s3:PutObject", "GrantFullControl", "s3:PutObjectAcl"),
    ("s3:PutObject", "GrantRead", "s3:PutObjectAcl"),
    ("s3:PutObject", "GrantReadACP", "s3:PutObjectAcl"),
    ("s3:PutObject", "GrantWriteACP", "s3:PutObjectAcl"),
    ("s3:PutObject", "ObjectLockMode", "s3:PutObjectRetention"),
    (
        "s3:PutObject",
        "ObjectLockRetainUntilDate",
        "s3:PutObjectRetention",
    ),
    (
        "s3:PutObject",
        "ObjectLockLegalHoldStatus",
        "s3:PutObjectLegalHold",
    ),
    (
        "s3:DeleteObject",
        "BypassGovernanceRetention",
        "s3:BypassGovernanceRetention",
    ),
];

/// What else an action needs on its objects.
pub(super) fn besides(
    needs: &mut Collector<'_>,
    place: &str,
    call: &Call<'_, '_>,
    objects: &[NeededResource],
) {
    let (action, request) = (call.action, call.request);
    if request.is_dynamic() || !is_on(action, "object") {
        return;
    }
    for (of, field, further) in BESIDES {
        if *of == action && request.field(field).is_some() {
            needs.add(place, further, objects.to_vec());
        }
    }
    if names_a_version(action, request)
        && let Some(versioned) = of_version(action)
    {
        needs.add(place, &versioned, objects.to_vec());
    }
}

/// The action for a version of an object: `s3:GetObjectVersionTagging` for `s3:GetObjectTagging`.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>.
fn of_version(action: &str) -> Option<String> {
    let versioned = action.replacen("Object", "ObjectVersion", 1);
    integrations::action(&versioned)
        .is_some()
        .then_some(versioned)
}

fn names_a_version(action: &str, request: &Argument<'_>) -> bool {
    if let Some(source) = request.field("CopySource") {
        let texts = source.texts();
        let has_version = |text: &Text| match text {
            Text::Known(text) | Text::Starts(text, _) => text.contains("?versionId="),
            Text::Unknown(_) => false,
        };
        return action == "s3:GetObject" && texts.iter().any(has_version);
    }
    let deleted = request.path("Delete.Objects");
    let deleted = deleted.map(|objects| objects.items()).unwrap_or_default();
    request.field("VersionId").is_some()
        || deleted
            .iter()
            .any(|object| !object.is_dynamic() && object.field("VersionId").is_some())
}

/// What a bucket's objects below a prefix are, such as those that a `ResultWriter` writes.
pub(super) fn below(request: &Argument<'_>, field: &str) -> Vec<NeededResource> {
    let starts = starts(request, field);
    let found = starts.iter().flat_map(|start| {
        let mut start = start.trim_end_matches('/').to_owned();
        if !start.is_empty() {
            start.push('/');
        }
        inside(buckets(request), &format!("{start}*"))
    });
    found.collect()
}

/// The objects whose keys begin with a prefix.
pub(super) fn starting_with(request: &Argument<'_>, field: &str) -> Vec<NeededResource> {
    let starts = starts(request, field);
    let found = starts
        .iter()
        .flat_map(|start| inside(buckets(request), &format!("{start}*")));
    found.collect()
}

pub(super) fn buckets(request: &Argument<'_>) -> Vec<NeededResource> {
    each(request, "Bucket", |bucket| vec![arn(request, bucket)])
}

/// All objects of the bucket.
pub(super) fn all_objects(request: &Argument<'_>) -> Vec<NeededResource> {
    inside(buckets(request), "*")
}

/// What `s3://bucket/prefix` stands for: the bucket, and the objects that the prefix begins.
pub(super) fn of_uri(
    request: &Argument<'_>,
    uri: &Argument<'_>,
) -> (Vec<NeededResource>, Vec<NeededResource>) {
    let (mut found, mut objects) = (Vec::new(), Vec::new());
    for text in uri.texts() {
        let (uri_text, reason) = match text {
            Text::Known(text) => (text, None),
            Text::Starts(start, reason) => (start, Some(reason)),
            Text::Unknown(reason) => (String::new(), Some(reason)),
        };
        let parts = uri_text
            .strip_prefix("s3://")
            .and_then(|path| path.split_once('/'));
        match parts {
            Some((bucket, prefix)) => {
                let bucket = arn(request, bucket);
                objects.extend(inside(vec![bucket.clone()], &format!("{prefix}*")));
                found.push(bucket);
            }
            None => {
                let reason = reason.unwrap_or_else(|| uri.unknown());
                found.push(reason.clone().resource());
                objects.push(reason.resource());
            }
        }
    }
    (found, objects)
}

/// The objects that a service reads with the permissions of its caller: `"S3Object": { "Bucket": …, "Name": … }` and
/// `"MediaFileUri": "s3://…"`.
pub(super) fn read_by_service(request: &Argument<'_>) -> Vec<NeededResource> {
    let objects = request.deep_fields(|name| name == "S3Object");
    let mut found: Vec<NeededResource> = objects
        .iter()
        .flat_map(|object| objects_of(object, object.field("Name").as_ref()))
        .collect();
    for uri in request.deep_fields(|name| name == "MediaFileUri") {
        found.extend(file(request, &uri));
    }
    found
}

/// The one object that `s3://bucket/key` stands for.
pub(super) fn file(request: &Argument<'_>, uri: &Argument<'_>) -> Vec<NeededResource> {
    let texts = uri.texts().into_iter();
    let found = texts.flat_map(|text| {
        let (text, rest, reason) = match text {
            Text::Known(text) => (text, "", uri.unknown()),
            Text::Starts(start, reason) => (start, "*", reason),
            Text::Unknown(reason) => return vec![reason.resource()],
        };
        let parts = text
            .strip_prefix("s3://")
            .and_then(|path| path.split_once('/'));
        match parts {
            Some((bucket, key)) => {
                let bucket = arn(request, bucket);
                inside(vec![bucket], &format!("{}{rest}", literal(key)))
            }
            None => vec![reason.resource()],
        }
    });
    found.collect()
}

/// The objects that a service reads or writes in a bucket: all of it, or those below a key.
pub(super) fn in_bucket(
    request: &Argument<'_>,
    bucket: &Argument<'_>,
    key: Option<&Argument<'_>>,
) -> Vec<NeededResource> {
    let starts: Vec<String> = match key {
        None => vec![String::new()],
        Some(key) => key.texts().into_iter().map(start).collect(),
    };
    let buckets = known(bucket, |bucket| vec![arn(request, bucket)]);
    let found = starts
        .iter()
        .flat_map(|start| inside(buckets.clone(), &format!("{start}*")));
    found.collect()
}

/// The object that a service reads in a bucket.
pub(super) fn object(
    request: &Argument<'_>,
    bucket: &Argument<'_>,
    key: Option<&Argument<'_>>,
) -> Vec<NeededResource> {
    let buckets = known(bucket, |bucket| vec![arn(request, bucket)]);
    let keys = keys(key).into_iter();
    keys.flat_map(|key| inside(buckets.clone(), &key)).collect()
}

fn objects_of(request: &Argument<'_>, key: Option<&Argument<'_>>) -> Vec<NeededResource> {
    if request.is_dynamic() {
        return vec![request.unknown().resource()];
    }
    let keys = keys(key).into_iter();
    keys.flat_map(|key| inside(buckets(request), &key))
        .collect()
}

fn keys(key: Option<&Argument<'_>>) -> Vec<String> {
    match key {
        None => vec!["*".to_owned()],
        Some(key) => key
            .texts()
            .into_iter()
            .map(|text| match text {
                Text::Known(key) => literal(&key),
                text => format!("{}*", start(text)),
            })
            .collect(),
    }
}

fn copy_source(request: &Argument<'_>) -> Vec<NeededResource> {
    let source = request.field("CopySource");
    let texts = source.iter().flat_map(Argument::texts);
    texts
        .flat_map(|text| {
            let (source, rest, reason) = match text {
                Text::Known(source) => (source, "", None),
                Text::Starts(source, reason) => (source, "*", Some(reason)),
                Text::Unknown(reason) => return vec![reason.resource()],
            };
            let path = source.split('?').next().unwrap_or_default();
            // The ARN of an object behind an access point: `arn:…:accesspoint/name/object/key`.
            let parts = match path.starts_with("arn:") {
                true => path.split_once("/object/"),
                false => path.trim_start_matches('/').split_once('/'),
            };
            match parts {
                Some((bucket, key)) => {
                    let key = format!("{}{rest}", literal(key));
                    inside(vec![arn(request, bucket)], &key)
                }
                None => {
                    let because = format!("`{source}` is not a bucket and a key");
                    let unknown = reason.unwrap_or_else(|| Unknown::new(because, request));
                    vec![unknown.resource()]
                }
            }
        })
        .collect()
}

fn starts(request: &Argument<'_>, field: &str) -> Vec<String> {
    match request.field(field) {
        None => vec![String::new()],
        Some(prefix) => prefix.texts().into_iter().map(start).collect(),
    }
}

fn start(text: Text) -> String {
    match text {
        Text::Known(text) | Text::Starts(text, _) => literal(&text),
        Text::Unknown(_) => String::new(),
    }
}

/// The key, in which a `*` stands for itself.
fn literal(key: &str) -> String {
    key.replace('*', "${*}").replace('?', "${?}")
}

/// A bucket by its name, or an access point by its ARN.
fn arn(request: &Argument<'_>, bucket: &str) -> NeededResource {
    NeededResource::Arn(match bucket.starts_with("arn:") {
        true => bucket.to_owned(),
        false => format!("arn:{}:s3:::{bucket}", request.owner.partition),
    })
}

/// The objects with a key in buckets, or behind access points:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html>.
fn inside(buckets: Vec<NeededResource>, key: &str) -> Vec<NeededResource> {
    let found = buckets.into_iter().map(|bucket| match bucket {
        NeededResource::Arn(arn) if arn.contains(":accesspoint/") => {
            NeededResource::Arn(format!("{arn}/object/{key}"))
        }
        NeededResource::Arn(arn) => NeededResource::Arn(format!("{arn}/{key}")),
        other => other,
    });
    found.collect()
}
