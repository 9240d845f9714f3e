//! The options of `txflow executions fork`.

use std::num::NonZeroUsize;

use clap::Args;

use crate::commands::completions::Names;
use crate::commands::logs::Since;
use crate::commands::state_machine::StateMachineOption;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow executions fork last
  txflow executions fork order-17 --from 'Refund Handler' --stage prod
  txflow executions fork order-17 --input @fixed.json
  txflow executions fork --failed --since 1d --stage prod

It runs the definition that is live, on a version of its own that starts at the state, with the recorded input and \
variables; `redrive` runs the definition of then. Tasks before the state do not run again, whatever they did; the state \
and those behind it do. Step Functions keeps no history of EXPRESS executions, so they need --from and --input. Exits \
with 1 unless it succeeds.")]
pub struct ForkOptions {
    /// The execution: its ARN, its name or the beginning of it, or `last`
    #[arg(add = Names::Executions, required_unless_present_any = ["failed", "from"])]
    pub execution: Option<String>,
    /// The state to start from [default: the state that failed]
    #[arg(long, value_name = "STATE")]
    pub from: Option<String>,
    /// The input of that state instead of the recorded one: JSON, `@` and the path of a file, or `-` for standard input
    #[arg(long, value_name = "JSON")]
    pub input: Option<String>,
    /// Fork all executions that failed or timed out and have no fork yet
    #[arg(long, conflicts_with_all = ["execution", "input"])]
    pub failed: bool,
    /// Only executions that started since a time ago, such as `1d`, or since a UTC time (with --failed)
    #[arg(long, value_name = "TIME", requires = "failed")]
    pub since: Option<Since>,
    /// The maximum number of executions, the newest first [default: 100] (with --failed)
    #[arg(long, value_name = "N", requires = "failed")]
    pub last: Option<NonZeroUsize>,
    /// Do not ask for confirmation (with --failed)
    #[arg(long, short, requires = "failed")]
    pub yes: bool,
    /// Do not wait for the end
    #[arg(long)]
    pub detach: bool,
    #[command(flatten)]
    pub machine: StateMachineOption,
}

impl ForkOptions {
    /// How many executions are forked at most.
    pub fn most(&self) -> usize {
        self.last.map_or(100, NonZeroUsize::get)
    }
}
