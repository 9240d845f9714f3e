use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow init
  txflow init -C orders
  txflow init --name shop-orders -C orders
  txflow init --from $STATE_MACHINE_ARN -C orders")]
pub struct InitOptions {
    /// The name of the stack [default: the name of the folder; of the state machine with --from]
    #[arg(long)]
    pub name: Option<String>,
    /// Write a project for this state machine and its functions, which stay as they are
    #[arg(long, value_name = "STATE_MACHINE_ARN")]
    pub from: Option<String>,
}
