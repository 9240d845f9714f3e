//! SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat.

use serde::Deserialize;
use serde_json::json;
use tokio::sync::oneshot;
use txflow_asl::Payload;

use super::{Command, Report, input, lock};
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::states::States;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    #[serde(default)]
    task_token: String,
    #[serde(default)]
    output: String,
    error: Option<String>,
    cause: Option<String>,
}

impl States {
    pub(in crate::states) async fn send_task_success(&self, call: &Call) -> Result<Answer, Fault> {
        let sent: Sent = call.json()?;
        input::check_size("output", &sent.output)?;
        let output = Payload::from_text(sent.output)
            .map_err(|error| Fault::bad("InvalidOutput", format!("Invalid Output: '{error}'")))?;
        self.report(&sent.task_token, Report::Succeeded(output))
            .await
    }

    pub(in crate::states) async fn send_task_failure(&self, call: &Call) -> Result<Answer, Fault> {
        let sent: Sent = call.json()?;
        Constraints::default()
            .length("error", sent.error.as_deref().unwrap_or_default(), 0, 256)
            .length(
                "cause",
                sent.cause.as_deref().unwrap_or_default(),
                0,
                32_768,
            )
            .check("ValidationException")?;
        self.report(
            &sent.task_token,
            Report::Failed {
                error: sent.error,
                cause: sent.cause,
            },
        )
        .await
    }

    pub(in crate::states) async fn send_task_heartbeat(
        &self,
        call: &Call,
    ) -> Result<Answer, Fault> {
        let sent: Sent = call.json()?;
        self.report(&sent.task_token, Report::Heartbeat).await
    }

    async fn report(&self, token: &str, report: Report) -> Result<Answer, Fault> {
        let timed_out = || {
            Fault::bad(
                "TaskTimedOut",
                "Task Timed Out: 'Provided task does not exist anymore'",
            )
        };
        let Some((control, task)) = lock(&self.executions.tokens).get(token).cloned() else {
            // A token of the right form belonged to a task that has ended.
            let plausible =
                token.len() == 128 && token.bytes().all(|digit| digit.is_ascii_hexdigit());
            return Err(if plausible {
                timed_out()
            } else {
                Fault::bad("InvalidToken", "Invalid Token: 'Invalid token'")
            });
        };
        let (accepted, was_accepted) = oneshot::channel();
        control
            .send(Command::Report {
                task,
                report,
                accepted,
            })
            .map_err(|_| timed_out())?;
        match was_accepted.await {
            Ok(true) => Ok(Answer::json(json!({}))),
            _ => Err(timed_out()),
        }
    }
}
