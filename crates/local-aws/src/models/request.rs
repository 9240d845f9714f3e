//! A call as HTTP, in the protocol of its service.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::json::{text, time, written};
use super::query::form;
use super::xml::{write, write_members};
use super::{Kind, Location, Member, Model, Operation, Protocol, Shape, TimeFormat};
use crate::http::xml::Xml;

#[derive(Debug)]
pub(crate) struct HttpRequest {
    pub(crate) method: &'static str,
    /// With the query.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

/// All but what RFC 3986 leaves unreserved.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The request for an operation, whose members are those of the model. `None` if the protocol is not spoken here.
pub(crate) fn request(model: &Model, operation: &Operation, input: &Value) -> Option<HttpRequest> {
    let content_type = |text: &str| ("content-type".to_owned(), text.to_owned());
    Some(match model.protocol {
        Protocol::Json => HttpRequest {
            method: "POST",
            path: "/".to_owned(),
            headers: vec![
                content_type(&format!("application/x-amz-json-{}", model.json_version)),
                (
                    "x-amz-target".to_owned(),
                    format!("{}.{}", model.version, operation.name),
                ),
            ],
            body: written(model, operation.input, input).to_string().into(),
        },
        Protocol::Query | Protocol::Ec2 => HttpRequest {
            method: "POST",
            path: "/".to_owned(),
            headers: vec![content_type("application/x-www-form-urlencoded")],
            body: form(model, operation, input).into(),
        },
        Protocol::RestJson | Protocol::RestXml => rest(model, operation, input),
        Protocol::Other => return None,
    })
}

fn rest(model: &Model, operation: &Operation, input: &Value) -> HttpRequest {
    let members = model.members(operation.input);
    let (path, query) = operation
        .path
        .split_once('?')
        .unwrap_or((operation.path, ""));
    let mut path = path.to_owned();
    let mut query: Vec<String> = Vec::from_iter((!query.is_empty()).then(|| query.to_owned()));
    let mut headers = Vec::new();
    for member in members {
        let value = &input[member.name];
        if value.is_null() {
            continue;
        }
        match member.location {
            Location::Path => {
                let text = scalar(member, value);
                let one = utf8_percent_encode(&text, ESCAPED).to_string();
                path = path.replace(&format!("{{{}}}", member.wire), &one);
                let whole = text
                    .split('/')
                    .map(|part| utf8_percent_encode(part, ESCAPED).to_string());
                let whole = whole.collect::<Vec<_>>().join("/");
                path = path.replace(&format!("{{{}+}}", member.wire), &whole);
            }
            Location::Query => query.extend(query_pairs(model, member, value)),
            Location::Header => {
                headers.push((member.wire.to_ascii_lowercase(), scalar(member, value)))
            }
            Location::Headers => {
                let given = value.as_object().into_iter().flatten();
                headers.extend(given.map(|(name, value)| {
                    let name = format!("{}{name}", member.wire).to_ascii_lowercase();
                    (name, text(value))
                }));
            }
            _ => {}
        }
    }
    if !query.is_empty() {
        path = format!("{path}?{}", query.join("&"));
    }
    let (content_type, body) = body(model, operation, input);
    if !body.is_empty() && !headers.iter().any(|(name, _)| name == "content-type") {
        headers.push(("content-type".to_owned(), content_type.to_owned()));
    }
    HttpRequest {
        method: operation.method,
        path,
        headers,
        body,
    }
}

fn body(model: &Model, operation: &Operation, input: &Value) -> (&'static str, Bytes) {
    let json = model.protocol == Protocol::RestJson;
    let usual = match json {
        true => "application/json",
        false => "application/xml",
    };
    let members = model.members(operation.input);
    let payload = members
        .iter()
        .find(|member| member.location == Location::Payload);
    let Some(payload) = payload else {
        if !members
            .iter()
            .any(|member| member.location == Location::Body)
        {
            return (usual, Bytes::new());
        }
        if json {
            return (
                usual,
                written(model, operation.input, input).to_string().into(),
            );
        }
        let mut xml = Xml::default();
        write_members(model, &mut xml, operation.input, input);
        let (name, inner) = (operation.name, xml.into_string());
        let namespace = model.namespace;
        let document = format!("<{name}Request xmlns=\"{namespace}\">{inner}</{name}Request>");
        return (usual, document.into());
    };
    let value = &input[payload.name];
    match (payload.kind, model.shape(payload.kind), value) {
        (_, _, Value::Null) => (usual, Bytes::new()),
        (Kind::Blob, _, Value::String(encoded)) => {
            let bytes = STANDARD.decode(encoded);
            let bytes = bytes.unwrap_or_else(|_| encoded.clone().into_bytes());
            ("application/octet-stream", bytes.into())
        }
        (_, Some(Shape::Structure(_)), value) if !json => {
            let mut xml = Xml::default();
            write(model, &mut xml, payload.wire, payload.kind, value);
            (usual, xml.into_string().into())
        }
        (_, Some(_), value) => (
            usual,
            written(model, payload.kind, value).to_string().into(),
        ),
        (Kind::Document, _, value) => (usual, value.to_string().into()),
        (_, _, value) => ("text/plain", text(value).into()),
    }
}

/// A value in a header, a path or a query.
fn scalar(member: &Member, value: &Value) -> String {
    match (member.kind, member.location) {
        (Kind::Time(TimeFormat::Usual), Location::Header) => time(TimeFormat::HttpDate, value),
        (Kind::Time(TimeFormat::Usual), _) => time(TimeFormat::Iso, value),
        (Kind::Time(format), _) => time(format, value),
        _ => match value {
            Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
            value => text(value),
        },
    }
}

fn query_pairs(model: &Model, member: &Member, value: &Value) -> Vec<String> {
    let pair = |name: &str, text: &str| {
        let name = utf8_percent_encode(name, ESCAPED);
        format!("{name}={}", utf8_percent_encode(text, ESCAPED))
    };
    match (model.shape(member.kind), value) {
        (Some(Shape::Map { .. }), Value::Object(entries)) => { entries.iter() }
            .flat_map(|(name, value)| match value {
                Value::Array(items) => items.iter().map(|item| pair(name, &text(item))).collect(),
                value => vec![pair(name, &text(value))],
            })
            .collect(),
        (_, Value::Array(items)) => { items.iter() }
            .map(|item| pair(member.wire, &text(item)))
            .collect(),
        (_, value) => vec![pair(member.wire, &scalar(member, value))],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::model;
    use super::*;

    fn sent(service: &str, operation: &str, input: &Value) -> String {
        let model = model(service).unwrap();
        let operation = model.operation(operation).unwrap();
        let request = request(model, operation, input).unwrap();
        let headers = request.headers.iter();
        let headers: String = headers
            .map(|(name, value)| format!("{name}: {value}\n"))
            .collect();
        let body = String::from_utf8_lossy(&request.body).into_owned();
        format!("{} {}\n{headers}\n{body}", request.method, request.path)
    }

    #[test]
    fn a_call_has_the_form_of_its_protocol() {
        let publish = json!({ "TopicArn": "arn:t", "Message": "a b", "MessageAttributes": {
            "k": { "DataType": "String", "StringValue": "v" } } });
        assert_eq!(
            sent("sns", "Publish", &publish),
            "POST /\ncontent-type: application/x-www-form-urlencoded\n\n\
             Action=Publish&Version=2010-03-31&TopicArn=arn%3At&Message=a+b&MessageAttributes.entry.1.Name=k\
             &MessageAttributes.entry.1.Value.DataType=String&MessageAttributes.entry.1.Value.StringValue=v"
        );
        let put =
            json!({ "Bucket": "b", "Key": "a b/c", "Metadata": { "Own": "1" }, "Body": "eA==" });
        assert_eq!(
            sent("s3", "PutObject", &put),
            "PUT /b/a%20b/c\nx-amz-meta-own: 1\ncontent-type: application/octet-stream\n\nx"
        );
        let delete = json!({ "Bucket": "b", "Delete": { "Objects": [{ "Key": "k" }] } });
        assert_eq!(
            sent("s3", "DeleteObjects", &delete),
            "POST /b?delete\ncontent-type: application/xml\n\n<Delete><Object><Key>k</Key></Object></Delete>"
        );
        let invoke = json!({ "modelId": "a:b", "body": "e30=", "contentType": "application/json" });
        assert_eq!(
            sent("bedrockruntime", "InvokeModel", &invoke),
            "POST /model/a%3Ab/invoke\ncontent-type: application/json\n\n{}"
        );
        let submit = json!({ "jobName": "j", "jobQueue": "q", "jobDefinition": "d" });
        assert_eq!(
            sent("batch", "SubmitJob", &submit),
            "POST /v1/submitjob\ncontent-type: application/json\n\n\
             {\"jobName\":\"j\",\"jobQueue\":\"q\",\"jobDefinition\":\"d\"}"
        );
        let run = json!({ "ImageId": "ami-1", "MinCount": 1, "SecurityGroupIds": ["sg-1"] });
        assert_eq!(
            sent("ec2", "RunInstances", &run),
            "POST /\ncontent-type: application/x-www-form-urlencoded\n\n\
             Action=RunInstances&Version=2016-11-15&ImageId=ami-1&MinCount=1&SecurityGroupId.1=sg-1"
        );
    }
}
