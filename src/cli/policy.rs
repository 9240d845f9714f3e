use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow policy > policy.json
  txflow policy --command deploy --command test --stage prod")]
pub struct PolicyOptions {
    /// Only what this command needs; may be given several times [default: all commands]
    #[arg(long = "command", value_name = "COMMAND")]
    pub commands: Vec<String>,
}
