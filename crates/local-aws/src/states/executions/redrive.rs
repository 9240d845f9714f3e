//! RedriveExecution: continues at the state that failed.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;
use txflow_asl::{ExecutionKind, Machine, Payload, Redrive, StartOptions, Stopped};

use super::driver::Run;
use super::journal::{Journal, history_key};
use super::lock;
use super::record::{Record, timestamp};
use crate::clock::{self, Millis};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::http::scope::Scope;
use crate::states::logging::ExecutionLog;
use crate::states::{States, arn};
use crate::store::{Change, Table};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RedriveExecution {
    #[serde(default)]
    execution_arn: String,
}

impl States {
    /// Goes on where the execution failed: only what did not succeed runs again.
    pub(in crate::states) async fn redrive_execution(
        self: &Arc<Self>,
        call: &Call,
    ) -> Result<Answer, Fault> {
        let request: RedriveExecution = call.json()?;
        let mut record = self.existing(&request.execution_arn)?;
        let now = self.conditions.now();
        if record.map_run.is_some() {
            return Err(not_redrivable(
                "Execution is a child of a Map Run and can only be redriven with its parent execution",
            ));
        }
        if let Some(reason) = record.not_redrivable(now) {
            return Err(not_redrivable(&reason));
        }
        let (control, commands) = mpsc::unbounded_channel();
        if !self.claim_name(&record.arn, &control) {
            return Err(not_redrivable(
                "Execution is RUNNING and cannot be redriven",
            ));
        }
        let begun = async {
            let machine = self.executions.machine(&self.definition(&record)?)?;
            let mocks = self.mocks.case(
                arn::machine_name(&record.machine_arn),
                record.mock_case.as_deref(),
            )?;
            let mut options = self.redriven(&mut record, &machine, now).await?;
            // A mock stands for what does not exist.
            options.activities = mocks.is_none().then(|| self.existing_activities());
            let log = match self.machine(&record.machine_arn) {
                Some(machine) => {
                    let logging = &machine.current.logging;
                    ExecutionLog::open(&self.logs, now, &machine, logging, &record.arn).await
                }
                None => None,
            };
            Ok((machine, options, mocks, log))
        };
        let (machine, options, mocks, log) = match begun.await {
            Ok(begun) => begun,
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
            options,
            journal: Journal::new(&self.store, Some(record), log),
            mocks,
            time: call.time().unwrap_or(self.executions.time),
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

    /// Records that the execution goes on, and says how.
    async fn redriven(
        &self,
        record: &mut Record,
        machine: &Machine,
        now: Millis,
    ) -> Result<StartOptions, Fault> {
        let history = self.history(&record.arn).await?;
        let last = history.last().and_then(|event| event["id"].as_u64());
        let last_event = last.unwrap_or_default() + 1;
        let at = Stopped::of(machine.program(), &history);
        let map_runs = self.resumed_map_runs(at.as_ref())?;
        record.redrives += 1;
        record.redriven = Some(now);
        record.last_event = last_event;
        "RUNNING".clone_into(&mut record.status);
        (record.stopped, record.error, record.cause) = (None, None, None);
        let redriven = json!([{
            "timestamp": clock::seconds(now),
            "type": "ExecutionRedriven",
            "id": last_event,
            "previousEventId": 0,
            "executionRedrivenEventDetails": { "redriveCount": record.redrives },
        }]);
        let mut changes = record.changes()?;
        changes.push(Change::Put {
            table: Table::History,
            key: history_key(&record.arn, last_event),
            value: serde_json::to_vec(&redriven).map_err(Fault::storage)?,
        });
        self.store.write(changes).done().await?;
        let redrive = Redrive {
            count: record.redrives,
            time: timestamp(now),
            started: timestamp(record.started),
            last_event,
            at,
            map_runs,
        };
        let input = Payload::from_text(record.input.clone()).map_err(Fault::storage)?;
        Ok(StartOptions {
            kind: ExecutionKind::Standard,
            execution_arn: record.arn.clone(),
            name: record.name.clone(),
            role_arn: record.role.clone(),
            state_machine_arn: record.machine_arn.clone(),
            state_machine_name: arn::machine_name(&record.machine_arn).to_owned(),
            state_machine_version_arn: record.version_arn.clone(),
            state_machine_alias_arn: record.alias_arn.clone(),
            region: Scope::of_arn(&record.machine_arn).region,
            seed: self.conditions.random.number(),
            redrive: Some(redrive),
            ..StartOptions::new(input)
        })
    }
}

fn not_redrivable(reason: &str) -> Fault {
    Fault::bad("ExecutionNotRedrivable", reason)
}
