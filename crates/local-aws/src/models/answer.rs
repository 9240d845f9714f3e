//! The answer to a call, from HTTP in the protocol of its service.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::HeaderMap;
use roxmltree::{Document, Node};
use serde_json::{Map, Value, json};

use super::json::read;
use super::xml::{self, children, scalar};
use super::{Kind, Location, Model, Operation, Protocol, Shape};
use crate::http::call::header;

/// A refusal: the code and the message.
pub(crate) type Refused = (String, String);

/// The output with the members of the model, or why the call was refused.
pub(crate) fn answered(
    model: &Model,
    operation: &Operation,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, Refused> {
    if status >= 400 {
        return Err(refused(headers, body));
    }
    let mut members = Map::new();
    if matches!(model.protocol, Protocol::RestJson | Protocol::RestXml) {
        heads(model, operation, status, headers, &mut members);
    }
    let own = model.members(operation.output);
    let payload = own
        .iter()
        .find(|member| member.location == Location::Payload);
    if let Some(payload) = payload {
        let value = match (payload.kind, model.shape(payload.kind)) {
            (Kind::Blob, _) => Some(json!(STANDARD.encode(body))),
            _ if body.is_empty() => None,
            (kind, Some(_)) if model.protocol == Protocol::RestXml => {
                document(body, |root| xml::read(model, kind, root))
            }
            (kind, Some(_)) => serde_json::from_slice(body)
                .ok()
                .map(|value| read(model, kind, value)),
            (Kind::Document, _) => serde_json::from_slice(body).ok(),
            _ => Some(json!(String::from_utf8_lossy(body))),
        };
        members.extend(value.map(|value| (payload.name.to_owned(), value)));
        return Ok(Value::Object(members));
    }
    let output = match model.protocol {
        Protocol::Json | Protocol::RestJson => serde_json::from_slice(body)
            .ok()
            .map(|value| read(model, operation.output, value)),
        Protocol::RestXml | Protocol::Ec2 => {
            document(body, |root| xml::read(model, operation.output, root))
        }
        Protocol::Query => document(body, |root| {
            let wrapped = format!("{}Result", operation.name);
            let result = children(root).find(|child| child.tag_name().name() == wrapped);
            result.map_or_else(
                || json!({}),
                |result| xml::read(model, operation.output, result),
            )
        }),
        Protocol::Other => None,
    };
    if let Some(Value::Object(output)) = output {
        members.extend(output);
    }
    Ok(Value::Object(members))
}

/// What the status and the headers say.
fn heads(
    model: &Model,
    operation: &Operation,
    status: u16,
    headers: &HeaderMap,
    members: &mut Map<String, Value>,
) {
    for member in model.members(operation.output) {
        let value = match member.location {
            Location::Status => Some(json!(status)),
            Location::Header => {
                let text = headers
                    .get(member.wire)
                    .and_then(|value| value.to_str().ok());
                text.map(|text| scalar(member.kind, text))
            }
            Location::Headers if matches!(model.shape(member.kind), Some(Shape::Map { .. })) => {
                let prefix = member.wire.to_ascii_lowercase();
                let named = headers.iter().filter_map(|(name, value)| {
                    let name = name.as_str().strip_prefix(&prefix)?;
                    Some((name.to_owned(), value.to_str().ok()?.into()))
                });
                Some(Value::Object(named.collect()))
            }
            _ => None,
        };
        members.extend(value.map(|value| (member.name.to_owned(), value)));
    }
}

fn document(body: &[u8], read: impl FnOnce(Node<'_, '_>) -> Value) -> Option<Value> {
    let text = str::from_utf8(body).ok()?;
    let document = Document::parse(text).ok()?;
    Some(read(document.root_element()))
}

fn refused(headers: &HeaderMap, body: &[u8]) -> Refused {
    let text = String::from_utf8_lossy(body).into_owned();
    let named = header(headers, "x-amzn-errortype");
    if let Ok(details) = serde_json::from_str::<Value>(&text) {
        let code = ["__type", "code"]
            .into_iter()
            .find_map(|name| details[name].as_str());
        let code = Some(named).filter(|code| !code.is_empty()).or(code);
        let message = ["message", "Message"]
            .into_iter()
            .find_map(|name| details[name].as_str());
        return (
            bare(code.unwrap_or_default()),
            message.map_or(text.clone(), str::to_owned),
        );
    }
    let found = document(body, |root| {
        let text = |name| {
            let mut elements = root.descendants();
            let found = elements.find(|element| element.tag_name().name() == name);
            found.and_then(|element| element.text()).map(str::to_owned)
        };
        json!({ "code": text("Code"), "message": text("Message") })
    });
    let found = found.unwrap_or_default();
    let code = found["code"].as_str().unwrap_or(named);
    (
        bare(code),
        found["message"].as_str().map_or(text, str::to_owned),
    )
}

/// `aws.api#Refused:http://…` names the code with what belongs to nobody.
fn bare(code: &str) -> String {
    let code = code.split(':').next().unwrap_or_default();
    match code.rsplit('#').next().unwrap_or_default() {
        "" => "UnknownError".to_owned(),
        code => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::model;
    use super::*;

    fn answer(
        service: &str,
        operation: &str,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Value {
        let model = model(service).unwrap();
        let headers: HeaderMap = { headers.iter() }
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        let operation = model.operation(operation).unwrap();
        answered(model, operation, 200, &headers, body.as_bytes()).unwrap()
    }

    #[test]
    fn an_answer_is_read_in_the_form_of_its_protocol() {
        let topics = "<ListTopicsResponse xmlns=\"http://sns\"><ListTopicsResult><Topics><member>\
                      <TopicArn>arn:t</TopicArn></member></Topics></ListTopicsResult></ListTopicsResponse>";
        let expected = json!({ "Topics": [{ "TopicArn": "arn:t" }] });
        assert_eq!(answer("sns", "ListTopics", &[], topics), expected);
        let list = "<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>1</KeyCount>\
                    <Contents><Key>k</Key><Size>3</Size></Contents></ListBucketResult>";
        let expected =
            json!({ "IsTruncated": false, "Contents": [{ "Key": "k", "Size": 3 }], "KeyCount": 1 });
        assert_eq!(answer("s3", "ListObjectsV2", &[], list), expected);
        let headers = [
            ("content-length", "1"),
            ("x-amz-meta-own", "1"),
            ("etag", "\"e\""),
        ];
        let expected = json!({
            "ContentLength": 1, "ETag": "\"e\"", "Metadata": { "own": "1" }, "Body": "eA=="
        });
        assert_eq!(answer("s3", "GetObject", &headers, "x"), expected);
        let instances = "<DescribeInstancesResponse><reservationSet><item><reservationId>r</reservationId>\
                         </item></reservationSet></DescribeInstancesResponse>";
        let expected = json!({ "Reservations": [{ "ReservationId": "r" }] });
        assert_eq!(answer("ec2", "DescribeInstances", &[], instances), expected);
        let tasks = "{\"tasks\":[{\"taskArn\":\"arn:t\",\"overrides\":null}]}";
        let expected = json!({ "tasks": [{ "taskArn": "arn:t" }] });
        assert_eq!(answer("ecs", "RunTask", &[], tasks), expected);
    }

    #[test]
    fn a_refusal_has_a_code_in_each_protocol() {
        let none = HeaderMap::new();
        for body in [
            "{\"__type\":\"com.amazonaws#Gone\",\"message\":\"no\"}",
            "{\"code\":\"Gone:http://internal\",\"Message\":\"no\"}",
            "<ErrorResponse><Error><Code>Gone</Code><Message>no</Message></Error></ErrorResponse>",
            "<Error><Code>Gone</Code><Message>no</Message></Error>",
            "<Response><Errors><Error><Code>Gone</Code><Message>no</Message></Error></Errors></Response>",
        ] {
            let expected = ("Gone".to_owned(), "no".to_owned());
            assert_eq!(refused(&none, body.as_bytes()), expected);
        }
    }
}
