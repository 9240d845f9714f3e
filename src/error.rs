//! A failed run: its kind, its exit code, its hint, and its form as data.

mod failure;
mod parts;
mod summary;

pub use failure::Failure;
pub use parts::ErrorParts;
pub use summary::summary;

use std::error::Error;

use txflow_local_aws::StartError;

use crate::aws::{AwsError, ConnectError};
use crate::build::BuildError;
use crate::commands::{ApplyFailed, CommandError};
use crate::config::Diagnostics;
use crate::exit::{Advice, Exit};
use crate::plan::Refusal;
use crate::plan_file::PlanFileError;

/// The exit code of an error.
pub fn exit(error: &anyhow::Error) -> Exit {
    let mut causes = error.chain();
    let advice = causes.find_map(advice);
    advice.map_or(Exit::Failed, Advice::exit)
}

/// What went wrong, for scripts.
pub fn kind(error: &anyhow::Error) -> String {
    let advice = error.chain().find_map(advice);
    advice.map_or_else(|| "failed".to_owned(), Advice::kind)
}

/// What the user can do about an error, if txflow knows.
pub fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| advice(cause)?.hint())
}

/// All types of errors that a run can end with and that have more than their text.
fn advice<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a dyn Advice> {
    fn is<'a, E: Advice + 'static>(cause: &'a (dyn Error + 'static)) -> Option<&'a dyn Advice> {
        cause.downcast_ref::<E>().map(|error| error as &dyn Advice)
    }
    [
        is::<ApplyFailed>,
        is::<AwsError>,
        is::<BuildError>,
        is::<CommandError>,
        is::<ConnectError>,
        is::<Diagnostics>,
        is::<PlanFileError>,
        is::<Refusal>,
        is::<StartError>,
    ]
    .into_iter()
    .find_map(|is| is(cause))
}

#[cfg(test)]
mod tests;
