//! Which operation a request asks for.

use crate::http::api::Request;

/// The parameters that ask for a part of a bucket or an object that is not served.
const OTHER: [&str; 25] = [
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "tagging",
    "versions",
    "website",
];

pub(in crate::s3) fn route(request: &Request<'_>) -> Option<&'static str> {
    let has = |name: &str| request.query.get(name).is_some();
    if OTHER.iter().any(|name| has(name)) {
        return None;
    }
    let copies = request.headers.contains_key("x-amz-copy-source");
    let method = request.method.as_str();
    Some(match (method, request.bucket, request.key) {
        ("GET", "", _) => "ListBuckets",
        (_, "", _) => return None,
        ("GET", _, "") if has("location") => "GetBucketLocation",
        ("GET", _, "") if has("uploads") => "ListMultipartUploads",
        ("GET", _, "") if has("versioning") => "GetBucketVersioning",
        ("GET", _, "") if request.query.get("list-type") == Some("2") => "ListObjectsV2",
        ("GET", _, "") => "ListObjects",
        ("POST", _, "") if has("delete") => "DeleteObjects",
        (_, _, "") if has("versioning") => return None,
        ("PUT", _, "") => "CreateBucket",
        ("HEAD", _, "") => "HeadBucket",
        ("DELETE", _, "") => "DeleteBucket",
        ("PUT", _, _) if has("uploadId") && copies => "UploadPartCopy",
        ("PUT", _, _) if has("uploadId") => "UploadPart",
        ("PUT", _, _) if copies => "CopyObject",
        ("PUT", _, _) => "PutObject",
        ("GET", _, _) if has("uploadId") => "ListParts",
        ("GET", _, _) => "GetObject",
        ("HEAD", _, _) => "HeadObject",
        ("DELETE", _, _) if has("uploadId") => "AbortMultipartUpload",
        ("DELETE", _, _) => "DeleteObject",
        ("POST", _, _) if has("uploads") => "CreateMultipartUpload",
        ("POST", _, _) if has("uploadId") => "CompleteMultipartUpload",
        _ => return None,
    })
}
