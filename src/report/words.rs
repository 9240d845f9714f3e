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

/// A rate with as many digits as matter.
pub fn rate_text(per_second: f64) -> String {
    if per_second < 10.0 {
        format!("{per_second:.2}")
    } else {
        format!("{per_second:.0}")
    }
}

/// How much of a cause stands beside its error. What failed last is told in full below.
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
