//! StartExecution.

use std::collections::btree_map::Entry;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;
use txflow_asl::{Cancellation, ExecutionKind, Payload, StartOptions};

use super::driver::Run;
use super::journal::Journal;
use super::record::{Record, definition_hash};
use super::{Command, Control, input, lock};
use crate::clock;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::http::scope::Scope;
use crate::states::States;
use crate::states::arn;
use crate::states::create::check_name;
use crate::states::logging::ExecutionLog;
use crate::states::machine::Target;
use crate::timing::Time;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StartExecution {
    #[serde(default)]
    pub(super) state_machine_arn: String,
    pub(super) name: Option<String>,
    pub(super) input: Option<String>,
    pub(super) trace_header: Option<String>,
}

/// A checked request to start an execution.
pub(super) struct Start {
    pub(super) target: Target,
    pub(super) name: String,
    pub(super) input: Payload,
    /// What follows the `#` of the ARN, as in Step Functions Local.
    pub(super) mock_case: Option<String>,
    pub(super) trace_header: Option<String>,
    /// How it waits.
    pub(super) time: Time,
}

impl States {
    pub(in crate::states) async fn start_execution(
        self: &Arc<Self>,
        call: &Call,
    ) -> Result<Answer, Fault> {
        let start = self.read_start(call.json()?, call.time())?;
        let (arn, started) = self.start(start).await?;
        Ok(Answer::json(
            json!({ "executionArn": arn, "startDate": clock::seconds(started) }),
        ))
    }

    pub(super) fn read_start(
        &self,
        request: StartExecution,
        time: Option<Time>,
    ) -> Result<Start, Fault> {
        let (arn, mock_case) = match request.state_machine_arn.split_once('#') {
            Some((arn, case)) => (arn, Some(case.to_owned())),
            None => (request.state_machine_arn.as_str(), None),
        };
        input::check_trace_header(request.trace_header.as_ref())?;
        let name = match request.name {
            Some(name) => {
                check_name(&name)?;
                name
            }
            None => self.conditions.random.uuid().to_string(),
        };
        let target = self.target(arn)?;
        // Before anything is kept of the execution.
        if mock_case.is_some() {
            let definition = &target.revision.definition;
            let definition = serde_json::from_str(definition).unwrap_or_default();
            let name = &target.machine.name;
            self.mocks.check(name, mock_case.as_deref(), &definition)?;
        }
        Ok(Start {
            target,
            name,
            input: input::read(request.input)?,
            mock_case,
            trace_header: request.trace_header,
            time: time.unwrap_or(self.executions.time),
        })
    }

    /// Starts the execution, and returns its ARN and its start.
    pub(super) async fn start(
        self: &Arc<Self>,
        start: Start,
    ) -> Result<(String, clock::Millis), Fault> {
        let machine = Arc::clone(&start.target.machine);
        let express = machine.execution_kind() == ExecutionKind::Express;
        let arn = if express {
            format!(
                "{}:{}",
                arn::execution(&machine.arn, "express", &start.name),
                self.conditions.random.uuid()
            )
        } else {
            arn::execution(&machine.arn, "execution", &start.name)
        };
        let (control, commands) = mpsc::unbounded_channel();
        // The name is taken from here on, so that only one of two concurrent starts succeeds.
        if !self.claim_name(&arn, &control) {
            return self.started_before(&arn, &start).await;
        }
        let started = self.conditions.now();
        let definition = &start.target.revision.definition;
        let record = Record {
            arn: arn.clone(),
            name: start.name.clone(),
            machine_arn: machine.arn.clone(),
            version_arn: start.target.version_arn.clone(),
            alias_arn: start.target.alias_arn.clone(),
            status: "RUNNING".to_owned(),
            started,
            stopped: None,
            input: start.input.text().to_owned(),
            output: None,
            error: None,
            cause: None,
            trace_header: start.trace_header.clone(),
            definition: definition_hash(definition),
            role: start.target.revision.role.clone(),
            revision_id: start.target.revision.id.map(|id| id.to_string()),
            mock_case: start.mock_case.clone(),
            redrives: 0,
            redriven: None,
            map_run: None,
            last_event: 0,
        };
        let begun = async {
            if !express {
                if self.record(&arn)?.is_some() {
                    return Ok(None);
                }
                let kept = self.keep_definition(&record, definition);
                let changes = record.changes()?.into_iter().chain(kept).collect();
                self.store.write(changes).done().await?;
            }
            self.prepare(
                &start,
                &arn,
                (!express).then_some(record),
                control,
                commands,
            )
            .await
            .map(Some)
        };
        match begun.await {
            Ok(Some(run)) => {
                let (executions, running) = (Arc::clone(&self.executions), arn.clone());
                tokio::spawn(async move {
                    run.run().await;
                    executions.forget(&running);
                });
                Ok((arn, started))
            }
            Ok(None) => {
                lock(&self.executions.running).remove(&arn);
                self.started_before(&arn, &start).await
            }
            Err(fault) => {
                lock(&self.executions.running).remove(&arn);
                Err(fault)
            }
        }
    }

    /// Prepares a run.
    pub(super) async fn prepare(
        self: &Arc<Self>,
        start: &Start,
        arn: &str,
        record: Option<Record>,
        control: Control,
        commands: mpsc::UnboundedReceiver<Command>,
    ) -> Result<Run, Fault> {
        let Target {
            machine,
            revision,
            version_arn,
            alias_arn,
        } = &start.target;
        let parsed = self.executions.machine(&revision.definition)?;
        let mocks = self.mocks.case(&machine.name, start.mock_case.as_deref())?;
        let options = StartOptions {
            input: start.input.clone(),
            kind: machine.execution_kind(),
            synchronous: false,
            execution_arn: arn.to_owned(),
            name: start.name.clone(),
            role_arn: revision.role.clone(),
            state_machine_arn: machine.arn.clone(),
            state_machine_name: machine.name.clone(),
            state_machine_version_arn: version_arn.clone(),
            state_machine_alias_arn: alias_arn.clone(),
            region: Scope::of_arn(&machine.arn).region,
            seed: self.conditions.random.number(),
            // A mock stands for what does not exist.
            activities: mocks.is_none().then(|| self.existing_activities()),
            map_runs_denied: None,
            redrive: None,
            cancellation: Cancellation::default(),
        };
        let log = ExecutionLog::open(
            &self.logs,
            self.conditions.now(),
            machine,
            &revision.logging,
            arn,
        )
        .await;
        let journal = Journal::new(&self.store, record, log);
        Ok(Run {
            states: Arc::clone(self),
            executions: Arc::clone(&self.executions),
            integrations: self.integrations.clone(),
            machine: parsed,
            options,
            journal,
            mocks,
            time: start.time,
            control,
            commands,
        })
    }

    pub(super) fn claim_name(&self, arn: &str, control: &Control) -> bool {
        match lock(&self.executions.running).entry(arn.to_owned()) {
            Entry::Vacant(vacant) => {
                vacant.insert(control.clone());
                true
            }
            Entry::Occupied(_) => false,
        }
    }

    /// The answer if the name is taken: the same start again succeeds, anything else is refused.
    async fn started_before(
        &self,
        arn: &str,
        start: &Start,
    ) -> Result<(String, clock::Millis), Fault> {
        // The first start may not be on disk yet.
        self.store.write(Vec::new()).done().await?;
        match self.record(arn)? {
            Some(record) if record.status == "RUNNING" && record.input == start.input.text() => {
                Ok((record.arn, record.started))
            }
            _ => Err(Fault::bad(
                "ExecutionAlreadyExists",
                format!("Execution Already Exists: '{arn}'"),
            )),
        }
    }
}
