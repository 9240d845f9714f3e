//! The options of `txflow replay`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use crate::commands::at_least_one::at_least_one;
use crate::commands::logs::Since;
use crate::commands::state_machine::StateMachineOption;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow replay --from live --last 200 --stage prod
  txflow replay --failed --since 7d --stage prod
  txflow replay --from 17 --export tests/histories/release-17.jsonl
  txflow replay --from tests/histories/

Nothing is called and nothing is written to AWS: each task is answered by what the history has for it. EXPRESS executions \
are read from the log of their state machine, those of the last day or since --since. Exits with 3 if \
an execution would go another way or end with another output, unless --allow is given.")]
pub struct ReplayOptions {
    /// The executions: those of the release that is `live`, of a release by its number, or of a file or a folder of files
    /// that --export wrote or that hold what `aws stepfunctions get-execution-history` prints [default: the corpus of
    /// `[replay]` in deploy.toml, else all of the state machine]
    #[arg(long, value_name = "live|RELEASE|PATH")]
    pub from: Option<String>,
    /// The maximum number of executions, the newest first [default: 100 from AWS, all from files]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub last: Option<NonZeroUsize>,
    /// Only executions that failed or timed out
    #[arg(long)]
    pub failed: bool,
    /// Only executions that started since a time ago, such as `7d`, or since a UTC time
    #[arg(long, value_name = "TIME")]
    pub since: Option<Since>,
    /// Write the executions to this file, one a line, without what `redact` of `[replay]` names
    #[arg(long, value_name = "FILE")]
    pub export: Option<PathBuf>,
    /// Exit with 0 although executions would go another way
    #[arg(long)]
    pub allow: bool,
    #[command(flatten)]
    pub machine: StateMachineOption,
}

/// How many executions are read from AWS without `--last`: each takes at least one call.
const FROM_AWS: usize = 100;

impl ReplayOptions {
    /// How many executions are taken from AWS.
    pub fn last_from_aws(&self) -> usize {
        self.last.map_or(FROM_AWS, NonZeroUsize::get)
    }
}
