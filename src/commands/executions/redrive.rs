//! `txflow executions redrive`.

use anyhow::Result;

use super::shown::Shown;
use crate::cli::RedriveOptions;
use crate::commands::session::Ui;
use crate::config::ExecutionStatus;
use crate::executions::{self, StateChange, Status};
use crate::exit::Exit;
use crate::report::Event;

/// Runs a failed execution again from where it failed, and prints its end.
pub async fn redrive(ui: &Ui, options: &RedriveOptions) -> Result<Exit> {
    let session = ui.session(None).await?;
    session.refuse_other(&options.execution)?;
    let run = ui.execution(&session, &options.execution).await?;
    let on_change = |change: StateChange| ui.reporter.report(&Event::of_state(LABEL, change));
    let history = run.history.unwrap_or_default();
    let run = executions::redrive(&session.aws, &run.execution_arn, history, &on_change).await?;
    let status = run.status;
    ui.answer(&Shown::new(ui, run))?;
    Ok(match status {
        Status::Ended(ExecutionStatus::Succeeded) => Exit::Done,
        _ => Exit::Failed,
    })
}

/// What its progress lines begin with.
const LABEL: &str = "Redriven";
