//! Which operation a request asks for.

use crate::http::api::Request;
use crate::models;

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
    if let Some(other) = OTHER.iter().find(|name| has(name)) {
        return unserved(request, other);
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
        (_, _, "") if has("versioning") => return unserved(request, "versioning"),
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

/// The operation that is refused by its name.
fn unserved(request: &Request<'_>, parameter: &str) -> Option<&'static str> {
    let (method, on_key) = (request.method.as_str(), !request.key.is_empty());
    models::with_parameter("s3", method, on_key, parameter)
}
