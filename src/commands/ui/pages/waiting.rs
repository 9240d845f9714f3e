//! Answers a task of an execution that waits for somebody. Only in the embedded AWS: elsewhere somebody else has its token.

use anyhow::Result;
use serde_json::Value;

use crate::commands::ui::problem::Missing;
use crate::commands::ui::runs::Named;
use crate::commands::ui::site::{Call, Ui};
use crate::config::TaskAnswer;
use crate::executions::{self, Run, WaitingTask};
use crate::page::{Fields, Reply};

/// The tasks that can be answered here.
pub(super) async fn waiting(ui: &Ui, call: &Call<'_>, run: &Run) -> Result<Vec<WaitingTask>> {
    let history = run.history.as_ref().filter(|_| ui.is_local());
    // Most executions wait for nobody, and their definition need not be read.
    let history = history.filter(|history| !run.status.is_ended() && history.may_wait());
    let Some(history) = history else {
        return Ok(Vec::new());
    };
    let definition = ui.runs.definition(&call.stage, &run.execution_arn).await?;
    Ok(executions::waiting(history, &definition))
}

/// Lets a task succeed or fail, as the form says.
pub(in crate::commands::ui) async fn answer(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let form = &call.request.form;
    let answer = read(form)?;
    let (stage, machine, name) = (&call.stage, call.part(0), call.part(1));
    let aws = &stage.session.aws;
    // Not what was read for a page, which has no secrets.
    let run = executions::read(aws, &Named::new(stage, machine, name).arn).await?;
    let tasks = match &run {
        Some(run) => waiting(ui, call, run).await?,
        None => Vec::new(),
    };
    let state = form.number("state");
    let task = tasks.iter().find(|task| Some(task.state) == state);
    let token = task.and_then(|task| task.token.as_ref());
    let gone = || Missing("This task does not wait any more.".to_owned());
    executions::send_answer(aws, token.ok_or_else(gone)?, Some(&answer)).await?;
    Ok(Reply::see_other(&stage.execution_url(machine, name)))
}

fn read(form: &Fields) -> Result<TaskAnswer> {
    if let Some(error) = form.get("error") {
        return Ok(TaskAnswer::Failure {
            error: error.to_owned(),
            cause: form.get("cause").map(str::to_owned),
        });
    }
    let output = form.get("output").unwrap_or_default();
    let output: Value = serde_json::from_str(output).map_err(|error| Unreadable {
        what: "output",
        error,
    })?;
    Ok(TaskAnswer::Success(output))
}

/// What a form says that cannot be sent.
#[derive(Debug, thiserror::Error)]
#[error("the {what} is not a JSON document: {error}")]
pub(super) struct Unreadable {
    pub what: &'static str,
    pub error: serde_json::Error,
}
