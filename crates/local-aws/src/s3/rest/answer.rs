//! The answer to a request: headers, and XML or a body.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::{HEADERS, METADATA, xml};
use crate::clock;
use crate::http::answer::{Answer, Body, XML_HEAD};
use crate::http::xml::Xml;
use crate::s3::Output;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// The document of an operation, if it answers with one.
fn document(operation: &str) -> Option<&'static str> {
    Some(match operation {
        "ListBuckets" => "ListAllMyBucketsResult",
        "ListObjects" | "ListObjectsV2" => "ListBucketResult",
        "GetBucketLocation" => "LocationConstraint",
        "GetBucketVersioning" => "VersioningConfiguration",
        "DeleteObjects" => "DeleteResult",
        "GetObjectTagging" => "Tagging",
        "CopyObject" => "CopyObjectResult",
        "UploadPartCopy" => "CopyPartResult",
        "CreateMultipartUpload" => "InitiateMultipartUploadResult",
        "CompleteMultipartUpload" => "CompleteMultipartUploadResult",
        "ListParts" => "ListPartsResult",
        "ListMultipartUploads" => "ListMultipartUploadsResult",
        _ => return None,
    })
}

pub(in crate::s3) fn answer(operation: &str, output: Output) -> Answer {
    let Output {
        members,
        body,
        status,
    } = output;
    let usual = match operation {
        "DeleteObject" | "DeleteBucket" | "AbortMultipartUpload" => 204,
        _ => 200,
    };
    let mut answer = Answer::with(status.unwrap_or(usual), Body::Empty);
    match document(operation) {
        Some(root) => {
            answer
                .headers
                .push(("content-type", "application/xml".to_owned()));
            // Of these two, the document is a member itself.
            let inner = members.get(root).and_then(Value::as_object);
            let text = written(root, inner.unwrap_or(&members));
            answer.body = Body::Bytes(Bytes::from(text));
            // Where an upload is stored and how is not part of the document.
            add_headers(&mut answer, &members, &["ServerSideEncryption"]);
        }
        None => {
            let all: Vec<&str> = HEADERS.iter().map(|(_, member)| *member).collect();
            add_headers(&mut answer, &members, &all);
            if let Some(body) = body {
                answer.body = Body::Bytes(body);
            }
        }
    }
    let metadata = members.get("Metadata").and_then(Value::as_object);
    for (name, value) in metadata.into_iter().flatten() {
        let value = value.as_str().unwrap_or_default().to_owned();
        answer
            .named_headers
            .push((format!("{METADATA}{name}"), value));
    }
    answer
}

fn add_headers(answer: &mut Answer, members: &Map<String, Value>, which: &[&str]) {
    for (header, member) in HEADERS {
        let value = members.get(*member).filter(|_| which.contains(member));
        let text = match value {
            None | Some(Value::Null | Value::Object(_) | Value::Array(_)) => continue,
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        };
        let text = match *member {
            "LastModified" => clock::parse_date(&text).map_or(text, clock::http),
            _ => text,
        };
        answer.headers.push((header, text));
    }
}

fn written(root: &str, members: &Map<String, Value>) -> String {
    let mut xml = Xml::default();
    for (name, value) in members
        .iter()
        .filter(|(name, _)| *name != "ServerSideEncryption")
    {
        match root {
            // The only document that is a text.
            "LocationConstraint" => {
                xml.raw_text(value.as_str().unwrap_or_default());
            }
            _ => xml::write(&mut xml, name, value),
        }
    }
    let content = xml.into_string();
    format!("{XML_HEAD}<{root} xmlns=\"{NAMESPACE}\">{content}</{root}>")
}
