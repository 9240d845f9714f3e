use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow rollback
  txflow rollback --to 7 --stage prod

Without `--to`, it goes back from what a deploy made live. If `live` was rolled back already, it stays \
as it is, so that the command can be run again after an interruption; name an earlier release with \
`--to` to go back further.")]
pub struct RollbackOptions {
    /// The release to move to [default: the one before the live one]
    #[arg(long, value_name = "RELEASE")]
    pub to: Option<u64>,
}
