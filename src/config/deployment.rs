//! What one `deploy.toml` and one stage ask for, with every default filled in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::{Definition, Pattern};

/// A validated deployment: nothing in it is optional because a default was forgotten,
/// only because AWS itself lets the thing be absent.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The folder that holds `deploy.toml`. Every path in the file is relative to it.
    pub root: PathBuf,
    pub name: String,
    pub stage: String,
    /// Those that deploy.toml has settings for. Any other may be deployed as well.
    pub stages: Vec<String>,
    /// Outranked by `--region`; outranks the environment and the profile, so that a stack does not
    /// move with the shell it is deployed from.
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
    /// The environment variables of txflow's own process that hold secrets of any function in any stage.
    pub secret_variables: BTreeSet<String>,
    /// The ARN of the managed policy that every role is bounded by.
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
    /// The cargo profile; `lambda` unless told otherwise.
    pub profile: String,
    pub linker: Linker,
    /// For every handler's crate that has them, or for one: `crate/feature`.
    pub features: Vec<String>,
    /// The variables that a build sees although they may hold credentials.
    pub pass_environment: Vec<String>,
}

/// AWS's names for the two instruction sets that Lambda runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    X86_64,
    Arm64,
}

/// How a build for another target than the host's links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linker {
    /// Plain cargo where the host fits, else the first of the others that is there.
    Auto,
    /// `cargo zigbuild`.
    Zig,
    /// The GNU cross compiler, such as `aarch64-linux-gnu-gcc`.
    Gcc,
    /// `rust-lld`, which needs no C compiler, for the musl targets.
    RustLld,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FunctionConfig {
    /// MB, 128 to 10,240.
    pub memory: i32,
    /// Seconds, 1 to 900.
    pub timeout: i32,
    pub environment: BTreeMap<String, EnvironmentValue>,
    /// Days, one of the values that CloudWatch Logs takes; `None` keeps logs for ever.
    pub log_retention: Option<i32>,
    /// X-Ray active tracing.
    pub tracing: bool,
    pub reserved_concurrency: Option<i32>,
    /// MB of `/tmp`, 512 to 10,240.
    pub ephemeral_storage: i32,
    pub vpc: Option<VpcConfig>,
    /// Layer version ARNs, at most five.
    pub layers: Vec<String>,
    /// The ARN of an SQS queue or SNS topic.
    pub dead_letter_target: Option<String>,
    /// Cargo features of the handler's crate.
    pub features: Vec<String>,
    /// Added to the role of the function.
    pub statements: Vec<PolicyStatement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpcConfig {
    pub subnet_ids: Vec<String>,
    pub security_group_ids: Vec<String>,
}

/// One `Allow` statement that `deploy.toml` adds to the role of a function.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyStatement {
    pub actions: Vec<String>,
    pub resources: Vec<String>,
    /// An IAM condition block, as JSON.
    pub condition: Option<Value>,
}

impl Deployment {
    /// The values that are declared to be secret, as far as they are known.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let functions = self.functions.values();
        let values = functions.flat_map(|function| function.environment.values());
        let secrets = values.filter(|value| value.secret && value.is_set());
        secrets.map(|secret| secret.value.as_str())
    }
}

/// A value for a function's environment. Its `Debug` form never shows a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct EnvironmentValue {
    pub value: String,
    pub secret: bool,
}

impl EnvironmentValue {
    /// Stands where a variable is not set and need not be: no value of Lambda's holds this character.
    pub const UNSET: &str = "\0";

    /// Whether the value is known.
    pub fn is_set(&self) -> bool {
        self.value != Self::UNSET
    }
}

impl fmt::Debug for EnvironmentValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.secret {
            f.write_str("(secret)")
        } else {
            fmt::Debug::fmt(&self.value, f)
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct StateMachineConfig {
    pub kind: StateMachineKind,
    /// `OFF` for STANDARD unless told otherwise; never `OFF` for EXPRESS, whose logs are its only history.
    pub logging: LogLevel,
    /// Whether inputs and outputs are in the logs.
    pub include_execution_data: bool,
    /// Days, as for a function.
    pub log_retention: Option<i32>,
    pub tracing: bool,
    /// Seconds; written into the definition's `TimeoutSeconds` where the definition has none.
    pub timeout: Option<i64>,
}

impl StateMachineConfig {
    /// Whether the state machine writes logs, and so needs a log group and the right to deliver to it.
    pub fn logs_are_on(&self) -> bool {
        self.logging != LogLevel::Off
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateMachineKind {
    Standard,
    Express,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    Off,
    Fatal,
    Error,
    All,
}

/// `[tests.<TYPE>]`: an execution and what it must come to.
#[derive(Debug, Clone, PartialEq)]
pub struct TestConfig {
    /// The `<TYPE>`, as `txflow test --type` takes it.
    pub name: String,
    pub input: Value,
    pub expect: Expect,
    /// `[tests.<TYPE>.mock."State Name"]`: what Tasks answer in a local run, by the state's name.
    pub mocks: BTreeMap<String, Vec<MockAnswer>>,
    /// The line of `[tests.<TYPE>]` in `deploy.toml`, from 1.
    pub line: usize,
}

/// What a mocked Task answers. A list of them answers successive attempts, and its last one all
/// attempts after it; so a single one answers every attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum MockAnswer {
    /// What the function answers, or the result of a Task that calls none, before `ResultSelector`.
    Result(Value),
    Error {
        error: String,
        cause: Option<String>,
    },
}

/// What an execution must come to. An absent field is not checked, but for the status.
#[derive(Debug, Clone, PartialEq)]
pub struct Expect {
    pub status: Written<ExecutionStatus>,
    /// The states entered, in order, without those inside of `Map` and `Parallel` states, whose
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
    /// The line of `expect` in `deploy.toml`, from 1; that of the test where it has none.
    pub line: usize,
}

/// A value of `deploy.toml`, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Written<T> {
    pub value: T,
    /// From 1. That of what lies around it, where the value is a default.
    pub line: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionStatus {
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
}

impl Architecture {
    /// AWS's own spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }
}

impl StateMachineKind {
    /// AWS's own spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::Express => "EXPRESS",
        }
    }
}

impl LogLevel {
    /// AWS's own spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "OFF",
            Self::Fatal => "FATAL",
            Self::Error => "ERROR",
            Self::All => "ALL",
        }
    }
}

impl Expect {
    /// What is expected where nothing is said: success.
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

impl ExecutionStatus {
    /// AWS's own spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }
}
