//! The options of `txflow executions fork`.

use std::num::NonZeroUsize;

use clap::Args;

use crate::commands::at_least_one::at_least_one;
use crate::commands::completions::Names;
use crate::commands::error::CommandError;
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
    #[arg(add = Names::Executions)]
    pub execution: Option<String>,
    /// The state to start from [default: the state that failed]
    #[arg(long, value_name = "STATE")]
    pub from: Option<String>,
    /// The input of that state instead of the recorded one: JSON, `@` and the path of a file, or `-` for standard input
    #[arg(long, value_name = "JSON")]
    pub input: Option<String>,
    /// Fork all executions that failed or timed out and have no fork yet, without those of `txflow test`
    #[arg(long, conflicts_with_all = ["execution", "input"])]
    pub failed: bool,
    /// Only executions that started since a time ago, such as `1d`, or since a UTC time (with --failed)
    #[arg(long, value_name = "TIME")]
    pub since: Option<Since>,
    /// The maximum number of executions, the newest first [default: 100] (with --failed)
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub last: Option<NonZeroUsize>,
    /// Do not ask for confirmation (with --failed)
    #[arg(long, short)]
    pub yes: bool,
    /// Do not wait for the end
    #[arg(long)]
    pub detach: bool,
    #[command(flatten)]
    pub machine: StateMachineOption,
}

impl ForkOptions {
    /// Whether it says what to fork, and nothing that does not apply to that.
    pub fn check(&self) -> Result<(), CommandError> {
        let of_failed = [
            ("--since", self.since.is_some()),
            ("--last", self.last.is_some()),
            ("--yes", self.yes),
        ];
        let mut given = of_failed.iter().filter(|(_, given)| *given);
        match given.next() {
            Some((option, _)) if !self.failed => Err(CommandError::OnlyWithFailed { option }),
            _ if self.failed || self.execution.is_some() || self.from.is_some() => Ok(()),
            _ => Err(CommandError::NothingToFork),
        }
    }

    /// How many executions are forked at most.
    pub fn most(&self) -> usize {
        self.last.map_or(100, NonZeroUsize::get)
    }
}
