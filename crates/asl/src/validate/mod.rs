//! Static checks of a definition, as AWS makes them before it stores one.
mod at;
mod finding;
mod report;

pub use finding::{Code, Finding, Severity};

use crate::ExecutionKind;
use crate::source::Source;

pub fn validate(source: &Source, kind: ExecutionKind) -> Vec<Finding> {
    let _ = kind;
    report::Report::new(source).finish()
}
