//! The members of a request: from its path, query, headers and XML.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::{HEADERS, METADATA, chunked, xml};
use crate::fault::Fault;
use crate::http::call::Call;
use crate::s3::Request;

/// The members that only requests carry in headers.
const REQUEST_HEADERS: &[(&str, &str)] = &[
    ("content-md5", "ContentMD5"),
    ("if-match", "IfMatch"),
    ("if-modified-since", "IfModifiedSince"),
    ("if-none-match", "IfNoneMatch"),
    ("if-unmodified-since", "IfUnmodifiedSince"),
    ("range", "Range"),
    ("x-amz-checksum-mode", "ChecksumMode"),
    ("x-amz-copy-source", "CopySource"),
    ("x-amz-copy-source-if-match", "CopySourceIfMatch"),
    ("x-amz-copy-source-if-none-match", "CopySourceIfNoneMatch"),
    ("x-amz-copy-source-range", "CopySourceRange"),
    ("x-amz-metadata-directive", "MetadataDirective"),
    ("x-amz-sdk-checksum-algorithm", "ChecksumAlgorithm"),
];

const QUERY: &[(&str, &str)] = &[
    ("continuation-token", "ContinuationToken"),
    ("delimiter", "Delimiter"),
    ("encoding-type", "EncodingType"),
    ("marker", "Marker"),
    ("max-keys", "MaxKeys"),
    ("max-parts", "MaxParts"),
    ("max-uploads", "MaxUploads"),
    ("part-number-marker", "PartNumberMarker"),
    ("partNumber", "PartNumber"),
    ("prefix", "Prefix"),
    ("response-cache-control", "ResponseCacheControl"),
    ("response-content-disposition", "ResponseContentDisposition"),
    ("response-content-encoding", "ResponseContentEncoding"),
    ("response-content-language", "ResponseContentLanguage"),
    ("response-content-type", "ResponseContentType"),
    ("response-expires", "ResponseExpires"),
    ("start-after", "StartAfter"),
    ("uploadId", "UploadId"),
    ("versionId", "VersionId"),
];

pub(in crate::s3) fn request(call: &Call) -> Result<Request, Fault> {
    let mut members = Map::new();
    let mut put = |member: &str, text: &str| {
        if !text.is_empty() {
            members.insert(member.to_owned(), text.into());
        }
    };
    for (header, member) in REQUEST_HEADERS.iter().chain(HEADERS) {
        put(member, call.header(header));
    }
    for (name, member) in QUERY {
        put(member, call.query.get(name).unwrap_or_default());
    }
    put("Bucket", call.path.first().map_or("", String::as_str));
    put("Key", call.path.get(1).map_or("", String::as_str));
    let metadata = call.headers.iter().filter_map(|(name, value)| {
        let name = name.as_str().strip_prefix(METADATA)?;
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        Some((name.to_owned(), Value::from(value)))
    });
    let metadata: Map<String, Value> = metadata.collect();
    if !metadata.is_empty() {
        members.insert("Metadata".to_owned(), metadata.into());
    }
    let document = match call.operation.as_str() {
        "CreateBucket" => Some("CreateBucketConfiguration"),
        "DeleteObjects" => Some("Delete"),
        "CompleteMultipartUpload" => Some("MultipartUpload"),
        _ => None,
    };
    let body = body(call, &mut members)?;
    if let Some(member) = document {
        let text = body.concat();
        if !text.is_empty() {
            members.insert(member.to_owned(), xml::read(&text)?);
        }
    }
    Ok(Request {
        operation: call.operation.clone(),
        input: Value::Object(members),
        body,
        scope: call.scope.clone(),
    })
}

/// The body in pieces. What is sent in signed chunks is taken out of them, and their trailers are members as well.
fn body(call: &Call, members: &mut Map<String, Value>) -> Result<Vec<Bytes>, Fault> {
    if !call
        .header("x-amz-content-sha256")
        .starts_with("STREAMING-")
    {
        return Ok(vec![call.body.clone()]);
    }
    // The encoding is that of the transfer, so it is not kept.
    let encodings = call.header("content-encoding").split(',').map(str::trim);
    let kept: Vec<&str> = encodings
        .filter(|encoding| *encoding != "aws-chunked")
        .collect();
    match kept.join(",") {
        none if none.is_empty() => members.remove("ContentEncoding"),
        kept => members.insert("ContentEncoding".to_owned(), kept.into()),
    };
    let decoded = chunked::decode(&call.body)
        .ok_or_else(|| Fault::bad("IncompleteBody", "The request body terminated unexpectedly"))?;
    for (name, value) in decoded.trailers {
        let header = HEADERS.iter().find(|(header, _)| *header == name);
        if let Some((_, member)) = header {
            members.insert((*member).to_owned(), value.into());
        }
    }
    let length: usize = decoded.pieces.iter().map(Bytes::len).sum();
    match call.header("x-amz-decoded-content-length").parse::<usize>() {
        Ok(announced) if length != announced => {
            let message = "You did not provide the number of bytes specified by the Content-Length HTTP header";
            Err(Fault::bad("IncompleteBody", message))
        }
        _ => Ok(decoded.pieces),
    }
}
