//! Calls that come from inside, such as a task's: the members as they are, and the body as text.

use bytes::Bytes;
use serde_json::Value;

use super::{Output, Request};
use crate::fault::Fault;
use crate::http::call::PeerCall;

/// The body of a task is a text, or any other value as JSON.
pub(super) fn request(call: PeerCall) -> Request {
    let mut input = call.input;
    let body = input
        .as_object_mut()
        .and_then(|members| members.remove("Body"));
    let body = match body {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text,
        Some(value) => value.to_string(),
    };
    let asks = ["PutObject", "UploadPart"].contains(&call.operation.as_str());
    // As the SDK does that Step Functions uses.
    if asks && input["ChecksumAlgorithm"].is_null() && input.is_object() {
        input["ChecksumAlgorithm"] = "CRC32".into();
    }
    Request {
        operation: call.operation,
        input,
        body: vec![Bytes::from(body)],
        scope: call.scope,
    }
}

pub(super) fn result(output: Output) -> Result<Value, Fault> {
    let mut members = output.members;
    if let Some(body) = output.body {
        let text = String::from_utf8_lossy(&body).into_owned();
        members.insert("Body".to_owned(), text.into());
    }
    Ok(Value::Object(members))
}
