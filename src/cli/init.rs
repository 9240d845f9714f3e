use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow init
  txflow init --name orders -C orders
  txflow init --from arn:aws:states:eu-west-1:123456789012:stateMachine:orders -C orders")]
pub struct InitOptions {
    /// The name of the stack [default: the name of the folder]
    #[arg(long)]
    pub name: Option<String>,
    /// Write deploy.toml and the definition of this state machine and of its functions
    #[arg(long, value_name = "STATE_MACHINE_ARN")]
    pub from: Option<String>,
}
