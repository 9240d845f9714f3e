use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow destroy
  txflow destroy --stage pr-7 --yes")]
pub struct DestroyOptions {
    /// Do not ask for confirmation; required for a protected stage
    #[arg(long, short)]
    pub yes: bool,
}
