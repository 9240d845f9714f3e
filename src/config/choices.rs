//! The choices of keys that have a few values.

use super::choice::choice;

choice! {
    /// AWS's names for the two instruction sets that Lambda runs.
    Architecture {
        X86_64 = "x86_64",
        Arm64 = "arm64",
    }
}

impl Architecture {
    /// As the names of rustc's targets begin.
    pub fn of_targets(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }
}

choice! {
    /// How a build for a target other than the host's links.
    Linker {
        /// Plain cargo if the host fits, otherwise the first of the others that is installed.
        Auto = "auto",
        /// `cargo zigbuild`.
        Zig = "zig",
        /// The GNU cross compiler, such as `aarch64-linux-gnu-gcc`.
        Gcc = "gcc",
        /// `rust-lld`, which needs no C compiler, for the musl targets.
        RustLld = "rust-lld",
    }
}

choice! {
    StateMachineKind {
        Standard = "STANDARD",
        Express = "EXPRESS",
    }
}

choice! {
    LogLevel {
        Off = "OFF",
        Fatal = "FATAL",
        Error = "ERROR",
        All = "ALL",
    }
}

choice! {
    /// How Lambda writes the logs of a function.
    LogFormat, hint: "`Text` keeps what the handler writes; `JSON` lets Lambda structure it and filter it by level" {
        Text = "Text",
        Json = "JSON",
    }
}

choice! {
    /// The least level of what a handler logs.
    ApplicationLogLevel {
        Trace = "TRACE",
        Debug = "DEBUG",
        Info = "INFO",
        Warn = "WARN",
        Error = "ERROR",
        Fatal = "FATAL",
    }
}

choice! {
    /// The least level of what Lambda logs about a function.
    SystemLogLevel {
        Debug = "DEBUG",
        Info = "INFO",
        Warn = "WARN",
    }
}

choice! {
    ExecutionStatus {
        Succeeded = "SUCCEEDED",
        Failed = "FAILED",
        TimedOut = "TIMED_OUT",
        Aborted = "ABORTED",
    }
}

choice! {
    /// What becomes of a test with mocks on AWS, which takes none.
    MocksOnAws {
        /// The test does not run.
        Skip = "skip",
        /// The test runs without them.
        Ignore = "ignore",
    }
}
