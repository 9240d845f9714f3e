use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow destroy
  txflow destroy --stage pr-7 --yes")]
pub struct DestroyOptions {
    /// Do not ask, as without a terminal or with `--json`; a protected stage is removed only with this
    #[arg(long, short)]
    pub yes: bool,
}
