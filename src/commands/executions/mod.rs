//! `txflow executions`, one file a subcommand.

mod fork;
mod forked_from;
mod list;
mod named;
mod redrive;
mod rows;
mod show;
mod shown;
mod stop;

pub(super) use fork::{Forked, Forks, Possible, possible};
pub(super) use forked_from::ForkedFrom;
pub(super) use list::Listing;
pub(super) use named::{machine_of, named};
pub(super) use redrive::refuse as refuse_redrive;
pub(super) use rows::{Row, rows};
pub(super) use shown::Shown;
pub(super) use stop::{Stopped, refuse_ended};

use anyhow::Result;
use clap::Subcommand;

use self::fork::ForkOptions;
use self::list::ListOptions;
use self::redrive::RedriveOptions;
use self::show::ShowOptions;
use self::stop::StopOptions;
use super::context::Context;
use crate::exit::Exit;

#[derive(Debug, Subcommand)]
pub enum ExecutionsCommand {
    /// List executions, newest first
    List(ListOptions),
    /// Show one execution with the tree of its states
    Show(ShowOptions),
    /// Stop a running execution
    Stop(StopOptions),
    /// Run a failed execution again from where it failed
    Redrive(RedriveOptions),
    /// Start the current definition from a state of another execution
    Fork(ForkOptions),
}

pub async fn executions(context: &Context, command: &ExecutionsCommand) -> Result<Exit> {
    match command {
        ExecutionsCommand::List(options) => list::list(context, options).await,
        ExecutionsCommand::Show(options) => show::show(context, options).await,
        ExecutionsCommand::Stop(options) => stop::stop(context, options).await,
        ExecutionsCommand::Redrive(options) => redrive::redrive(context, options).await,
        ExecutionsCommand::Fork(options) => fork::fork(context, options).await,
    }
}
