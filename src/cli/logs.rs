use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow logs
  txflow logs purchase-handler --since 1h
  txflow logs --follow
  txflow logs --execution last")]
pub struct LogsOptions {
    /// The function, by the name of its handler's crate [default: all functions]
    pub function: Option<String>,
    /// Go on with what is logged from now, until Ctrl-C
    #[arg(long, short)]
    pub follow: bool,
    /// From when: a time ago such as `10m`, `2h` or `1d`, or a UTC time such as `2026-01-31T12:00:00Z`
    /// [default: 10m; the start of the execution with --execution]
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only what was logged for this execution: its ARN, its name, or `last`
    #[arg(long, value_name = "EXECUTION")]
    pub execution: Option<String>,
}
