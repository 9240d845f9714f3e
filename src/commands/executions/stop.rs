//! `txflow executions stop`.

use anyhow::Result;
use serde::Serialize;

use crate::cli::StopOptions;
use crate::commands::error::CommandError;
use crate::commands::session::Ui;
use crate::config::ExecutionStatus;
use crate::executions::{self, Outcome, Run, Status, Tree};
use crate::exit::Exit;
use crate::report::Answer;
use crate::report::style::{STRONG, duration};

/// Stops an execution that runs.
pub async fn stop(ui: &Ui, options: &StopOptions) -> Result<Exit> {
    let session = ui.session(None).await?;
    session.refuse_other(&options.execution)?;
    let run = ui.execution(&session, &options.execution).await?;
    refuse_ended(&run)?;
    let arn = run.execution_arn.clone();
    let stopped = executions::stop(&session.aws, &arn, options.cause.as_deref()).await?;
    // It may have ended by itself before the call came.
    if stopped.status != Status::Ended(ExecutionStatus::Aborted) {
        refuse_ended(&stopped)?;
    }
    ui.answer(&Stopped {
        name: stopped.name().to_owned(),
        status: stopped.status,
        states: aborted(&stopped),
        seconds: stopped.duration().as_secs_f64(),
        execution_arn: arn,
    })?;
    Ok(Exit::Done)
}

fn refuse_ended(run: &Run) -> Result<(), CommandError> {
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
    let Some(history) = &run.history else {
        return Vec::new();
    };
    let tree = Tree::new(history, run.status);
    let is_cut_off = |index: &usize| tree.outcome(*index) == Outcome::Aborted;
    (0..history.states.len())
        .filter(is_cut_off)
        .filter(|index| !tree.inside(Some(*index)).iter().any(is_cut_off))
        .map(|index| history.states[index].name.clone())
        .collect()
}

#[derive(Debug, Serialize)]
struct Stopped {
    name: String,
    execution_arn: String,
    status: Status,
    /// What it was in.
    states: Vec<String>,
    seconds: f64,
}

impl Answer for Stopped {
    fn text(&self) -> String {
        let elapsed = std::time::Duration::try_from_secs_f64(self.seconds).unwrap_or_default();
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
            duration(elapsed)
        )
    }
}
