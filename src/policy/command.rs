//! The commands that call AWS.

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Command {
    Deploy,
    Plan,
    Diff,
    Test,
    Start,
    Invoke,
    TestState,
    Status,
    Logs,
    Graph,
    Executions,
    ExecutionsFork,
    Replay,
    Canary,
    Rollback,
    Destroy,
    Ui,
}

impl Command {
    pub const ALL: [Self; 17] = [
        Self::Deploy,
        Self::Plan,
        Self::Diff,
        Self::Test,
        Self::Start,
        Self::Invoke,
        Self::TestState,
        Self::Status,
        Self::Logs,
        Self::Graph,
        Self::Executions,
        Self::ExecutionsFork,
        Self::Replay,
        Self::Canary,
        Self::Rollback,
        Self::Destroy,
        Self::Ui,
    ];

    /// As the user types it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Plan => "plan",
            Self::Diff => "diff",
            Self::Test => "test",
            Self::Start => "start",
            Self::Invoke => "invoke",
            Self::TestState => "test-state",
            Self::Status => "status",
            Self::Logs => "logs",
            Self::Graph => "graph",
            Self::Executions => "executions",
            Self::ExecutionsFork => "executions-fork",
            Self::Replay => "replay",
            Self::Canary => "canary",
            Self::Rollback => "rollback",
            Self::Destroy => "destroy",
            Self::Ui => "ui",
        }
    }
}

/// Groups of commands with the same needs.
impl Command {
    /// Those that read the stack from AWS.
    pub const READ: &[Self] = &[
        Self::Deploy,
        Self::Plan,
        Self::Status,
        Self::Rollback,
        Self::Destroy,
        Self::Ui,
    ];
    /// Those that run what is live.
    pub const RUN: &[Self] = &[Self::Test, Self::Start, Self::Invoke, Self::TestState];
    pub const WRITE: &[Self] = &[Self::Deploy];
    /// Those that give a state machine a definition.
    pub const DEFINE: &[Self] = &[Self::Deploy, Self::ExecutionsFork, Self::Ui];
    /// A deploy removes what deploy.toml no longer names.
    pub const REMOVE: &[Self] = &[Self::Deploy, Self::Destroy];
}
