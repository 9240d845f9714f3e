//! Answers and faults in the protocol of the service that gives them.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use super::service::Service;
use super::xml::Xml;
use crate::fault::Fault;

/// What a service answers a call it accepted with.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
}

pub(crate) enum Body {
    Json(Value),
    /// The members of a query protocol answer's result.
    XmlResult(Xml),
    /// A function's own bytes.
    Bytes(Bytes),
    Empty,
}

impl Answer {
    pub(crate) fn json(body: Value) -> Answer {
        Answer::with(200, Body::Json(body))
    }

    pub(crate) fn created(body: Value) -> Answer {
        Answer::with(201, Body::Json(body))
    }

    pub(crate) fn no_content() -> Answer {
        Answer::with(204, Body::Empty)
    }

    pub(crate) fn xml(fill: impl FnOnce(&mut Xml)) -> Answer {
        let mut xml = Xml::default();
        fill(&mut xml);
        Answer::with(200, Body::XmlResult(xml))
    }

    /// A query protocol answer without a result.
    pub(crate) fn xml_done() -> Answer {
        Answer::with(200, Body::Empty)
    }

    /// GetFunction's answer to who may not list tags.
    pub(crate) fn withhold_tags(&mut self, fault: &Fault) {
        if let Body::Json(Value::Object(members)) = &mut self.body
            && members.remove("Tags").is_some()
        {
            let error = json!({ "ErrorCode": fault.code, "Message": fault.message });
            members.insert("TagsError".to_owned(), error);
        }
    }

    pub(crate) fn with(status: u16, body: Body) -> Answer {
        Answer {
            status,
            headers: Vec::new(),
            body,
        }
    }
}

/// The answer as HTTP. `operation` names the envelope of the query protocol.
pub(crate) fn respond(
    service: Option<Service>,
    operation: &str,
    request_id: &str,
    outcome: Result<Answer, Fault>,
) -> Response<Full<Bytes>> {
    let mut response = match outcome {
        Ok(answer) => accepted(service, operation, request_id, answer),
        Err(fault) => refused(service, request_id, &fault),
    };
    // Lambda and the JSON services spell the header so; IAM and STS leave out the `n`. SDKs read either.
    if let Ok(value) = HeaderValue::from_str(request_id) {
        let header = response.headers_mut().entry("x-amzn-requestid");
        // An invocation has an id of its own.
        header.or_insert(value);
    }
    response
}

fn accepted(
    service: Option<Service>,
    operation: &str,
    request_id: &str,
    answer: Answer,
) -> Response<Full<Bytes>> {
    let (content_type, body) = match answer.body {
        Body::Json(value) => (json_type(service), Bytes::from(value.to_string())),
        Body::XmlResult(result) => (
            "text/xml",
            envelope(service, operation, request_id, Some(result)),
        ),
        Body::Empty if is_query(service) => {
            ("text/xml", envelope(service, operation, request_id, None))
        }
        Body::Bytes(bytes) => (json_type(service), bytes),
        Body::Empty => (json_type(service), Bytes::new()),
    };
    let mut response = build(answer.status, content_type, body);
    for (name, value) in answer.headers {
        // A header value of a function's making may hold what HTTP cannot carry; it is left out.
        if let Ok(value) = HeaderValue::from_str(&value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    response
}

fn refused(service: Option<Service>, request_id: &str, fault: &Fault) -> Response<Full<Bytes>> {
    if is_query(service) {
        let mut xml = Xml::default();
        xml.element("Error", |xml| {
            xml.text(
                "Type",
                if fault.status < 500 {
                    "Sender"
                } else {
                    "Receiver"
                },
            )
            .text("Code", fault.code)
            .text("Message", &fault.message);
        })
        .text("RequestId", request_id);
        let namespace = namespace(service);
        let body = format!(
            "<ErrorResponse xmlns=\"{namespace}\">{}</ErrorResponse>",
            xml.into_string()
        );
        return build(fault.status, "text/xml", Bytes::from(body));
    }
    let mut body = fault.members.clone();
    if service == Some(Service::Lambda) {
        // Lambda's older exceptions spell their text `Message` and carry a `Type`; the validation ones do not.
        let (text, kind) = match fault.code {
            "ValidationException"
            | "AccessDeniedException"
            | "MissingAuthenticationTokenException"
            | "IncompleteSignatureException"
            | "NotImplemented" => ("message", None),
            _ if fault.status < 500 => ("Message", Some("User")),
            _ => ("Message", Some("Service")),
        };
        if let Some(kind) = kind {
            body.entry("Type").or_insert_with(|| json!(kind));
        }
        body.insert(text.to_owned(), json!(fault.message));
    } else {
        body.insert("__type".to_owned(), json!(qualified(service, fault.code)));
        body.insert("message".to_owned(), json!(fault.message));
    }
    let mut response = build(
        fault.status,
        json_type(service),
        Bytes::from(Value::Object(body).to_string()),
    );
    response
        .headers_mut()
        .insert("x-amzn-errortype", HeaderValue::from_static(fault.code));
    response
}

/// Step Functions qualifies the names of its own errors; SDKs read what follows the `#`.
fn qualified(service: Option<Service>, code: &str) -> String {
    let common = [
        "ValidationException",
        "AccessDeniedException",
        "SerializationException",
        "NotImplemented",
        "InternalFailure",
    ];
    let unsigned = [
        "MissingAuthenticationTokenException",
        "IncompleteSignatureException",
    ];
    match service {
        Some(Service::States) if unsigned.contains(&code) => {
            format!("com.amazon.coral.service#{code}")
        }
        Some(Service::States) if common.contains(&code) => {
            format!("com.amazon.coral.validate#{code}")
        }
        Some(Service::States) => format!("com.amazonaws.swf.service.v2.model#{code}"),
        _ => code.to_owned(),
    }
}

fn is_query(service: Option<Service>) -> bool {
    matches!(service, Some(Service::Iam | Service::Sts))
}

fn envelope(
    service: Option<Service>,
    operation: &str,
    request_id: &str,
    result: Option<Xml>,
) -> Bytes {
    let namespace = namespace(service);
    let result = match result {
        Some(result) => format!(
            "<{operation}Result>{}</{operation}Result>",
            result.into_string()
        ),
        None => String::new(),
    };
    Bytes::from(format!(
        "<{operation}Response xmlns=\"{namespace}\">{result}\
         <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    ))
}

fn namespace(service: Option<Service>) -> &'static str {
    match service {
        Some(Service::Sts) => "https://sts.amazonaws.com/doc/2011-06-15/",
        _ => "https://iam.amazonaws.com/doc/2010-05-08/",
    }
}

fn json_type(service: Option<Service>) -> &'static str {
    match service {
        Some(Service::States) => "application/x-amz-json-1.0",
        Some(Service::Logs) => "application/x-amz-json-1.1",
        _ => "application/json",
    }
}

pub(crate) fn build(status: u16, content_type: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert("content-type", HeaderValue::from_static(content_type));
    response
}
