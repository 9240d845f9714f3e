//! An execution, and what its history says of it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::Value;
use txflow_asl::Arn;

use super::child_counts::ChildCounts;
use super::history::{History, StateRun};
use super::status::Status;
use super::time::{between, optional_rfc3339, rfc3339};
use super::tree::Tree;
use super::unread::Unread;
use crate::aws::{is_not_ready, no_policy_allows};
use crate::config::MachineName;

/// An execution as it was last read.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Run {
    pub execution_arn: String,
    pub status: Status,
    #[serde(serialize_with = "rfc3339")]
    #[schemars(with = "String")]
    pub started: Timestamp,
    /// When it ended, if it has.
    #[serde(serialize_with = "optional_rfc3339")]
    #[schemars(with = "Option<String>")]
    pub stopped: Option<Timestamp>,
    /// The release that it was started on, unless that was the bare state machine.
    pub release: Option<u64>,
    /// The same of a state machine beside the main one: its version, which says nothing of the number of a release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    pub input: Option<Value>,
    pub output: Option<Value>,
    pub error: Option<String>,
    pub cause: Option<String>,
    /// How many times it was redriven.
    pub redrives: u32,
    /// When it was redriven last.
    #[serde(serialize_with = "optional_rfc3339")]
    #[schemars(with = "Option<String>")]
    pub redriven: Option<Timestamp>,
    /// Unknown for EXPRESS, whose history AWS does not give.
    #[serde(rename = "states", serialize_with = "states")]
    #[schemars(with = "Vec<StateRun>")]
    pub history: Option<History>,
    /// The executions that its states started, if they were read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<ChildRun>,
    /// The Map Runs of its states, if they were read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub map_runs: Vec<MapRun>,
    /// The ARNs of executions and Map Runs of its states that were not read with it, and of Map Runs whose executions were not.
    #[serde(skip)]
    pub unread: BTreeMap<String, Unread>,
    /// What AWS bills for one that is EXPRESS.
    #[serde(skip)]
    pub billed: Option<Billed>,
}

/// What AWS bills for an EXPRESS execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Billed {
    pub duration: Duration,
    /// In MB.
    pub memory: u64,
}

/// An execution that a state of another one started.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ChildRun {
    /// The index of the state.
    pub state: usize,
    /// Which attempt of it, from 0.
    pub attempt: usize,
    #[serde(flatten)]
    pub run: Run,
}

/// The Map Run of a distributed `Map` state, and those of its child executions that were read.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MapRun {
    /// The index of the state.
    pub state: usize,
    pub map_run_arn: String,
    pub status: Status,
    pub redrives: u32,
    pub executions: ChildCounts,
    /// The executions that were read: those that failed first, or as many as there are.
    pub children: Vec<Run>,
}

impl MapRun {
    /// The last part of its ARN.
    pub fn name(&self) -> &str {
        let name = self.map_run_arn.rsplit(':').next();
        name.unwrap_or(&self.map_run_arn)
    }

    /// How many executions have begun of which nothing but their number is known.
    pub fn unread(&self) -> u64 {
        let begun = self.executions.total - self.executions.waiting.min(self.executions.total);
        begun.saturating_sub(self.children.len() as u64)
    }
}

fn states<S: Serializer>(history: &Option<History>, serializer: S) -> Result<S::Ok, S::Error> {
    let states = history.as_ref().map(|history| history.states.as_slice());
    states.unwrap_or_default().serialize(serializer)
}

impl Run {
    /// As an execution of this state machine, with those that it started: only a version of the main one is a release.
    pub fn of(mut self, machine: &MachineName) -> Self {
        let main = (*machine == MachineName::Main).then(|| self.state_machine().to_owned());
        self.number(main.as_deref());
        self
    }

    /// `main` is the name of the main state machine in AWS, if that is known.
    fn number(&mut self, main: Option<&str>) {
        // Executions of a Map Run have a label behind it.
        let own = self.state_machine().split('/').next();
        if main.is_none() || own != main {
            self.version = self.release.take().or(self.version);
        }
        let started = self.children.iter_mut().map(|child| &mut child.run);
        let mapped = self.map_runs.iter_mut().flat_map(|map| &mut map.children);
        for run in started.chain(mapped) {
            run.number(main);
        }
    }

    /// One of which nothing but that is known.
    pub fn begun(status: Status, started: Timestamp) -> Self {
        Self {
            execution_arn: String::new(),
            status,
            started,
            stopped: None,
            release: None,
            version: None,
            input: None,
            output: None,
            error: None,
            cause: None,
            redrives: 0,
            redriven: None,
            history: None,
            children: Vec::new(),
            map_runs: Vec::new(),
            unread: BTreeMap::new(),
            billed: None,
        }
    }

    /// From its start to its end; nothing while it runs.
    pub fn duration(&self) -> Duration {
        between(self.started, self.stopped.unwrap_or(self.started))
    }

    /// From its start to its end, or to now.
    pub fn elapsed(&self, now: Timestamp) -> Duration {
        between(self.started, self.stopped.unwrap_or(now))
    }

    /// Its states as a tree; `None` without a history.
    pub fn tree(&self) -> Option<Tree<'_>> {
        let history = self.history.as_ref()?;
        Some(Tree::new(history, self.status))
    }

    /// The state in which it failed, or is.
    pub fn failed_state(&self) -> Option<&StateRun> {
        let failed = self.tree()?.failed()?;
        self.history.as_ref()?.states.get(failed)
    }

    /// Whether something failed in it that no policy of a role allows.
    pub fn met_no_policy(&self) -> bool {
        self.causes().any(no_policy_allows)
    }

    /// Whether something failed in it since a function was not ready to run.
    pub fn met_no_ready_function(&self) -> bool {
        self.causes().any(is_not_ready)
    }

    /// Why it failed, and its states, in AWS's words.
    fn causes(&self) -> impl Iterator<Item = &str> {
        let states = self.history.iter().flat_map(|history| &history.states);
        let failures = states.flat_map(StateRun::failures);
        let causes = failures.map(|failure| failure.cause.as_str());
        self.cause.as_deref().into_iter().chain(causes)
    }

    /// Whether it has ended, and all that were read below it.
    pub fn is_over(&self) -> bool {
        let started = self.children.iter().map(|child| &child.run);
        let of_maps = self.map_runs.iter().flat_map(|map_run| &map_run.children);
        self.status.is_ended() && started.chain(of_maps).all(Self::is_over)
    }

    /// The name of its state machine.
    pub fn state_machine(&self) -> &str {
        self.names().0
    }

    /// Its own name.
    pub fn name(&self) -> &str {
        self.names().1
    }

    /// The last parts of its ARN; one that is EXPRESS has an id behind them.
    fn names(&self) -> (&str, &str) {
        let arn = &self.execution_arn;
        let names = match arn.split_once(":express:") {
            Some((_, names)) => names.rsplit_once(':').map_or(names, |(names, _)| names),
            None => arn,
        };
        names
            .rsplit_once(':')
            .map_or(("", names), |(before, name)| {
                (Arn::execution_name(before), name)
            })
    }
}

#[cfg(test)]
impl Run {
    /// An execution without a history that was started in 1970, and has taken two seconds if it has ended.
    pub fn sample(status: Status) -> Self {
        Self {
            execution_arn: "arn".to_owned(),
            stopped: status
                .is_ended()
                .then(|| crate::report::style::since_1970(2.0)),
            ..Self::begun(status, Timestamp::UNIX_EPOCH)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_version_of_the_main_state_machine_is_a_release() {
        let run = |names: &str, number| Run {
            execution_arn: format!("arn:aws:states:r:1:execution:{names}"),
            release: Some(number),
            ..Run::sample(Status::Running)
        };
        let child = |run| ChildRun {
            state: 0,
            attempt: 0,
            run,
        };
        let outer = || Run {
            children: vec![
                child(run("shop-dev-ship:a", 7)),
                child(run("shop-dev/Map:b", 3)),
            ],
            ..run("shop-dev:order-17", 3)
        };
        let numbers = |run: &Run| (run.release, run.version);
        let main = outer().of(&MachineName::Main);
        assert_eq!(numbers(&main), (Some(3), None));
        assert_eq!(numbers(&main.children[0].run), (None, Some(7)));
        assert_eq!(numbers(&main.children[1].run), (Some(3), None));
        let beside = outer().of(&MachineName::of(Some("bill")));
        assert_eq!(numbers(&beside), (None, Some(3)));
        assert_eq!(numbers(&beside.children[0].run), (None, Some(7)));
    }

    #[test]
    fn an_execution_has_the_name_that_it_was_started_with() {
        let named = |arn: &str| {
            let run = Run {
                execution_arn: arn.to_owned(),
                ..Run::sample(Status::Running)
            };
            (run.state_machine().to_owned(), run.name().to_owned())
        };
        let names = |machine: &str, name: &str| (machine.to_owned(), name.to_owned());
        let standard = "arn:aws:states:eu-west-1:1:execution:shop-dev:order-1";
        assert_eq!(named(standard), names("shop-dev", "order-1"));
        let express = "arn:aws:states:eu-west-1:1:express:shop-dev:order-1:5f3a-1";
        assert_eq!(named(express), names("shop-dev", "order-1"));
        let of_map_run = "arn:aws:states:eu-west-1:1:execution:shop-dev/each:1";
        assert_eq!(named(of_map_run), names("shop-dev/each", "1"));
        assert_eq!(named("order-1"), names("", "order-1"));
    }
}
