use clap::Args;

use super::BuildOptions;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow plan
  txflow plan --stage prod --exit-code")]
pub struct PlanOptions {
    #[command(flatten)]
    pub build: BuildOptions,
    /// Exit with code 4 if there are changes
    #[arg(long)]
    pub exit_code: bool,
}
