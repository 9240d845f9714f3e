//! What SNS says of calls that it refuses.

use crate::fault::Fault;

pub(super) fn invalid(what: impl std::fmt::Display) -> Fault {
    Fault::bad("InvalidParameter", format!("Invalid parameter: {what}"))
}

pub(super) fn missing(member: &str) -> Fault {
    let message = format!(
        "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
    );
    Fault::bad("ValidationError", message)
}

pub(super) fn no_topic() -> Fault {
    Fault::new(404, "NotFound", "Topic does not exist")
}

pub(super) fn no_subscription() -> Fault {
    Fault::new(404, "NotFound", "Subscription does not exist")
}
