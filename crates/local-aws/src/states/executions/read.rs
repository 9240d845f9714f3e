//! DescribeExecution, DescribeStateMachineForExecution, GetExecutionHistory.

use serde::Deserialize;
use serde_json::{Value, json};

use super::does_not_exist;
use super::record::Record;
use crate::clock;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::page::{decode, encode};
use crate::states::describe::{PageInput, invalid_token, page_size};
use crate::states::{States, arn};
use crate::store::Table;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    #[serde(default)]
    execution_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GetExecutionHistory {
    #[serde(default)]
    execution_arn: String,
    #[serde(default)]
    reverse_order: bool,
    include_execution_data: Option<bool>,
    #[serde(flatten)]
    page: PageInput,
}

impl States {
    pub(in crate::states) fn describe_execution(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Named = call.json()?;
        let record = self.existing(&request.execution_arn)?;
        if record.started > call.view.creations {
            return Err(does_not_exist(&record.arn));
        }
        Ok(Answer::json(record.describe(self.conditions.now())))
    }

    pub(in crate::states) fn describe_state_machine_for_execution(
        &self,
        call: &Call,
    ) -> Result<Answer, Fault> {
        let request: Named = call.json()?;
        let record = self.existing(&request.execution_arn)?;
        let machine = self.machine(&record.machine_arn);
        let current = machine.as_ref().map(|machine| &machine.current);
        let mut answer = json!({
            "stateMachineArn": record.machine_arn,
            "name": arn::machine_name(&record.machine_arn),
            "definition": self.definition(&record)?,
            "roleArn": record.role,
            "updateDate": clock::seconds(current.map_or(record.started, |current| current.updated)),
            "loggingConfiguration": current
                .map_or_else(|| json!({ "level": "OFF", "includeExecutionData": false }), |current| current.logging.clone()),
            "tracingConfiguration": { "enabled": current.is_some_and(|current| current.tracing) },
        });
        if let Some(revision) = &record.revision_id {
            answer["revisionId"] = json!(revision);
        }
        Ok(Answer::json(answer))
    }

    pub(in crate::states) async fn get_execution_history(
        &self,
        call: &Call,
    ) -> Result<Answer, Fault> {
        let request: GetExecutionHistory = call.json()?;
        let size = page_size(&request.page)?;
        self.existing(&request.execution_arn)?;
        let chunks = self.chunks(&request.execution_arn).await?;
        let from = match request.page.next_token.as_deref() {
            None => 0,
            Some(token) => position(token, &request.execution_arn).ok_or_else(invalid_token)?,
        };
        let next = from.saturating_add(size);
        let more = chunks.len > next;
        let mut page = match request.reverse_order {
            false => self.events(&chunks, from..next)?,
            true => {
                let back = |position: usize| chunks.len.saturating_sub(position);
                self.events(&chunks, back(next)..back(from))?
            }
        };
        if request.reverse_order {
            page.reverse();
        }
        if request.include_execution_data == Some(false) {
            page.iter_mut().for_each(leave_out_data);
        }
        let mut answer = json!({ "events": page });
        if more {
            answer["nextToken"] = json!(encode(&format!("{next}|{}", request.execution_arn)));
        }
        Ok(Answer::json(answer))
    }

    /// All events that the execution has queued so far.
    pub(super) async fn history(&self, execution_arn: &str) -> Result<Vec<Value>, Fault> {
        self.store.write(Vec::new()).done().await?;
        self.stored_history(execution_arn)
    }

    /// All events that are stored.
    pub(super) fn stored_history(&self, execution_arn: &str) -> Result<Vec<Value>, Fault> {
        let mut events = Vec::new();
        for (_, chunk) in self.store.scan(
            Table::History,
            &format!("{execution_arn}|"),
            None,
            usize::MAX,
        )? {
            let chunk: Vec<Value> = serde_json::from_slice(&chunk).map_err(Fault::storage)?;
            events.extend(chunk);
        }
        Ok(events)
    }

    /// The record of the execution whose ARN a caller gave.
    pub(super) fn existing(&self, execution_arn: &str) -> Result<Record, Fault> {
        arn::check_execution(execution_arn)?;
        self.record(execution_arn)?
            .ok_or_else(|| does_not_exist(execution_arn))
    }
}

/// Where a page starts. `None` if the token belongs to another execution.
fn position(token: &str, execution_arn: &str) -> Option<usize> {
    let token = decode(token).ok()?;
    let (position, arn) = token.split_once('|')?;
    (arn == execution_arn).then_some(())?;
    position.parse().ok()
}

/// With `includeExecutionData: false`, events have no inputs and outputs.
fn leave_out_data(event: &mut Value) {
    let Some(event) = event.as_object_mut() else {
        return;
    };
    for (_, details) in event
        .iter_mut()
        .filter(|(key, _)| key.ends_with("EventDetails"))
    {
        if let Some(details) = details.as_object_mut() {
            details.retain(|key, _| {
                !["input", "output", "parameters", "assignedVariables"].contains(&key.as_str())
            });
        }
    }
}
