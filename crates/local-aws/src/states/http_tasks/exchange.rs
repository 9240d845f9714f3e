//! What an HTTP Task sends and gets, as `TestState` shows it: in the form of the developer guide's example.

use std::borrow::Cow;

use bytes::Bytes;
use hyper::Response;
use serde_json::{Value, json};
use txflow_asl::TaskError;

use super::endpoint::{Endpoint, body};
use crate::events::Credentials;

#[derive(Default)]
pub(in crate::states) struct Exchange {
    /// Whether the request is shown with what the connection adds to it.
    pub(super) reveals_secrets: bool,
    pub(in crate::states) request: Option<Value>,
    pub(in crate::states) response: Option<Value>,
}

/// Endpoints of this computer have no TLS.
const PROTOCOL: &str = "http";

impl Exchange {
    pub(super) fn sends(&mut self, endpoint: Endpoint<'_>) -> Result<(), TaskError> {
        let without = Credentials::default();
        let shown = Endpoint {
            credentials: match self.reveals_secrets {
                true => endpoint.credentials,
                false => &without,
            },
            ..endpoint
        };
        let headers = shown.headers();
        let headers = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.into()));
        let (_, body) = body(shown.parameters, shown.credentials);
        self.request = Some(json!({
            "protocol": PROTOCOL,
            "method": shown.method(),
            "url": shown.uri()?.to_string(),
            "headers": listed(headers),
            "body": body,
        }));
        Ok(())
    }

    pub(super) fn gets(&mut self, answer: &Response<Bytes>) {
        let status = answer.status();
        let headers = answer.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())));
        self.response = Some(json!({
            "protocol": PROTOCOL,
            "statusCode": status.as_str(),
            "statusMessage": status.canonical_reason().unwrap_or_default(),
            "headers": listed(headers),
            "body": String::from_utf8_lossy(answer.body()),
        }));
    }
}

fn listed<'a>(headers: impl Iterator<Item = (&'a str, Cow<'a, str>)>) -> String {
    let headers: Vec<String> = headers
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    format!("[{}]", headers.join(", "))
}
