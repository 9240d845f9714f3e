//! What AWS holds of a stack, in the words that the plan compares.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::desired::{FunctionSettings, Routing, StateMachineSettings, Tags, routing};

/// A stack as AWS reports it. What does not exist is absent.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// By role name: the roles that the stack wants, and all others under its IAM path.
    pub roles: BTreeMap<String, RoleState>,
    /// By log group name.
    pub log_groups: BTreeMap<String, LogGroupState>,
    /// By handler.
    pub functions: BTreeMap<String, FunctionState>,
    pub state_machine: Option<StateMachineState>,
    /// What the releases pin and what runs, where that was asked for: pruning and removal need it.
    pub usage: Option<Usage>,
}

impl Observed {
    /// Whether something shows no tags at all.
    pub fn has_untagged(&self) -> bool {
        let roles = self.roles.values().map(|role| &role.tags);
        let log_groups = self.log_groups.values().map(|group| &group.tags);
        let functions = self.functions.values().map(|function| &function.tags);
        let state_machine = self.state_machine.iter().map(|found| &found.tags);
        let mut tags = roles
            .chain(log_groups)
            .chain(functions)
            .chain(state_machine);
        tags.any(|tags| tags.is_empty())
    }

    /// The numbers of the releases, newest first. Those of a state machine that is being deleted go
    /// with it.
    pub fn releases(&self) -> impl Iterator<Item = u64> {
        let there = self.state_machine.iter().filter(|state| !state.deleting);
        there.flat_map(|state| state.versions.iter().map(|(release, _)| *release))
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct RoleState {
    pub path: String,
    pub trust: Value,
    /// The inline policy that txflow writes.
    pub policy: Option<Value>,
    /// Inline policies that somebody else wrote.
    pub other_policies: Vec<String>,
    /// ARNs of managed policies.
    pub attached_policies: Vec<String>,
    pub tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogGroupState {
    /// Days.
    pub retention: Option<i32>,
    pub tags: Tags,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FunctionState {
    pub name: String,
    /// `$LATEST`.
    pub latest: FunctionVersion,
    /// Sent back with an update, so that two deploys at once are noticed.
    pub revision_id: Option<String>,
    /// Why the last creation or update failed, in AWS's words.
    pub failure: Option<String>,
    /// The published versions, oldest first.
    pub versions: Vec<FunctionVersion>,
    pub reserved_concurrency: Option<i32>,
    pub tags: Tags,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FunctionVersion {
    /// `$LATEST` or a number.
    pub version: String,
    pub code_sha256: String,
    /// Bytes of the zip.
    pub code_size: i64,
    /// As Lambda writes it, such as `2026-11-25T21:17:03.000+0000`.
    pub last_modified: Option<String>,
    pub settings: FunctionSettings,
}

#[derive(Debug, Clone, PartialEq)]
pub struct StateMachineState {
    pub definition: Value,
    pub settings: StateMachineSettings,
    /// AWS gives none to a state machine that was never updated.
    pub revision_id: Option<String>,
    /// A deletion has begun and is not over.
    pub deleting: bool,
    /// Published version numbers, newest first, with the seconds since 1970 of their publication.
    pub versions: Vec<(u64, i64)>,
    pub alias: Option<AliasState>,
    pub tags: Tags,
}

impl StateMachineState {
    /// The newest release that is older than this one.
    pub fn before(&self, release: u64) -> Option<u64> {
        let mut releases = self.versions.iter().map(|(number, _)| *number);
        releases.find(|number| *number < release)
    }
}

/// The alias `live`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasState {
    /// What the last deploy or rollback wrote there; see [`crate::plan::ReleaseLabel`].
    pub description: String,
    pub routing: Routing,
}

impl AliasState {
    /// The version that all new executions get; `None` where somebody split the traffic.
    pub fn version(&self) -> Option<u64> {
        match self.routing.as_slice() {
            [(version, _)] => Some(*version),
            _ => None,
        }
    }

    /// `7`, or `6 (90 %), 7 (10 %)`.
    pub fn shown(&self) -> String {
        routing::shown(&self.routing)
    }
}

/// What is in use, so that nothing of it is pruned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// By release: the functions and versions that its definition names, as handler and version.
    pub pins: BTreeMap<u64, Vec<(String, String)>>,
    pub running: Vec<RunningExecution>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningExecution {
    pub arn: String,
    /// `None` where it was started on the bare state machine.
    pub release: Option<u64>,
}
