use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow rollback
  txflow rollback --to 7 --stage prod")]
pub struct RollbackOptions {
    /// The release to move to [default: the one before the live one]
    #[arg(long, value_name = "RELEASE")]
    pub to: Option<u64>,
}
