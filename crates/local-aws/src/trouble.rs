//! What befalls a call that nothing is wrong with.

use crate::conditions::Conditions;
use crate::fault::Fault;
use crate::http::call::Call;

pub(crate) enum Trouble {
    /// Refused; nothing was done.
    Before(Fault),
    /// Served, and answered as if it had failed.
    After(Fault),
    CutBefore,
    /// Served, but its answer is lost.
    CutAfter,
}

/// The trouble of this call, if it meets any. `subject` is what it is about.
pub(crate) fn trouble(conditions: &Conditions, call: &Call, subject: &str) -> Option<Trouble> {
    let failures = conditions.weather().failures;
    let meets = |what, chance| conditions.happens(what, subject, chance);
    if meets("failure before", failures.before) {
        return Some(Trouble::Before(internal(call)));
    }
    if meets("failure after", failures.after) {
        return Some(Trouble::After(internal(call)));
    }
    if meets("cut before", failures.cut_before) {
        return Some(Trouble::CutBefore);
    }
    meets("cut after", failures.cut_after).then_some(Trouble::CutAfter)
}

/// An internal error in the words of the call's service.
fn internal(call: &Call) -> Fault {
    match call.api.name {
        "lambda" => Fault::new(
            500,
            "ServiceException",
            "An error occurred and the request cannot be processed.",
        ),
        "logs" => Fault::new(
            503,
            "ServiceUnavailableException",
            "The service cannot complete the request.",
        ),
        "iam" => Fault::new(
            503,
            "ServiceUnavailable",
            "The request has failed due to a temporary failure of the server.",
        ),
        _ => Fault::new(500, "InternalFailure", "An internal failure occurred."),
    }
}
