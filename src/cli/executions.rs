use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub enum ExecutionsCommand {
    /// List executions, newest first
    List(ListOptions),
    /// Show one execution with the tree of its states
    Show(ShowOptions),
    /// Stop a running execution
    Stop(StopOptions),
    /// Run a failed execution again from where it failed
    Redrive(RedriveOptions),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow executions list
  txflow executions list --status FAILED --limit 50")]
pub struct ListOptions {
    /// Only executions with this status
    #[arg(long, ignore_case = true)]
    pub status: Option<StatusFilter>,
    /// The maximum number of executions to list
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow executions show
  txflow executions show 6b1f5f0e-9a0c-4b7e --json")]
pub struct ShowOptions {
    /// The execution: its ARN, its name, or `last`
    #[arg(default_value = "last")]
    pub execution: String,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow executions stop last
  txflow executions stop last --cause 'wrong input'")]
pub struct StopOptions {
    /// The execution: its ARN, its name, or `last`
    pub execution: String,
    /// The reason, which the execution's history shows
    #[arg(long)]
    pub cause: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow executions redrive last")]
pub struct RedriveOptions {
    /// The execution: its ARN, its name, or `last`
    pub execution: String,
}

/// Named as in AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusFilter {
    #[value(name = "RUNNING")]
    Running,
    #[value(name = "SUCCEEDED")]
    Succeeded,
    #[value(name = "FAILED")]
    Failed,
    #[value(name = "TIMED_OUT")]
    TimedOut,
    #[value(name = "ABORTED")]
    Aborted,
    #[value(name = "PENDING_REDRIVE")]
    PendingRedrive,
}
