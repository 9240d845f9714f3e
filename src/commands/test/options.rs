//! The options of `txflow test`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use txflow_local_aws::Time;

use super::coverage::CoverageOptions;
use crate::commands::at_least_one::at_least_one;
use crate::commands::completions::Names;
use crate::commands::upstreams::UpstreamOption;

#[derive(Debug, Default, Args)]
#[command(after_help = "Examples:
  txflow test
  txflow test --type PURCHASE --type REFUND
  txflow test --type 'REFUND*'
  txflow test --type PURCHASE --input transaction.json
  echo '{\"type\": \"REFUND\"}' | txflow test --type REFUND --input -
  txflow test --local --fast --verbose
  txflow test --local --watch
  txflow test --type PURCHASE --repeat 1000 --concurrency 20
  txflow test --junit target/junit.xml
  txflow test --coverage
  txflow test --coverage-dir target/coverage --fail-under 90

A test is a section `[tests.TYPE]` of deploy.toml: its `input` starts an execution of the live release, and what becomes of \
it is compared with `expect`. Exits with 3 if an expectation is not met, and with 1 if the tests could not be run.

Coverage counts what the executions of the tests reached of the definitions, also of state machines that they started: \
states that were entered, choice rules and defaults that led on, retriers that matched a failure, catchers that led on, \
branches of Parallel states and the items of Map states. Its percentage is how many of all of these were reached; what is not \
known counts as not reached. --coverage-dir and --fail-under turn it on as well.

An execution that runs for much longer than its test expects, or for five minutes if nothing says how long \
it may take, is no longer watched, and its test has failed: see `max-duration` in deploy.schema.json.")]
pub struct TestOptions {
    /// Run this test of deploy.toml, or those that a pattern such as `REFUND*` matches; may be given several times [default: all
    /// tests]
    #[arg(long = "type", value_name = "TYPE", add = Names::Tests)]
    pub types: Vec<String>,
    /// Run only the tests of this state machine, by its name under `[state-machines]`
    #[arg(long, value_name = "NAME", add = Names::StateMachines)]
    pub state_machine: Option<String>,
    /// Skip the time of waits and retries (with --local)
    #[arg(long, requires = "local")]
    pub fast: bool,
    /// Show the path and the output of passing tests as well
    #[arg(long, short)]
    pub verbose: bool,
    /// Use this input instead of that of the test: a JSON file, or `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Deploy and test again whenever a handler, the definition or deploy.toml changes (with --local)
    #[arg(long, requires = "local", conflicts_with_all = ["repeat", "junit", "input"])]
    pub watch: bool,
    /// Run each test this many times, and report success rates and percentiles
    #[arg(long, value_name = "N", conflicts_with = "junit", value_parser = at_least_one)]
    pub repeat: Option<NonZeroUsize>,
    /// How many executions run at once [default: all tests; 10 with --repeat]
    #[arg(long, value_name = "K", value_parser = at_least_one)]
    pub concurrency: Option<NonZeroUsize>,
    /// Write a JUnit report to this file
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    #[command(flatten)]
    pub coverage: CoverageOptions,
    #[command(flatten)]
    pub upstreams: UpstreamOption,
}

impl TestOptions {
    /// How executions wait in an embedded AWS.
    pub fn time(&self) -> Time {
        if self.fast { Time::Virtual } else { Time::Real }
    }
}
