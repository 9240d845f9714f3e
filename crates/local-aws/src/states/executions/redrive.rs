//! RedriveExecution: continues at the state that failed.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use txflow_asl::{Cancellation, ExecutionKind, Payload, StartOptions};

use super::driver::Run;
use super::journal::{Journal, history_key};
use super::lock;
use super::record::Record;
use crate::clock;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::{Call, Scope};
use crate::states::{States, arn, definition};
use crate::store::{Change, Table};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RedriveExecution {
    #[serde(default)]
    execution_arn: String,
}

impl States {
    /// Enters the failed top-level state again, with the input that it had. A Parallel or Map state runs again as a
    /// whole, whereas AWS runs only the failed part of it.
    pub(in crate::states) async fn redrive_execution(
        self: &Arc<Self>,
        call: &Call,
    ) -> Result<Answer, Fault> {
        let request: RedriveExecution = call.json()?;
        let mut record = self.existing(&request.execution_arn)?;
        if let Some(reason) = record.not_redrivable() {
            return Err(not_redrivable(&reason));
        }
        let history = self.history(&record.arn).await?;
        let last = history
            .last()
            .and_then(|event| event["id"].as_u64())
            .unwrap_or_default();
        let (machine, input) = resume(&record, &self.definition(&record)?, &history)?;
        let (control, commands) = mpsc::unbounded_channel();
        if !self.claim_name(&record.arn, &control) {
            return Err(not_redrivable(
                "Execution is RUNNING and cannot be redriven",
            ));
        }
        let now = self.conditions.now();
        record.redrives += 1;
        record.redriven = Some(now);
        "RUNNING".clone_into(&mut record.status);
        (record.stopped, record.error, record.cause) = (None, None, None);
        let begun = async {
            let redriven = json!([{
                "timestamp": clock::seconds(now),
                "type": "ExecutionRedriven",
                "id": last + 1,
                "previousEventId": 0,
                "executionRedrivenEventDetails": { "redriveCount": record.redrives },
            }]);
            let mut changes = record.changes()?;
            changes.push(Change::Put {
                table: Table::History,
                key: history_key(&record.arn, last + 1),
                value: serde_json::to_vec(&redriven).map_err(Fault::storage)?,
            });
            let mocks = self.mocks.case(
                arn::machine_name(&record.machine_arn),
                record.mock_case.as_deref(),
            )?;
            self.store.write(changes).done().await?;
            Ok(mocks)
        };
        let mocks = match begun.await {
            Ok(mocks) => mocks,
            Err(fault) => {
                lock(&self.executions.running).remove(&record.arn);
                return Err(fault);
            }
        };
        let arn = record.arn.clone();
        let run = Run {
            states: Arc::clone(self),
            executions: Arc::clone(&self.executions),
            integrations: self.integrations.clone(),
            machine,
            options: options(&record, input, self.conditions.random.number()),
            // The first event of the resumed run, ExecutionStarted, is left out: ids continue after the redrive's.
            journal: Journal::resumed(&self.store, record, last),
            mocks,
            control,
            commands,
        };
        tokio::spawn({
            let executions = Arc::clone(&self.executions);
            async move {
                run.run().await;
                executions.forget(&arn);
            }
        });
        Ok(Answer::json(json!({ "redriveDate": clock::seconds(now) })))
    }
}

/// The definition with the failed state as its start, and that state's input.
fn resume(
    record: &Record,
    text: &str,
    history: &[Value],
) -> Result<(txflow_asl::Machine, Payload), Fault> {
    let mut definition: Value = serde_json::from_str(text).map_err(Fault::storage)?;
    if text.contains("\"Assign\"") {
        return Err(Fault::not_implemented(
            "states",
            "RedriveExecution of a state machine with variables",
        ));
    }
    let own = |name: &Value| {
        name.as_str()
            .is_some_and(|name| definition["States"].get(name).is_some())
    };
    let entered = history
        .iter()
        .rev()
        .map(|event| &event["stateEnteredEventDetails"])
        .find(|details| own(&details["name"]));
    let Some(entered) = entered.cloned() else {
        // Interrupted before its first state: it starts from the beginning, with its own input.
        return Ok((definition::compile(text)?, payload(&record.input)?));
    };
    definition["StartAt"] = entered["name"].clone();
    let machine = definition::compile(&definition.to_string())?;
    Ok((machine, payload(entered["input"].as_str().unwrap_or("{}"))?))
}

fn payload(text: &str) -> Result<Payload, Fault> {
    Payload::from_text(text).map_err(Fault::storage)
}

fn options(record: &Record, input: Payload, seed: u64) -> StartOptions {
    StartOptions {
        input,
        kind: ExecutionKind::Standard,
        synchronous: false,
        execution_arn: record.arn.clone(),
        name: record.name.clone(),
        role_arn: record.role.clone(),
        state_machine_arn: record.machine_arn.clone(),
        state_machine_name: arn::machine_name(&record.machine_arn).to_owned(),
        state_machine_version_arn: record.version_arn.clone(),
        state_machine_alias_arn: record.alias_arn.clone(),
        region: Scope::of_arn(&record.machine_arn).region,
        seed,
        activities: None,
        map_runs_denied: None,
        resumed_map_run: None,
        cancellation: Cancellation::default(),
    }
}

fn not_redrivable(reason: &str) -> Fault {
    Fault::bad("ExecutionNotRedrivable", reason)
}
