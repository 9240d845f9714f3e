//! `txflow executions redrive`.

use anyhow::Result;

use super::shown::Shown;
use crate::cli::RedriveOptions;
use crate::commands::session::Ui;
use crate::config::ExecutionStatus;
use crate::error::Exit;
use crate::executions::{self, News, Status, Told};
use crate::report::Event;

/// Runs a failed execution again from where it failed, and prints what it came to.
pub async fn redrive(ui: &Ui, options: &RedriveOptions) -> Result<Exit> {
    let session = ui.session(None).await?;
    session.refuse_other(&options.execution)?;
    let run = ui.execution(&session, &options.execution).await?;
    let told = |told: Told| {
        if let Some(event) = event(told) {
            ui.reporter.report(&event);
        }
    };
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

fn event(told: Told) -> Option<Event> {
    let Told { news, state, .. } = told;
    let test = LABEL.to_owned();
    Some(match news {
        News::Entered => Event::StateEntered {
            test,
            state: state.name,
        },
        News::Exited => Event::StateExited {
            test,
            elapsed: state.duration(),
            retries: state.retries(),
            state: state.name,
        },
        News::AttemptFailed | News::Retried => return None,
    })
}
