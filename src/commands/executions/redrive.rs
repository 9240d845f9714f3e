//! `txflow executions redrive`.

use anyhow::Result;

use super::shown::Shown;
use crate::cli::RedriveOptions;
use crate::commands::session::Ui;
use crate::config::ExecutionStatus;
use crate::executions::{self, Status, Told};
use crate::exit::Exit;
use crate::report::Event;

/// Runs a failed execution again from where it failed, and prints what it came to.
pub async fn redrive(ui: &Ui, options: &RedriveOptions) -> Result<Exit> {
    let session = ui.session(None).await?;
    session.refuse_other(&options.execution)?;
    let run = ui.execution(&session, &options.execution).await?;
    let told = |told: Told| ui.reporter.report(&Event::of_state(LABEL, told));
    let history = run.history.unwrap_or_default();
    let run = executions::redrive(&session.aws, &run.execution_arn, history, &told).await?;
    let shown = Shown::new(ui, run);
    ui.answer(&shown)?;
    Ok(match shown.status {
        Status::Ended(ExecutionStatus::Succeeded) => Exit::Done,
        _ => Exit::Failed,
    })
}

/// What its progress lines begin with.
const LABEL: &str = "Redriven";
