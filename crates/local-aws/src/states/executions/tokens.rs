//! SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat.

use serde::Deserialize;
use serde_json::json;
use tokio::sync::oneshot;
use txflow_asl::Payload;

use super::{Order, Report, input, lock};
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
        self.report(&sent.task_token, Report::Alive).await
    }

    async fn report(&self, token: &str, report: Report) -> Result<Answer, Fault> {
        let gone = || {
            Fault::bad(
                "TaskTimedOut",
                "Task Timed Out: 'Provided task does not exist anymore'",
            )
        };
        let Some((control, task)) = lock(&self.executions.tokens).get(token).cloned() else {
            // A token that could have been one of ours belonged to a task that is over.
            let plausible =
                token.len() == 128 && token.bytes().all(|digit| digit.is_ascii_hexdigit());
            return Err(if plausible {
                gone()
            } else {
                Fault::bad("InvalidToken", "Invalid Token: 'Invalid token'")
            });
        };
        let (taken, is_taken) = oneshot::channel();
        control
            .send(Order::Report {
                task,
                report,
                taken,
            })
            .map_err(|_| gone())?;
        match is_taken.await {
            Ok(true) => Ok(Answer::json(json!({}))),
            _ => Err(gone()),
        }
    }
}
