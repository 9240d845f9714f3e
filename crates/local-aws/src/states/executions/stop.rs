//! StopExecution.

use serde::Deserialize;
use serde_json::json;
use tokio::sync::oneshot;

use super::{Command, lock};
use crate::clock;
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::states::States;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StopExecution {
    #[serde(default)]
    execution_arn: String,
    error: Option<String>,
    cause: Option<String>,
}

impl States {
    pub(in crate::states) async fn stop_execution(&self, call: &Call) -> Result<Answer, Fault> {
        let request: StopExecution = call.json()?;
        Constraints::default()
            .length(
                "error",
                request.error.as_deref().unwrap_or_default(),
                0,
                256,
            )
            .length(
                "cause",
                request.cause.as_deref().unwrap_or_default(),
                0,
                32_768,
            )
            .check("ValidationException")?;
        let record = self.existing(&request.execution_arn)?;
        let control = lock(&self.executions.running)
            .get(&request.execution_arn)
            .cloned();
        if let Some(control) = control {
            let (stopped, at) = oneshot::channel();
            let command = Command::Stop {
                error: request.error,
                cause: request.cause,
                stopped,
            };
            if control.send(command).is_ok()
                && let Ok(at) = at.await
            {
                return Ok(Answer::json(json!({ "stopDate": clock::seconds(at) })));
            }
        }
        // It has already ended; AWS returns the date of that end.
        let stopped = self
            .existing(&record.arn)?
            .stopped
            .unwrap_or_else(|| self.conditions.now());
        Ok(Answer::json(json!({ "stopDate": clock::seconds(stopped) })))
    }
}
