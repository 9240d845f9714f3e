//! `txflow executions fork`.

mod base;
mod cannot;
mod forked;
mod forks;
mod many;
mod one;
mod options;

pub(in crate::commands) use forked::Forked;
pub(in crate::commands) use forks::Forks;
pub(in crate::commands) use one::{Possible, possible};
pub use options::ForkOptions;

use anyhow::Result;

use crate::commands::context::Context;
use crate::exit::Exit;

/// Starts an execution of the current definition from a state of another one, or one for each that failed.
pub async fn fork(context: &Context, options: &ForkOptions) -> Result<Exit> {
    options.check()?;
    match options.failed {
        true => many::fork_failed(context, options).await,
        false => one::fork_one(context, options).await,
    }
}

/// What its progress lines begin with.
const LABEL: &str = "Forked";
