//! The commands that call AWS.

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Command {
    Deploy,
    Plan,
    Test,
    Status,
    Logs,
    Graph,
    Executions,
    Rollback,
    Destroy,
}

impl Command {
    pub const ALL: [Self; 9] = [
        Self::Deploy,
        Self::Plan,
        Self::Test,
        Self::Status,
        Self::Logs,
        Self::Graph,
        Self::Executions,
        Self::Rollback,
        Self::Destroy,
    ];

    /// As it is typed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Plan => "plan",
            Self::Test => "test",
            Self::Status => "status",
            Self::Logs => "logs",
            Self::Graph => "graph",
            Self::Executions => "executions",
            Self::Rollback => "rollback",
            Self::Destroy => "destroy",
        }
    }
}

/// Groups of commands that need the same.
impl Command {
    /// Those that read the stack as AWS has it.
    pub const READ: &[Self] = &[
        Self::Deploy,
        Self::Plan,
        Self::Status,
        Self::Rollback,
        Self::Destroy,
    ];
    pub const WRITE: &[Self] = &[Self::Deploy];
    /// A deploy removes what deploy.toml no longer names.
    pub const REMOVE: &[Self] = &[Self::Deploy, Self::Destroy];
}
