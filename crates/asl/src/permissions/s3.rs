//! Buckets and objects.
//!
//! An object of a bucket that the state names is needed as far as its key is known: if only an execution knows the rest,
//! `orders/*`, or all of the bucket. IAM cannot say less, and the state says no more.

use super::NeededResource;
use super::argument::{Argument, Text, Unknown};
use super::each::{each, known};
use super::name::is_on;

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

/// What a bucket's objects below a prefix are, such as those that a `ResultWriter` writes.
pub(super) fn below(request: &Argument<'_>, field: &str) -> Vec<NeededResource> {
    let starts = starts(request, field);
    let found = starts.iter().flat_map(|start| {
        let mut start = start.trim_end_matches('/').to_owned();
        if !start.is_empty() {
            start.push('/');
        }
        each(request, "Bucket", |bucket| {
            vec![object(request, bucket, &format!("{start}*"))]
        })
    });
    found.collect()
}

/// The objects whose keys begin with a prefix.
pub(super) fn starting_with(request: &Argument<'_>, field: &str) -> Vec<NeededResource> {
    let starts = starts(request, field);
    let found = starts.iter().flat_map(|start| {
        each(request, "Bucket", |bucket| {
            vec![object(request, bucket, &format!("{start}*"))]
        })
    });
    found.collect()
}

pub(super) fn buckets(request: &Argument<'_>) -> Vec<NeededResource> {
    each(request, "Bucket", |bucket| vec![arn(request, bucket)])
}

/// All objects of the bucket.
pub(super) fn all_objects(request: &Argument<'_>) -> Vec<NeededResource> {
    each(request, "Bucket", |bucket| {
        vec![object(request, bucket, "*")]
    })
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
                found.push(arn(request, bucket));
                objects.push(object(request, bucket, &format!("{prefix}*")));
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
        found.extend(of_uri(request, &uri).1);
    }
    found
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
    let found = starts.iter().flat_map(|start| {
        known(bucket, |bucket| {
            vec![object(request, bucket, &format!("{start}*"))]
        })
    });
    found.collect()
}

fn objects_of(request: &Argument<'_>, key: Option<&Argument<'_>>) -> Vec<NeededResource> {
    if request.is_dynamic() {
        return vec![request.unknown().resource()];
    }
    let keys: Vec<String> = match key {
        None => vec!["*".to_owned()],
        Some(key) => key
            .texts()
            .into_iter()
            .map(|text| match text {
                Text::Known(key) => literal(&key),
                text => format!("{}*", start(text)),
            })
            .collect(),
    };
    let found = keys.iter().flat_map(|key| {
        each(request, "Bucket", |bucket| {
            vec![object(request, bucket, key)]
        })
    });
    found.collect()
}

fn copy_source(request: &Argument<'_>) -> Vec<NeededResource> {
    let source = request.field("CopySource");
    let texts = source.iter().flat_map(Argument::texts);
    texts
        .map(|text| {
            let (source, rest, reason) = match text {
                Text::Known(source) => (source, "", None),
                Text::Starts(source, reason) => (source, "*", Some(reason)),
                Text::Unknown(reason) => return reason.resource(),
            };
            let path = source.trim_start_matches('/').split('?').next();
            match path.and_then(|path| path.split_once('/')) {
                Some((bucket, key)) => object(request, bucket, &format!("{}{rest}", literal(key))),
                None => {
                    let because = format!("`{source}` is not a bucket and a key");
                    let unknown = reason.unwrap_or_else(|| Unknown::new(because, request));
                    unknown.resource()
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

fn arn(request: &Argument<'_>, bucket: &str) -> NeededResource {
    NeededResource::Arn(format!("arn:{}:s3:::{bucket}", request.owner.partition))
}

fn object(request: &Argument<'_>, bucket: &str, key: &str) -> NeededResource {
    NeededResource::Arn(format!(
        "arn:{}:s3:::{bucket}/{key}",
        request.owner.partition
    ))
}
