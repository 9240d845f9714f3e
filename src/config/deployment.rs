//! What one `deploy.toml` and one stage ask for, with every default filled in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::choices::{
    Architecture, ExecutionStatus, Linker, LogLevel, MockAnswer, StateMachineKind,
};
use super::function::FunctionConfig;
use super::{Definition, Pattern};

/// A validated deployment: a value is optional only if it may be absent in AWS, since every default is
/// filled in.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The folder that holds `deploy.toml`. Every path in the file is relative to it.
    pub root: PathBuf,
    pub name: String,
    pub stage: String,
    /// The stages that have settings in deploy.toml. Any other stage may be deployed as well.
    pub stages: Vec<String>,
    /// `--region` takes precedence over it. It takes precedence over the environment and the profile, so
    /// that a stack does not depend on the shell that it is deployed from.
    pub region: Option<String>,
    /// The only account that this stage may be deployed to.
    pub account: Option<String>,
    /// How many releases are kept.
    pub keep_versions: usize,
    /// `destroy` needs `--yes`, also in a pipeline.
    pub protect: bool,
    pub build: BuildConfig,
    /// By the name of the handler's crate or binary, which is also its placeholder in the definition.
    pub functions: BTreeMap<String, FunctionConfig>,
    /// The environment variables of txflow's own process that hold a secret of some function in some stage.
    pub secret_variables: BTreeSet<String>,
    /// The ARN of the managed policy that is the permissions boundary of every role.
    pub permissions_boundary: Option<String>,
    pub state_machine: StateMachineConfig,
    pub definition: Definition,
    /// The user's own tags; the stack's are added where resources are named.
    pub tags: BTreeMap<String, String>,
    /// In the order of the file.
    pub tests: Vec<TestConfig>,
    /// Findings that do not stop a deploy, such as a function that no state uses.
    pub warnings: Vec<super::Diagnostic>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildConfig {
    pub architecture: Architecture,
    /// The cargo profile; `lambda` by default.
    pub profile: String,
    pub linker: Linker,
    /// For every handler's crate that has them, or for one: `crate/feature`.
    pub features: Vec<String>,
    /// The variables that a build sees although they may hold credentials.
    pub pass_environment: Vec<String>,
}

impl Deployment {
    /// The values that are declared secret, as far as they are known.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let functions = self.functions.values();
        let values = functions.flat_map(|function| function.settings.environment.values());
        let secrets = values.filter(|value| value.secret && value.is_set());
        secrets.map(|secret| secret.value.as_str())
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct StateMachineConfig {
    pub kind: StateMachineKind,
    /// `OFF` for STANDARD by default; never `OFF` for EXPRESS, whose logs are its only history.
    pub logging: LogLevel,
    /// Whether inputs and outputs are in the logs.
    pub include_execution_data: bool,
    /// Days, as for a function.
    pub log_retention: Option<i32>,
    pub tracing: bool,
    /// Seconds; becomes the definition's `TimeoutSeconds` if the definition has none.
    pub timeout: Option<i64>,
}

impl StateMachineConfig {
    /// Whether the state machine writes logs, and so needs a log group and the right to deliver to it.
    pub fn logs_are_on(&self) -> bool {
        self.logging != LogLevel::Off
    }
}

/// `[tests.<TYPE>]`: an execution and its expected result.
#[derive(Debug, Clone, PartialEq)]
pub struct TestConfig {
    /// The `<TYPE>`, as in `txflow test --type`.
    pub name: String,
    pub input: Value,
    pub expect: Expect,
    /// `[tests.<TYPE>.mock."State Name"]`: the responses of Tasks in a local run, by the state's name.
    pub mocks: BTreeMap<String, Vec<MockAnswer>>,
    /// The line of `[tests.<TYPE>]` in `deploy.toml`, from 1.
    pub line: usize,
}

/// The expected result of an execution. An absent field is not checked, except for the status.
#[derive(Debug, Clone, PartialEq)]
pub struct Expect {
    pub status: Written<ExecutionStatus>,
    /// The states entered, in order, without those inside `Map` and `Parallel` states, whose
    /// order may differ from run to run.
    pub path: Option<Written<Vec<String>>>,
    /// A subset: objects may hold more keys, arrays must match item by item.
    pub output: Option<Written<Value>>,
    /// The `Error` of a failed execution.
    pub error: Option<Written<String>>,
    /// Found anywhere in the `Cause` of a failed execution.
    pub cause: Option<Written<Pattern>>,
    /// How often a state was retried, by its name; the first attempt is not counted.
    pub retries: BTreeMap<String, Written<u32>>,
    /// From the start of the execution to its end.
    pub max_duration: Option<Written<Duration>>,
    /// The line of `expect` in `deploy.toml`, from 1; that of the test if it has none.
    pub line: usize,
}

/// A value of `deploy.toml`, and its line.
#[derive(Debug, Clone, PartialEq)]
pub struct Written<T> {
    pub value: T,
    /// From 1. The line of what encloses it, if the value is a default.
    pub line: usize,
}

impl Expect {
    /// The default expectation: success.
    pub fn success(line: usize) -> Self {
        let value = ExecutionStatus::Succeeded;
        Self {
            status: Written { value, line },
            path: None,
            output: None,
            error: None,
            cause: None,
            retries: BTreeMap::new(),
            max_duration: None,
            line,
        }
    }
}
