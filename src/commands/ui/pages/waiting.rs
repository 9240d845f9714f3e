//! Answers a task of an execution that waits for somebody. Only in the embedded AWS: elsewhere somebody else has its token.

use anyhow::Result;
use serde_json::Value;

use crate::commands::ui::problem::Missing;
use crate::commands::ui::site::{Call, Ui};
use crate::config::TaskAnswer;
use crate::executions::{self, Run, WaitingTask};
use crate::page::{Fields, Reply};

/// The tasks that can be answered here.
pub(super) async fn waiting(ui: &Ui, call: &Call<'_>, run: &Run) -> Result<Vec<WaitingTask>> {
    let Some(history) = run.history.as_ref().filter(|_| ui.is_local()) else {
        return Ok(Vec::new());
    };
    // Most executions wait for nobody, and their definition need not be read.
    if run.status.is_ended() || !history.may_wait() {
        return Ok(Vec::new());
    }
    let aws = &call.stage.session.aws;
    let definition = executions::definition(aws, &run.execution_arn).await?;
    Ok(executions::waiting(history, &definition))
}

/// Lets a task succeed or fail, as the form says.
pub(in crate::commands::ui) async fn answer(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let (machine, name) = (call.part(0), call.part(1));
    let form = &call.request.form;
    let answer = read(form)?;
    let session = &call.stage.session;
    let machine_name = super::workflow::machine(&call.stage, Some(machine))?;
    let arn = session.stack.execution_arn(&machine_name, name);
    let run = executions::read(&session.aws, &arn).await?;
    let run = run.ok_or_else(|| Missing(format!("There is no execution `{name}`.")))?;
    let tasks = waiting(ui, call, &run).await?;
    let state = form.number("state");
    let task = tasks.iter().find(|task| Some(task.state) == state);
    let token = task.and_then(|task| task.token.as_ref());
    let gone = || Missing("This task does not wait any more.".to_owned());
    let token = token.ok_or_else(gone)?;
    executions::send_answer(&session.aws, token, Some(&answer)).await?;
    Ok(Reply::see_other(&call.stage.execution_url(machine, name)))
}

fn read(form: &Fields) -> Result<TaskAnswer> {
    if let Some(error) = form.get("error") {
        return Ok(TaskAnswer::Failure {
            error: error.to_owned(),
            cause: form.get("cause").map(str::to_owned),
        });
    }
    let output: Value = serde_json::from_str(form.get("output").unwrap_or_default())
        .map_err(|error| Unreadable(error.to_string()))?;
    Ok(TaskAnswer::Success(output))
}

#[derive(Debug, thiserror::Error)]
#[error("the output is not a JSON document: {0}")]
struct Unreadable(String);
