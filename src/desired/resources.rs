//! The resources of a stack, in the words that the plan compares.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Stack, Tags};
use crate::build::Artifact;
use crate::config::{
    Architecture, Definition, EnvironmentValue, LogLevel, StateMachineKind, VpcConfig,
};

/// Everything that a stack is to be. Empty where it is to be gone.
#[derive(Debug, Clone)]
pub struct Desired {
    pub stack: Stack,
    pub roles: BTreeMap<String, Role>,
    pub log_groups: BTreeMap<String, LogGroup>,
    /// By handler.
    pub functions: BTreeMap<String, Function>,
    pub state_machine: Option<StateMachine>,
    /// How many releases are kept.
    pub keep_versions: usize,
    /// Written into the descriptions of the versions that this deploy publishes.
    pub origin: Origin,
}

impl Desired {
    /// A stack of which nothing is to be left: what `destroy` wants.
    pub fn nothing(stack: Stack) -> Self {
        Self {
            stack,
            roles: BTreeMap::new(),
            log_groups: BTreeMap::new(),
            functions: BTreeMap::new(),
            state_machine: None,
            keep_versions: 0,
            origin: Origin::default(),
        }
    }
}

/// Where a release comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The abbreviated git commit; `-dirty` follows where the work tree held changes.
    pub commit: Option<String>,
}

impl Origin {
    /// The description of a version, such as `txflow 0.1.0, commit 1f2e3d4`.
    pub fn description(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        match &self.commit {
            Some(commit) => format!("txflow {version}, commit {commit}"),
            None => format!("txflow {version}"),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    pub name: String,
    pub path: String,
    pub description: String,
    pub trust: Value,
    /// The one inline policy.
    pub policy: Value,
    /// The ARN of the managed policy that bounds what the role may do.
    pub boundary: Option<String>,
    pub tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogGroup {
    pub name: String,
    /// Days; `None` keeps for ever.
    pub retention: Option<i32>,
    pub tags: Tags,
}

#[derive(Debug, Clone)]
pub struct Function {
    pub handler: String,
    pub name: String,
    pub artifact: Artifact,
    pub settings: FunctionSettings,
    pub reserved_concurrency: Option<i32>,
    pub tags: Tags,
}

/// What a published version freezes, besides the code.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionSettings {
    pub role_arn: String,
    pub runtime: String,
    pub architecture: Architecture,
    /// MB.
    pub memory: i32,
    /// Seconds.
    pub timeout: i32,
    pub environment: BTreeMap<String, EnvironmentValue>,
    pub tracing: bool,
    /// MB.
    pub ephemeral_storage: i32,
    pub vpc: Option<VpcConfig>,
    pub layers: Vec<String>,
    pub dead_letter_target: Option<String>,
}

#[derive(Debug, Clone)]
pub struct StateMachine {
    pub name: String,
    /// Pseudo parameters and functions are still placeholders: a function's version is known only
    /// once it is published.
    pub definition: Definition,
    pub settings: StateMachineSettings,
    pub tags: Tags,
}

/// What a state machine is, besides its definition.
#[derive(Debug, Clone, PartialEq)]
pub struct StateMachineSettings {
    pub kind: StateMachineKind,
    pub role_arn: String,
    pub logging: Logging,
    pub tracing: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logging {
    pub level: LogLevel,
    pub include_execution_data: bool,
    /// With the trailing `:*` that Step Functions asks for. Empty where the level is `OFF`.
    pub log_group_arns: BTreeSet<String>,
}
