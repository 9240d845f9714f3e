//! Functions that a closure answers in place of processes.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::host::{Invocation, Outcome};
use super::{Function, Version};

/// Answers the calls of functions: with a response, or with the error object of a failed call.
pub type Handlers = Arc<dyn Fn(&HandlerCall<'_>) -> Result<Value, Value> + Send + Sync>;

/// A call of a function, and the version that it has reached.
#[derive(Debug, Clone, Copy)]
pub struct HandlerCall<'a> {
    /// Without a qualifier.
    pub function_arn: &'a str,
    /// `$LATEST` or a number.
    pub version: &'a str,
    /// The SHA-256 of the version's zip.
    pub code_sha256: &'a [u8; 32],
    pub payload: &'a [u8],
}

pub(super) fn answer(
    handlers: &Handlers,
    function: &Function,
    version: &Version,
    invocation: &Invocation,
) -> Outcome {
    let answered = handlers(&HandlerCall {
        function_arn: &function.arn,
        version: &version.version,
        code_sha256: &version.code.sha256,
        payload: &invocation.payload,
    });
    let error = answered.is_err().then_some("Unhandled");
    let (Ok(payload) | Err(payload)) = answered;
    Outcome {
        payload: Bytes::from(payload.to_string()),
        error,
        log_tail: Vec::new(),
    }
}
