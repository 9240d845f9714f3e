//! The outcome of a call of a function, in the words of Lambda.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::clock::{self, Millis};

/// The largest response of a function: 6 MiB and a little for the envelope.
pub(super) const MAX_RESPONSE: usize = 6_291_556;

/// What the caller of a function gets.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// The response, or an error object if `error` is set.
    pub(crate) payload: Bytes,
    /// The `FunctionError` of the answer. AWS says `Unhandled` for every failure of a function.
    pub(crate) error: Option<&'static str>,
    /// The last 4 KiB of what the call wrote to the log.
    pub(crate) log_tail: Vec<u8>,
}

/// What ended a call.
#[derive(Debug, Clone)]
pub(super) enum End {
    Response(Bytes),
    /// The runtime reported an error object.
    Error(Bytes),
    ResponseTooLarge,
    TimedOut {
        seconds: u64,
    },
    /// The process ended by itself. Holds how, in the words of the system.
    Exited(String),
    OutOfMemory,
    /// The process could not be started, or it reported a failed initialization.
    InitFailed {
        error_type: String,
        message: String,
        reported: Option<Bytes>,
    },
}

impl End {
    /// The error object or response that the caller gets.
    pub(super) fn payload(&self, request_id: &str) -> Bytes {
        let error = |error_type: &str, message: String| {
            Bytes::from(json!({ "errorType": error_type, "errorMessage": message }).to_string())
        };
        match self {
            End::Response(body) | End::Error(body) => body.clone(),
            End::ResponseTooLarge => error(
                "Function.ResponseSizeTooLarge",
                format!(
                    "Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE} bytes)."
                ),
            ),
            End::TimedOut { seconds } => error(
                "Sandbox.Timedout",
                format!("RequestId: {request_id} Error: Task timed out after {seconds}.00 seconds"),
            ),
            End::Exited(how) => error(
                "Runtime.ExitError",
                format!("RequestId: {request_id} Error: {how}"),
            ),
            End::OutOfMemory => error(
                "Runtime.OutOfMemory",
                format!("RequestId: {request_id} Error: Runtime exited with error: signal: killed"),
            ),
            End::InitFailed {
                reported: Some(body),
                ..
            } => body.clone(),
            End::InitFailed {
                error_type,
                message,
                ..
            } => error(
                error_type,
                format!("RequestId: {request_id} Error: {message}"),
            ),
        }
    }

    pub(super) fn failed(&self) -> bool {
        !matches!(self, End::Response(_))
    }

    /// The line that Lambda adds to the log, and the status that REPORT contains.
    pub(super) fn remark(
        &self,
        request_id: &str,
        now: Millis,
    ) -> (Option<String>, Option<(&'static str, String)>) {
        match self {
            End::Response(_) => (None, None),
            End::Error(body) => {
                let error_type = serde_json::from_slice::<Value>(body)
                    .ok()
                    .and_then(|error| error["errorType"].as_str().map(str::to_owned));
                (None, error_type.map(|error_type| ("error", error_type)))
            }
            End::ResponseTooLarge => (
                None,
                Some(("error", "Function.ResponseSizeTooLarge".to_owned())),
            ),
            End::TimedOut { seconds } => {
                let now = clock::iso(now);
                let line = format!("{now} {request_id} Task timed out after {seconds}.00 seconds");
                (Some(line), Some(("timeout", String::new())))
            }
            End::Exited(how) => (
                Some(format!("RequestId: {request_id} Error: {how}")),
                Some(("error", "Runtime.ExitError".to_owned())),
            ),
            End::OutOfMemory => (
                Some(format!(
                    "RequestId: {request_id} Error: Runtime exited with error: signal: killed"
                )),
                Some(("error", "Runtime.OutOfMemory".to_owned())),
            ),
            End::InitFailed {
                error_type,
                message,
                ..
            } => (
                Some(format!(
                    "RequestId: {request_id} Error: {message} {error_type}"
                )),
                Some(("error", error_type.clone())),
            ),
        }
    }
}
