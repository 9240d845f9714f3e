//! Counts, rates and failures as all texts say them.

use super::style::{BAD, end_cut};
use crate::executions::{Cause, Failure};
use crate::world::one_line;

/// `1 function`, `3 functions`.
pub fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// `, 2 retries`, or nothing.
pub fn retried(retries: usize) -> String {
    match retries {
        0 => String::new(),
        1 => ", 1 retry".to_owned(),
        retries => format!(", {retries} retries"),
    }
}

/// `, redriven once`, or nothing.
pub fn redriven(times: u32) -> String {
    match times {
        0 => String::new(),
        times => format!(", redriven {}", times_text(times)),
    }
}

/// `once` or `3 times`.
pub fn times_text(times: u32) -> String {
    match times {
        1 => "once".to_owned(),
        times => format!("{times} times"),
    }
}

/// As much of an execution's name as commands need to find it: of one that ends in a UUID, the first part of that.
pub fn beginning(name: &str) -> &str {
    const UUID: usize = 36;
    const REST: usize = 28;
    let uuid = name.len().checked_sub(UUID).and_then(|at| name.get(at..));
    match uuid.map(uuid::Uuid::try_parse) {
        Some(Ok(_)) => &name[..name.len() - REST],
        _ => name,
    }
}

/// A rate with as many digits as matter.
pub fn rate_text(per_second: f64) -> String {
    if per_second < 10.0 {
        format!("{per_second:.2}")
    } else {
        format!("{per_second:.0}")
    }
}

/// How much of a cause stands beside its error. What failed last is shown in full below.
const CAUSE_WIDTH: usize = 100;

/// The error with the beginning of its cause.
pub(super) fn failed(failure: &Failure) -> String {
    let cause = Cause::parse(&failure.cause);
    let cause = match cause.headline() {
        "" => String::new(),
        cause => format!(": {}", end_cut(cause, CAUSE_WIDTH)),
    };
    format!("{BAD}{}{BAD:#}{cause}", one_line(&failure.error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_uuid_is_found_by_the_beginning_of_that() {
        let name = "txflow-BUY-138e5998-9cee-46f7-926c-5065ac4376e1";
        assert_eq!(beginning(name), "txflow-BUY-138e5998");
        assert_eq!(beginning("order-17"), "order-17");
        let other = "a name that is as long as a name with a UUID, but has none";
        assert_eq!(beginning(other), other);
    }
}
