//! Calls that come from inside, such as a task's: the members as they are, and the body in base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;

use super::{Output, Request};
use crate::fault::Fault;
use crate::http::call::PeerCall;

pub(super) fn request(call: PeerCall) -> Request {
    let mut input = call.input;
    let body = input
        .as_object_mut()
        .and_then(|members| members.remove("Body"));
    let body = body.as_ref().and_then(Value::as_str).unwrap_or_default();
    let body = STANDARD.decode(body);
    let asks = ["PutObject", "UploadPart"].contains(&call.operation.as_str());
    // As the SDK does that Step Functions uses.
    if asks && input["ChecksumAlgorithm"].is_null() && input.is_object() {
        input["ChecksumAlgorithm"] = "CRC32".into();
    }
    Request {
        operation: call.operation,
        input,
        body: vec![Bytes::from(body.unwrap_or_default())],
        scope: call.scope,
    }
}

pub(super) fn result(output: Output) -> Result<Value, Fault> {
    let mut members = output.members;
    if let Some(body) = output.body {
        members.insert("Body".to_owned(), STANDARD.encode(body).into());
    }
    Ok(Value::Object(members))
}
