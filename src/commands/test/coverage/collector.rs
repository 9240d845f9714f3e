//! Follows the executions of tests, and counts what they reached of the stack's state machines.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Result;
use futures_util::future::{LocalBoxFuture, try_join_all};
use serde_json::Value;
use txflow_asl::coverage::Coverage;
use txflow_asl::definition::QueryLanguage;
use txflow_asl::replay::Replay;
use txflow_asl::walk::placed_states;

use super::other_definition::differs;
use super::{CoverageOptions, CoverageReport};
use crate::commands::context::{Context, Session};
use crate::commands::error::CommandError;
use crate::config::{MachineName, StateMachineConfig, StateMachineKind};
use crate::coverage::{MachineCoverage, StackCoverage};
use crate::executions::{self, MapChildren, Run, TaskCall};
use crate::logs;

/// How long the log of an EXPRESS execution is waited for on AWS.
const LOG_PATIENCE: Duration = Duration::from_secs(20);

/// Counts what executions reach of the state machines of a stack.
pub struct Collector {
    session: Session,
    measured: Vec<Measured>,
    log_patience: Duration,
}

struct Measured {
    machine: MachineName,
    /// Its name in AWS.
    name: String,
    /// The version that is measured.
    release: Option<u64>,
    config: StateMachineConfig,
    replay: Replay,
    /// What its distributed Maps do with an item, by the names of their states.
    processors: BTreeMap<String, Replay>,
    coverage: RefCell<Coverage>,
}

impl Collector {
    /// Of these state machines, with the ARN of what runs of each.
    ///
    /// # Errors
    ///
    /// If AWS refuses to tell what runs, or another definition runs than the one here.
    pub async fn open(
        context: &Context,
        session: &Session,
        machines: BTreeMap<MachineName, String>,
    ) -> Result<Self> {
        let measured = machines.into_iter().map(async |(machine, arn)| {
            let config = session.deployment.state_machines.get(&machine);
            let Some(config) = config else {
                return Ok(None);
            };
            let deployed = executions::definition_of(&session.aws, &arn).await?;
            if differs(&config.definition, &deployed) {
                let path = config.definition.path.display().to_string();
                let deploy = context.global.same_stack("txflow deploy");
                return Err(CommandError::OtherDefinition { path, deploy }.into());
            }
            Measured::new(session, (machine, &arn), config, &deployed).map(Some)
        });
        let measured = try_join_all(measured).await?;
        Ok(Self {
            session: session.clone(),
            measured: measured.into_iter().flatten().collect(),
            log_patience: match context.global.local {
                true => Duration::ZERO,
                false => LOG_PATIENCE,
            },
        })
    }

    /// Counts what an execution reached, with those that it started.
    pub async fn add(&self, machine: &MachineName, run: &Run) {
        let measured = self.measured.iter();
        let mut measured = measured.filter(|measured| measured.machine == *machine);
        if let Some(measured) = measured.next() {
            // An event starts what the alias leads to, which may have another definition.
            if run.release.is_some() && run.release != measured.release {
                measured.coverage.borrow_mut().add_unread(None);
                return;
            }
            let whole = self.whole(measured, run).await;
            self.count(measured, None, whole).await;
        }
    }

    /// With its history and the executions that it started. That a test has passed or failed does not depend on whether they
    /// can be read.
    async fn whole(&self, measured: &Measured, run: &Run) -> Run {
        let aws = &self.session.aws;
        let is_standard = measured.config.kind == StateMachineKind::Standard;
        let mut run = run.clone();
        if run.history.is_none() && is_standard {
            let read = executions::read(aws, &run.execution_arn).await;
            run = read.ok().flatten().unwrap_or(run);
        }
        let whole = executions::with_children(aws, run.clone(), MapChildren::All);
        whole.await.unwrap_or(run)
    }

    /// What was reached so far.
    pub fn report(&self, options: &CoverageOptions) -> CoverageReport {
        let machines = self.measured.iter().map(|measured| {
            let definition = &measured.config.definition;
            let coverage = measured.coverage.borrow();
            MachineCoverage::new(measured.machine.given(), definition, &coverage)
        });
        let coverage = StackCoverage::new(machines.collect());
        CoverageReport::new(coverage, &self.session, options)
    }

    /// `map` is the distributed Map of the state machine whose item an execution is of.
    fn count<'a>(
        &'a self,
        measured: &'a Measured,
        map: Option<&'a str>,
        run: Run,
    ) -> LocalBoxFuture<'a, ()> {
        Box::pin(async move {
            let replay = match map {
                None => Some(&measured.replay),
                Some(map) => measured.processors.get(map),
            };
            let recording = self.recording(measured, &run).await;
            match (replay, recording) {
                (Some(replay), Some(recording)) => {
                    measured.coverage.borrow_mut().add(replay, recording);
                }
                _ => measured.coverage.borrow_mut().add_unread(map),
            }
            self.count_started(measured, run).await;
        })
    }

    /// What the states of an execution started.
    async fn count_started(&self, measured: &Measured, run: Run) {
        self.note_express(&run);
        let states = run.history.map(|history| history.states);
        for child in run.children {
            let name = child.run.state_machine().to_owned();
            if let Some(other) = self.measured.iter().find(|one| one.name == name) {
                self.count(other, None, child.run).await;
            }
        }
        for map_run in run.map_runs {
            let state = states.as_ref().and_then(|states| states.get(map_run.state));
            let Some(map) = state.map(|state| state.name.as_str()) else {
                continue;
            };
            if map_run.unread() > 0 {
                measured.coverage.borrow_mut().add_unread(Some(map));
            }
            for child in map_run.children {
                self.count(measured, Some(map), child).await;
            }
        }
    }

    /// Of the EXPRESS executions that states started nobody knows the names.
    fn note_express(&self, run: &Run) {
        let states = run.history.iter().flat_map(|history| &history.states);
        let calls = states.flat_map(|state| &state.attempts);
        let calls = calls.filter_map(|attempt| attempt.call.as_ref());
        let started: BTreeSet<String> = calls.filter_map(started).collect();
        let express = |measured: &&Measured| measured.config.kind == StateMachineKind::Express;
        for measured in self.measured.iter().filter(express) {
            if started.contains(&measured.name) {
                measured.coverage.borrow_mut().add_unread(None);
            }
        }
    }

    async fn recording(&self, measured: &Measured, run: &Run) -> Option<Value> {
        let Session { aws, stack, .. } = &self.session;
        if run.history.is_some() {
            return executions::recorded(aws, &run.execution_arn).await.ok();
        }
        let group = stack.state_machine_log_group(&measured.machine);
        let recorded = logs::recorded(aws, group, run, self.log_patience).await;
        recorded.ok().flatten()
    }
}

impl Measured {
    fn new(
        session: &Session,
        (machine, arn): (MachineName, &str),
        config: &StateMachineConfig,
        deployed: &Value,
    ) -> Result<Self> {
        let not_runnable = |error: txflow_asl::definition::DefinitionError| {
            let cause = error.to_string();
            CommandError::NotRunnable { cause }
        };
        Ok(Self {
            name: session.stack.state_machine_name(&machine),
            release: txflow_asl::Arn::version_in(arn),
            machine,
            replay: Replay::new(deployed).map_err(not_runnable)?,
            processors: processors(deployed),
            coverage: RefCell::new(Coverage::of(&config.definition.template)),
            config: config.clone(),
        })
    }
}

/// Each child execution of a distributed Map runs its processor as a machine of its own.
fn processors(definition: &Value) -> BTreeMap<String, Replay> {
    let states = placed_states(definition);
    let processors = states.iter().filter_map(|state| {
        let mut processor = state.value.get("ItemProcessor")?.clone();
        if processor["ProcessorConfig"]["Mode"] != "DISTRIBUTED" {
            return None;
        }
        let language = match state.language {
            QueryLanguage::Jsonata => "JSONata",
            QueryLanguage::JsonPath => "JSONPath",
        };
        processor["QueryLanguage"] = language.into();
        let name = (*state.names.last()?).to_owned();
        Some((name, Replay::new(&processor).ok()?))
    });
    processors.collect()
}

/// The name of the state machine that a call starts.
fn started(call: &TaskCall) -> Option<String> {
    let starts = call.service.ends_with("states") || call.service.ends_with("sfn");
    let parameters: Value = serde_json::from_str(&call.parameters).ok()?;
    let keys = ["StateMachineArn", "stateMachineArn"];
    let arn = keys.iter().find_map(|key| parameters.get(key)?.as_str());
    let arn = txflow_asl::Arn::parse(arn.filter(|_| starts)?)?;
    Some(arn.without_qualifier().name().to_owned())
}
