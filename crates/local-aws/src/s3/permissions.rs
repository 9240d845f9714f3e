//! The permissions that S3's operations need.

use percent_encoding::percent_decode_str;

use crate::http::call::Call;
use crate::permission::Permission;

/// The headers of a request that writes an object, and what they need beside it:
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>.
const BESIDES: [(&str, &str); 9] = [
    ("x-amz-tagging", "PutObjectTagging"),
    ("x-amz-acl", "PutObjectAcl"),
    ("x-amz-grant-full-control", "PutObjectAcl"),
    ("x-amz-grant-read", "PutObjectAcl"),
    ("x-amz-grant-read-acp", "PutObjectAcl"),
    ("x-amz-grant-write-acp", "PutObjectAcl"),
    ("x-amz-object-lock-mode", "PutObjectRetention"),
    ("x-amz-object-lock-retain-until-date", "PutObjectRetention"),
    ("x-amz-object-lock-legal-hold", "PutObjectLegalHold"),
];

pub(super) fn needed(call: &Call) -> Option<Vec<Permission>> {
    let bucket = call.path.first()?;
    let key = call.path.get(1)?;
    let on_bucket = |action: &str| {
        vec![Permission::new(
            format!("s3:{action}"),
            format!("arn:aws:s3:::{bucket}"),
        )]
    };
    let on_object = |action: &str, name: &str| {
        Permission::new(format!("s3:{action}"), format!("arn:aws:s3:::{name}"))
    };
    let this = format!("{bucket}/{key}");
    let source = || {
        let text = percent_decode_str(call.header("x-amz-copy-source")).decode_utf8_lossy();
        on_object("GetObject", text.trim_start_matches('/'))
    };
    let written = || {
        let besides = BESIDES.iter();
        let besides = besides.filter(|(header, _)| !call.header(header).is_empty());
        [on_object("PutObject", &this)]
            .into_iter()
            .chain(besides.map(|(_, action)| on_object(action, &this)))
    };
    Some(match call.operation.as_str() {
        "ListBuckets" => vec![Permission::new("s3:ListAllMyBuckets", "*")],
        "ListObjects" | "ListObjectsV2" => {
            let prefix = call.query.get("prefix").unwrap_or_default().to_owned();
            let list = on_bucket("ListBucket").into_iter();
            list.map(|list| list.with("s3:prefix", Some(prefix.clone())))
                .collect()
        }
        "HeadBucket" => on_bucket("ListBucket"),
        "ListMultipartUploads" => on_bucket("ListBucketMultipartUploads"),
        "CreateBucket" | "DeleteBucket" | "GetBucketLocation" | "GetBucketVersioning" => {
            on_bucket(&call.operation)
        }
        "GetObjectTagging" => vec![on_object("GetObjectTagging", &this)],
        // S3 calls it so.
        "GetBucketCors" => on_bucket("GetBucketCORS"),
        "GetBucketLifecycleConfiguration" => on_bucket("GetLifecycleConfiguration"),
        "GetBucketReplication" => on_bucket("GetReplicationConfiguration"),
        "GetObjectLockConfiguration" => on_bucket("GetBucketObjectLockConfiguration"),
        "GetPublicAccessBlock" => on_bucket("GetBucketPublicAccessBlock"),
        "GetBucketPolicy" | "GetBucketTagging" | "GetBucketWebsite" => on_bucket(&call.operation),
        "GetObject" | "HeadObject" => vec![on_object("GetObject", &this)],
        // What it removes, the body says; all of it is in this bucket.
        "DeleteObjects" => vec![on_object("DeleteObject", &format!("{bucket}/*"))],
        "DeleteObject" | "AbortMultipartUpload" => vec![on_object(&call.operation, &this)],
        "ListParts" => vec![on_object("ListMultipartUploadParts", &this)],
        "CopyObject" | "UploadPartCopy" => [source()].into_iter().chain(written()).collect(),
        _ => written().collect(),
    })
}
