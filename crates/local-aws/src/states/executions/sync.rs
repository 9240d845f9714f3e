//! StartSyncExecution: an express execution that the caller waits for.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::mpsc;
use txflow_asl::{ExecutionKind, Status};

use super::lock;
use crate::clock;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::states::{States, arn};

impl States {
    pub(in crate::states) async fn start_sync_execution(
        self: &Arc<Self>,
        call: &Call,
    ) -> Result<Answer, Fault> {
        let start = self.read_start(call.json()?, call.time())?;
        let machine = Arc::clone(&start.target.machine);
        if machine.execution_kind() != ExecutionKind::Express {
            let message = "This operation is not supported by this type of state machine";
            return Err(Fault::bad("StateMachineTypeNotSupported", message));
        }
        let arn = format!(
            "{}:{}",
            arn::execution(&machine.arn, "express", &start.name),
            self.conditions.random.uuid()
        );
        let (control, commands) = mpsc::unbounded_channel();
        self.claim_name(&arn, &control);
        let started = self.conditions.now();
        let run = self.prepare(&start, &arn, None, control, commands).await;
        let ended = match run {
            Ok(mut run) => {
                run.options.synchronous = true;
                run.run().await
            }
            Err(fault) => {
                lock(&self.executions.running).remove(&arn);
                return Err(fault);
            }
        };
        lock(&self.executions.running).remove(&arn);
        let ended = ended
            .ok_or_else(|| Fault::new(500, "InternalFailure", "The local AWS is stopping."))?;
        let outcome = ended.outcome;
        let took = ended.stopped.saturating_sub(started);
        let mut answer = json!({
            "executionArn": arn,
            "stateMachineArn": machine.arn,
            "name": start.name,
            "startDate": clock::seconds(started),
            "stopDate": clock::seconds(ended.stopped),
            // A synchronous execution is never `ABORTED`.
            "status": if outcome.status == Status::Aborted { "FAILED" } else { outcome.status.as_str() },
            "input": start.input.text(),
            "inputDetails": { "included": true },
            // AWS bills in steps of 100 ms and 64 MB.
            "billingDetails": {
                "billedDurationInMilliseconds": took.div_ceil(100).max(1) * 100,
                "billedMemoryUsedInMB": 64,
            },
        });
        if let Some(output) = &outcome.output {
            answer["output"] = json!(output.text());
            answer["outputDetails"] = json!({ "included": true });
        }
        for (member, value) in [
            ("error", outcome.error),
            ("cause", outcome.cause),
            ("traceHeader", start.trace_header),
        ] {
            if let Some(value) = value {
                answer[member] = json!(value);
            }
        }
        Ok(Answer::json(answer))
    }
}
