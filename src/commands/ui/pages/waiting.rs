//! Answers a task of an execution that waits for somebody. Only in the embedded AWS: elsewhere somebody else has its token.

use anyhow::Result;
use serde_json::Value;
use txflow_asl::source::parse_json;

use crate::aws::AwsError;
use crate::commands::ui::problem::Wrong;
use crate::commands::ui::runs::Named;
use crate::commands::ui::site::{Call, Ui};
use crate::config::TaskAnswer;
use crate::executions::{self, Run, WaitingTask};
use crate::page::{Fields, Reply};

/// The tasks that can be answered here.
pub(super) fn waiting(ui: &Ui, run: &Run, definition: &Value) -> Vec<WaitingTask> {
    let history = run.history.as_ref().filter(|_| ui.is_local());
    let history = history.filter(|history| !run.status.is_ended() && history.may_wait());
    history.map_or_else(Vec::new, |history| executions::waiting(history, definition))
}

/// Lets a task succeed or fail, as the form says.
pub(in crate::commands::ui) async fn answer(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let form = &call.request.form;
    let answer = read(form)?;
    let (stage, machine, name) = (&call.stage, call.part(0), call.part(1));
    let aws = &stage.session.aws;
    // Not what was read for a page, which has no secrets.
    let arn = Named::new(stage, machine, name).arn;
    let tasks = match executions::read(aws, &arn).await? {
        Some(run) => waiting(ui, &run, &executions::definition(aws, &arn).await?),
        None => Vec::new(),
    };
    let state = form.number("state");
    let task = tasks.iter().find(|task| Some(task.state) == state);
    let token = task.and_then(|task| task.token.as_ref());
    let gone = || Wrong("This task does not wait any more.".to_owned());
    let sent = executions::send_answer(aws, token.ok_or_else(gone)?, Some(&answer)).await;
    match sent {
        Err(error) if is_over(&error) => return Err(gone().into()),
        sent => sent?,
    }
    Ok(Reply::see_other(&stage.execution_url(machine, name)))
}

/// Whether somebody else has answered, or the time is over.
fn is_over(error: &AwsError) -> bool {
    let codes = ["TaskDoesNotExist", "TaskTimedOut"];
    { error.code.as_deref() }.is_some_and(|code| codes.contains(&code))
}

fn read(form: &Fields) -> Result<TaskAnswer, Wrong> {
    if let Some(error) = form.get("error") {
        return Ok(TaskAnswer::Failure {
            error: error.to_owned(),
            cause: form.get("cause").map(str::to_owned),
        });
    }
    Ok(TaskAnswer::Success(document(form, "output")?))
}

/// What Step Functions and EventBridge accept of a document.
const LARGEST: usize = 256 * 1024;

/// The JSON document in a field.
pub(super) fn document(form: &Fields, field: &str) -> Result<Value, Wrong> {
    let text = form.get(field).unwrap_or_default();
    if text.trim().is_empty() {
        return Err(Wrong(format!(
            "the {field} is empty; enter `{{}}` for none"
        )));
    }
    let document: Value =
        parse_json(text).map_err(|cause| Wrong(format!("the {field} is not JSON: {cause}")))?;
    // Without the spaces that are not sent.
    match document.to_string().len() {
        0..=LARGEST => Ok(document),
        length => Err(Wrong(format!(
            "the {field} has {length} bytes without the spaces between its parts, and AWS accepts {LARGEST} (256 KiB)"
        ))),
    }
}
