//! `txflow executions stop`.

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::named::{machine_of, named, refuse_other};
use crate::commands::completions::Names;
use crate::commands::context::Context;
use crate::commands::error::CommandError;
use crate::commands::state_machine::StateMachineOption;
use crate::config::ExecutionStatus;
use crate::executions::{self, Outcome, Run, Status};
use crate::exit::Exit;
use crate::report::Answer;
use crate::report::style::{STRONG, duration, seconds};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow executions stop last
  txflow executions stop last --cause 'wrong input'")]
pub struct StopOptions {
    /// The execution: its ARN, its name or the beginning of it, or `last`
    #[arg(add = Names::Executions)]
    pub execution: String,
    /// The reason, which the execution's history shows
    #[arg(long)]
    pub cause: Option<String>,
    #[command(flatten)]
    pub machine: StateMachineOption,
}

/// Stops an execution that runs.
pub async fn stop(context: &Context, options: &StopOptions) -> Result<Exit> {
    let session = context.session().await?;
    refuse_other(&session, &options.execution)?;
    let machine = machine_of(&session, &options.machine, &options.execution)?;
    let run = named(context, &session, &machine, &options.execution).await?;
    refuse_ended(&run)?;
    let arn = run.execution_arn.clone();
    let stopped = executions::stop(&session.aws, &arn, options.cause.as_deref()).await?;
    // It may have ended by itself before the call came.
    if stopped.status != Status::Ended(ExecutionStatus::Aborted) {
        refuse_ended(&stopped)?;
    }
    context.printer.answer(&Stopped {
        name: stopped.name().to_owned(),
        status: stopped.status,
        states: aborted(&stopped),
        elapsed: stopped.duration(),
        execution_arn: arn,
    })?;
    Ok(Exit::Done)
}

/// Refuses what there is nothing left of to stop.
pub(in crate::commands) fn refuse_ended(run: &Run) -> Result<(), CommandError> {
    if !run.status.is_ended() {
        return Ok(());
    }
    Err(CommandError::AlreadyEnded {
        name: run.name().to_owned(),
        status: run.status.as_str(),
    })
}

/// The innermost states that the stop cut off.
fn aborted(run: &Run) -> Vec<String> {
    let Some(tree) = run.tree() else {
        return Vec::new();
    };
    let is_aborted = |index: &usize| tree.outcome(*index) == Outcome::Aborted;
    (0..tree.states().len())
        .filter(is_aborted)
        .filter(|index| !tree.inside(Some(*index)).iter().any(is_aborted))
        .map(|index| tree.state(index).name.clone())
        .collect()
}

#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct Stopped {
    name: String,
    execution_arn: String,
    status: Status,
    /// What it was in.
    states: Vec<String>,
    #[serde(rename = "seconds", serialize_with = "seconds")]
    #[schemars(with = "f64")]
    elapsed: Duration,
}

impl Answer for Stopped {
    fn text(&self) -> String {
        let states: Vec<String> = self
            .states
            .iter()
            .map(|state| format!("`{state}`"))
            .collect();
        let within = match states.as_slice() {
            [] => String::new(),
            [state] => format!(" in state {state}"),
            states => format!(" in states {}", states.join(", ")),
        };
        format!(
            "Stopped {STRONG}{}{STRONG:#}{within} after {}",
            self.name,
            duration(self.elapsed)
        )
    }
}
