//! `txflow executions redrive`.

use anyhow::Result;
use clap::Args;

use super::named::{machine_of, named, refuse_other};
use super::shown::Shown;
use crate::commands::completions::Names;
use crate::commands::context::Context;
use crate::commands::error::CommandError;
use crate::commands::state_machine::StateMachineOption;
use crate::config::ExecutionStatus;
use crate::executions::{self, Run, StateChange, Status};
use crate::exit::Exit;
use crate::report::Event;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow executions redrive last
  txflow executions redrive order-17 --stage prod

It runs on the definition that it was started on. AWS redrives executions that ended in the last 14 days. Exits with 1 unless \
it succeeds.")]
pub struct RedriveOptions {
    /// The execution: its ARN, its name or the beginning of it, or `last`
    #[arg(add = Names::Executions)]
    pub execution: String,
    #[command(flatten)]
    pub machine: StateMachineOption,
}

/// Runs a failed execution again from where it failed, and prints its end.
pub async fn redrive(context: &Context, options: &RedriveOptions) -> Result<Exit> {
    let session = context.session().await?;
    refuse_other(&session, &options.execution)?;
    let machine = machine_of(&session, &options.machine, &options.execution)?;
    let run = named(context, &session, &machine, &options.execution).await?;
    refuse(context, &run)?;
    let on_change = |change: StateChange| context.printer.report(&Event::of_state(LABEL, change));
    let history = run.history.unwrap_or_default();
    let run = executions::redrive(&session.aws, &run.execution_arn, history, &on_change).await?;
    let status = run.status;
    context
        .printer
        .answer(&Shown::new(context, &machine, run))?;
    Ok(match status {
        Status::Ended(ExecutionStatus::Succeeded) => Exit::Done,
        _ => Exit::Failed,
    })
}

/// Refuses what AWS would, in words that say what to do instead.
pub(in crate::commands) fn refuse(context: &Context, run: &Run) -> Result<(), CommandError> {
    let has_ended = match run.status {
        Status::Running => false,
        Status::Ended(ExecutionStatus::Succeeded) => true,
        _ => return Ok(()),
    };
    let name = run.name().to_owned();
    let fork = format!("txflow executions fork {name} --from STATE");
    Err(CommandError::CannotRedrive {
        fork: context.global.same_stack(&fork),
        name,
        has_ended,
    })
}

/// What its progress lines begin with.
const LABEL: &str = "Redriven";
