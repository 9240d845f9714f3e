//! What SQS says of calls that it refuses. Its older protocol has other codes, which SDKs still show.

use crate::fault::Fault;

pub(super) fn no_queue() -> Fault {
    Fault::bad("QueueDoesNotExist", "The specified queue does not exist.")
}

pub(super) fn invalid(message: impl Into<String>) -> Fault {
    Fault::bad("InvalidParameterValue", message)
}

/// A parameter with a value that SQS does not take.
pub(super) fn unfit(parameter: &str, value: impl std::fmt::Display, reason: &str) -> Fault {
    invalid(format!(
        "Value {value} for parameter {parameter} is invalid. Reason: {reason}"
    ))
}

pub(super) fn missing(parameter: &str) -> Fault {
    let message = format!("The request must contain the parameter {parameter}.");
    Fault::bad("MissingParameter", message)
}

pub(super) fn bad_handle() -> Fault {
    Fault::bad(
        "ReceiptHandleIsInvalid",
        "The input receipt handle is invalid.",
    )
}

pub(super) fn not_in_flight() -> Fault {
    let message = "The message referred to isn't in flight.";
    Fault::bad("MessageNotInflight", message)
}
