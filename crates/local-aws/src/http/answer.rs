//! Answers and errors as HTTP, in the protocol of their service.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use super::api::{Api, Dialect, Protocol};
use super::xml::Xml;
use crate::fault::Fault;

/// The answer to a call that a service accepted.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// Headers whose names come from callers, such as an object's metadata.
    pub(crate) named_headers: Vec<(String, String)>,
    pub(crate) body: Body,
}

pub(crate) enum Body {
    Json(Value),
    /// The members of a result in the query protocol.
    XmlResult(Xml),
    /// The bytes that a function returned.
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

    pub(crate) fn with(status: u16, body: Body) -> Answer {
        Answer {
            status,
            headers: Vec::new(),
            named_headers: Vec::new(),
            body,
        }
    }
}

/// The answer as HTTP. `operation` names the envelope of the query protocol.
pub(crate) fn respond(
    api: Option<&Api>,
    operation: &str,
    request_id: &str,
    outcome: Result<Answer, Fault>,
) -> Response<Full<Bytes>> {
    let mut response = match outcome {
        Ok(answer) => accepted(api, operation, request_id, answer),
        Err(fault) => refused(api, request_id, &fault),
    };
    // Lambda and the JSON services spell the header this way; IAM and STS leave out the `n`. SDKs read both.
    if let Ok(value) = HeaderValue::from_str(request_id) {
        let header = response.headers_mut().entry("x-amzn-requestid");
        // An invocation has its own id.
        header.or_insert(value);
    }
    response
}

fn accepted(
    api: Option<&Api>,
    operation: &str,
    request_id: &str,
    answer: Answer,
) -> Response<Full<Bytes>> {
    let query = match api.map(|api| &api.protocol) {
        Some(Protocol::Query {
            namespace, dialect, ..
        }) => Some((*namespace, *dialect)),
        _ => None,
    };
    let (content_type, body) = match (answer.body, query) {
        (Body::Json(value), _) => (json_type(api), Bytes::from(value.to_string())),
        (Body::XmlResult(result), query) => (
            "text/xml",
            envelope(
                query.unwrap_or(("", Dialect::Common)),
                operation,
                request_id,
                Some(result),
            ),
        ),
        (Body::Empty, Some(query)) => ("text/xml", envelope(query, operation, request_id, None)),
        (Body::Empty, None) => (json_type(api), Bytes::new()),
        (Body::Bytes(bytes), _) => (json_type(api), bytes),
    };
    let mut response = build(answer.status, content_type, body);
    for (name, value) in answer.headers {
        // A value that comes from a function may not be valid in HTTP; then the header is left out.
        if let Ok(value) = HeaderValue::from_str(&value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    for (name, value) in answer.named_headers {
        let name = HeaderName::try_from(name);
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Without a service, the error looks as in AWS JSON.
fn refused(api: Option<&Api>, request_id: &str, fault: &Fault) -> Response<Full<Bytes>> {
    let mut body = *fault.members.clone();
    match api.map(|api| &api.protocol) {
        Some(Protocol::Query {
            namespace, dialect, ..
        }) => {
            return match dialect {
                Dialect::Common => xml_error(namespace, request_id, fault),
                Dialect::Ec2 => ec2_error(request_id, fault),
            };
        }
        Some(Protocol::RestXml { .. }) => return rest_xml_error(request_id, fault),
        Some(Protocol::Rest { .. }) => {
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
        }
        Some(Protocol::Json { error_type, .. }) => {
            body.insert("__type".to_owned(), json!(error_type(fault.code)));
            body.insert("message".to_owned(), json!(fault.message));
        }
        None => {
            body.insert("__type".to_owned(), json!(fault.code));
            body.insert("message".to_owned(), json!(fault.message));
        }
    }
    let mut response = build(
        fault.status,
        json_type(api),
        Bytes::from(Value::Object(body).to_string()),
    );
    response
        .headers_mut()
        .insert("x-amzn-errortype", HeaderValue::from_static(fault.code));
    if let Some(code) = fault.query_code()
        && let Ok(value) = HeaderValue::from_str(&format!("{code};Sender"))
    {
        response.headers_mut().insert("x-amzn-query-error", value);
    }
    response
}

fn xml_error(namespace: &str, request_id: &str, fault: &Fault) -> Response<Full<Bytes>> {
    let at_fault = if fault.status < 500 {
        "Sender"
    } else {
        "Receiver"
    };
    let mut xml = Xml::default();
    xml.element("Error", |xml| {
        xml.text("Type", at_fault)
            .text("Code", fault.code)
            .text("Message", &fault.message);
    })
    .text("RequestId", request_id);
    let body = format!(
        "<ErrorResponse xmlns=\"{namespace}\">{}</ErrorResponse>",
        xml.into_string()
    );
    build(fault.status, "text/xml", Bytes::from(body))
}

pub(crate) fn ec2_error(request_id: &str, fault: &Fault) -> Response<Full<Bytes>> {
    let mut xml = Xml::default();
    xml.element("Errors", |xml| {
        xml.element("Error", |xml| {
            xml.text("Code", fault.code).text("Message", &fault.message);
        });
    })
    .text("RequestID", request_id);
    let body = format!("<Response>{}</Response>", xml.into_string());
    build(fault.status, "text/xml", Bytes::from(body))
}

fn rest_xml_error(request_id: &str, fault: &Fault) -> Response<Full<Bytes>> {
    let mut xml = Xml::default();
    xml.element("Error", |xml| {
        xml.text("Code", fault.code).text("Message", &fault.message);
        for (name, value) in fault.members.iter() {
            xml.optional(name, value.as_str());
        }
        xml.text("RequestId", request_id);
    });
    let body = match fault.status {
        304 => String::new(),
        _ => format!("{XML_HEAD}{}", xml.into_string()),
    };
    build(fault.status, "application/xml", Bytes::from(body))
}

/// What XML documents of REST services start with.
pub(crate) const XML_HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

fn envelope(
    (namespace, dialect): (&str, Dialect),
    operation: &str,
    request_id: &str,
    result: Option<Xml>,
) -> Bytes {
    if dialect == Dialect::Ec2 {
        let members = result.unwrap_or_default().into_string();
        return Bytes::from(format!(
            "<{operation}Response xmlns=\"{namespace}\"><requestId>{request_id}</requestId>{members}</{operation}Response>"
        ));
    }
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

fn json_type(api: Option<&Api>) -> &'static str {
    match api.map(|api| &api.protocol) {
        Some(Protocol::Json { content_type, .. }) => content_type,
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
