//! ListObjects and ListObjectsV2.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Object, Output, Request, S3, invalid_argument, object_key};
use crate::clock;
use crate::fault::Fault;
use crate::page::{decode, encode};

const MOST: usize = 1000;

/// What stays as it is in a list with `EncodingType: url`.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*')
    .remove(b'/');

impl S3 {
    pub(super) fn list_objects(&self, request: &Request) -> Result<Output, Fault> {
        let (bucket, _) = self.bucket(request)?;
        let second = request.operation == "ListObjectsV2";
        let prefix = request.text("Prefix").unwrap_or_default();
        let delimiter = request.text("Delimiter").filter(|text| !text.is_empty());
        let size = request.number("MaxKeys");
        let size = size.map_or(MOST, |size| usize::try_from(size).unwrap_or(MOST).min(MOST));
        let token = request.text("ContinuationToken").filter(|_| second);
        let after = match token.map(decode) {
            Some(Ok(after)) => Some(after),
            Some(Err(_)) => {
                return Err(invalid_argument(
                    "The continuation token provided is incorrect",
                ));
            }
            None => {
                let member = if second { "StartAfter" } else { "Marker" };
                request.text(member).map(str::to_owned)
            }
        };
        let all = self.objects.list(&object_key(bucket, prefix));
        let skip = bucket.len() + 1;
        let objects = all
            .iter()
            .map(|(key, object)| (&key[skip..], object.as_ref()));
        let page = Page::of(objects, prefix, delimiter, after.as_deref(), size);

        let url = request.text("EncodingType") == Some("url");
        let text = |text: &str| match url {
            true => utf8_percent_encode(text, KEPT).to_string(),
            false => text.to_owned(),
        };
        let contents: Vec<Value> = { page.objects.iter() }
            .map(|(key, object)| entry(&text(key), object))
            .collect();
        let prefixes: Vec<Value> = { page.prefixes.iter() }
            .map(|prefix| json!({ "Prefix": text(prefix) }))
            .collect();
        let mut output = Output::of(json!({
            "Name": bucket,
            "Prefix": text(prefix),
            "MaxKeys": size,
            "IsTruncated": page.next.is_some(),
        }));
        if !contents.is_empty() {
            output = output.with("Contents", Some(contents));
        }
        if !prefixes.is_empty() {
            output = output.with("CommonPrefixes", Some(prefixes));
        }
        output = output
            .with("Delimiter", delimiter.map(text))
            .with("EncodingType", request.text("EncodingType"));
        Ok(match second {
            true => output
                .with("KeyCount", Some(page.objects.len() + page.prefixes.len()))
                .with("StartAfter", request.text("StartAfter").map(text))
                .with("ContinuationToken", token)
                .with("NextContinuationToken", page.next.as_deref().map(encode)),
            false => output
                .with(
                    "Marker",
                    Some(text(request.text("Marker").unwrap_or_default())),
                )
                // Without a delimiter, clients go on from the last key.
                .with(
                    "NextMarker",
                    page.next
                        .as_deref()
                        .filter(|_| delimiter.is_some())
                        .map(text),
                ),
        })
    }
}

fn entry(key: &str, object: &Object) -> Value {
    let class = object.attributes.headers.get("StorageClass");
    let mut entry = json!({
        "ETag": object.etag,
        "Key": key,
        "LastModified": clock::iam(object.modified),
        "Size": object.size,
        "StorageClass": class.map_or("STANDARD", String::as_str),
    });
    if let Some(checksum) = &object.checksum {
        entry["ChecksumAlgorithm"] = json!([checksum.algorithm]);
        entry["ChecksumType"] = json!(checksum.kind);
    }
    entry
}

/// One page of a list.
struct Page<'a> {
    objects: Vec<(&'a str, &'a Object)>,
    /// What keys have in common up to the delimiter.
    prefixes: BTreeSet<&'a str>,
    /// The last key or prefix of this page, if there is another page.
    next: Option<String>,
}

impl<'a> Page<'a> {
    fn of(
        objects: impl Iterator<Item = (&'a str, &'a Object)>,
        prefix: &str,
        delimiter: Option<&str>,
        after: Option<&str>,
        size: usize,
    ) -> Page<'a> {
        let mut page = Page {
            objects: Vec::new(),
            prefixes: BTreeSet::new(),
            next: None,
        };
        let mut last = None;
        for (key, object) in objects {
            let end = delimiter.and_then(|delimiter| {
                let at = key[prefix.len()..].find(delimiter)?;
                Some(prefix.len() + at + delimiter.len())
            });
            let shown = end.map_or(key, |end| &key[..end]);
            // A prefix that was listed stands for all keys below it.
            if after.is_some_and(|after| shown <= after) || page.prefixes.contains(shown) {
                continue;
            }
            if page.objects.len() + page.prefixes.len() == size {
                page.next = last.map(str::to_owned).filter(|_| size > 0);
                break;
            }
            last = Some(shown);
            match end {
                Some(_) => {
                    page.prefixes.insert(shown);
                }
                None => page.objects.push((key, object)),
            }
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(
        keys: &[&'static str],
        prefix: &str,
        delimiter: Option<&str>,
        size: usize,
    ) -> Vec<String> {
        let object = Object {
            etag: String::new(),
            size: 0,
            modified: 0,
            attributes: super::super::Attributes::default(),
            checksum: None,
            bodies: Vec::new(),
        };
        let (mut found, mut after) = (Vec::new(), None::<String>);
        loop {
            let fitting = keys.iter().filter(|key| key.starts_with(prefix));
            let objects = fitting.map(|key| (*key, &object));
            let page = Page::of(objects, prefix, delimiter, after.as_deref(), size);
            assert!(page.objects.len() + page.prefixes.len() <= size);
            found.extend(page.objects.iter().map(|(key, _)| (*key).to_owned()));
            found.extend(page.prefixes.iter().map(|prefix| (*prefix).to_owned()));
            match page.next {
                Some(next) => after = Some(next),
                None => return found,
            }
        }
    }

    #[test]
    fn pages_of_any_size_join_to_the_same_list() {
        let keys = ["a", "b/1", "b/2", "b/c/1", "d", "e/1"];
        for size in 1..=7 {
            assert_eq!(pages(&keys, "", None, size), keys, "{size}");
            let mut folders = pages(&keys, "", Some("/"), size);
            folders.sort();
            assert_eq!(folders, ["a", "b/", "d", "e/"], "{size}");
            let mut below = pages(&keys, "b/", Some("/"), size);
            below.sort();
            assert_eq!(below, ["b/1", "b/2", "b/c/"], "{size}");
        }
    }
}
