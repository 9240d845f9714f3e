//! An execution, and what its history says of it.

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
use crate::aws::no_policy_allows;

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
        let states = self.history.iter().flat_map(|history| &history.states);
        let failures = states.flat_map(StateRun::failures);
        let causes = failures.map(|failure| &failure.cause);
        self.cause
            .iter()
            .chain(causes)
            .any(|cause| no_policy_allows(cause))
    }

    /// The name of its state machine.
    pub fn state_machine(&self) -> &str {
        let before = self.execution_arn.rsplit_once(':');
        before.map_or("", |(before, _)| Arn::execution_name(before))
    }

    /// The last part of its ARN.
    pub fn name(&self) -> &str {
        Arn::execution_name(&self.execution_arn)
    }
}

#[cfg(test)]
impl Run {
    /// An execution without a history that was started in 1970, and has taken two seconds if it has ended.
    pub fn sample(status: Status) -> Self {
        Self {
            execution_arn: "arn".to_owned(),
            status,
            started: Timestamp::UNIX_EPOCH,
            stopped: status
                .is_ended()
                .then(|| crate::report::style::since_1970(2.0)),
            release: None,
            input: None,
            output: None,
            error: None,
            cause: None,
            redrives: 0,
            redriven: None,
            history: None,
            children: Vec::new(),
            map_runs: Vec::new(),
        }
    }
}
