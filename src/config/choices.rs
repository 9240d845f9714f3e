//! The choices of keys that have a few values.

use serde_json::Value;

/// AWS's names for the two instruction sets that Lambda runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    X86_64,
    Arm64,
}

impl Architecture {
    /// AWS's own spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    /// As the names of rustc's targets begin.
    pub fn of_targets(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }
}

/// How a build for a target other than the host's links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linker {
    /// Plain cargo if the host fits, otherwise the first of the others that is installed.
    Auto,
    /// `cargo zigbuild`.
    Zig,
    /// The GNU cross compiler, such as `aarch64-linux-gnu-gcc`.
    Gcc,
    /// `rust-lld`, which needs no C compiler, for the musl targets.
    RustLld,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateMachineKind {
    Standard,
    Express,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    Off,
    Fatal,
    Error,
    All,
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

/// How Lambda writes the logs of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

impl LogFormat {
    /// AWS's own spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Json => "JSON",
        }
    }
}

/// The least level of what a handler logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplicationLogLevel {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

impl ApplicationLogLevel {
    pub(super) const ALL: &'static [Self] = &[
        Self::Trace,
        Self::Debug,
        Self::Info,
        Self::Warn,
        Self::Error,
        Self::Fatal,
    ];

    /// AWS's own spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }
}

/// The least level of what Lambda logs about a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemLogLevel {
    Debug,
    Info,
    Warn,
}

impl SystemLogLevel {
    pub(super) const ALL: &'static [Self] = &[Self::Debug, Self::Info, Self::Warn];

    /// AWS's own spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionStatus {
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
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

/// What becomes of a test with mocks on AWS, which takes none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MocksOnAws {
    /// The test does not run.
    Skip,
    /// The test runs without them.
    Ignore,
}

/// What the holder of a task token answers. Of a list the answers are for successive attempts, and its last one is for all
/// after that.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskAnswer {
    /// The result of the Task.
    Success(Value),
    Failure {
        error: String,
        cause: Option<String>,
    },
}

/// The response of a mocked Task. A list of them responds to successive attempts, and its last one to all
/// attempts after that; so a single one responds to every attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum MockAnswer {
    /// The function's response, or the result of a Task that calls none, before `ResultSelector`.
    Result(Value),
    Error {
        error: String,
        cause: Option<String>,
    },
    /// What a `Map` state reads with its `ItemReader`: a list.
    Items(Value),
}
