//! The command line: the commands, and what is said of them together.

use std::ffi::{OsStr, OsString};

use clap::builder::Resettable;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use super::canary::CanaryCommand;
use super::completions::CompletionsOptions;
use super::deploy::DeployOptions;
use super::destroy::DestroyOptions;
use super::diff::DiffOptions;
use super::executions::ExecutionsCommand;
use super::explore::ExploreOptions;
use super::global::Global;
use super::graph::GraphOptions;
use super::init::InitOptions;
use super::invoke::InvokeOptions;
use super::local::LocalOptions;
use super::logs::LogsOptions;
use super::plan::PlanOptions;
use super::policy::PolicyOptions;
use super::replay::ReplayOptions;
use super::rollback::RollbackOptions;
use super::schema::SchemaOptions;
use super::start::StartOptions;
use super::status::StatusOptions;
use super::test::TestOptions;
use super::test_state::TestStateOptions;
use super::ui::UiOptions;
use crate::exit::Exit;
use crate::world::World;

/// Deploys, tests and removes a Step Functions workflow whose handlers are written in Rust.
#[derive(Debug, Parser)]
#[command(
    name = "txflow",
    version,
    propagate_version = true,
    max_term_width = 100
)]
#[command(after_help = format!("Examples:
  txflow init
  txflow deploy --local
  txflow test --local
  txflow deploy --stage prod

{}", Exit::meanings()))]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// What these arguments and the variables of the run ask for.
    ///
    /// # Errors
    ///
    /// If the arguments are refused.
    pub fn of(arguments: &[OsString], world: &World) -> Result<Self, clap::Error> {
        let mut command = Self::definition(world);
        let matches = command.try_get_matches_from_mut(arguments)?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }

    /// The command line, for which an empty variable is not set: a job of GitHub sets it to nothing if it passes on an input that
    /// nobody gave.
    pub fn definition(world: &World) -> clap::Command {
        Self::command().mut_args(|argument| {
            let variable = argument.get_env().and_then(OsStr::to_str);
            match variable.is_none_or(|name| world.variable(name).is_some()) {
                true => argument,
                false => argument.env(Resettable::Reset),
            }
        })
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build, plan and apply, then print what is live
    Deploy(DeployOptions),
    /// Print what deploy would do, without writing anything
    Plan(PlanOptions),
    /// Compare two releases, or the working folder with one
    Diff(DiffOptions),
    /// Run executions and check their results
    Test(TestOptions),
    /// Start an execution of the live release, and show it
    Start(StartOptions),
    /// Call a handler, and print its response and its logs
    Invoke(InvokeOptions),
    /// Run one state of the definition, and show what becomes of its data
    TestState(TestStateOptions),
    /// Print what is live, what differs from deploy.toml, and the last executions
    Status(StatusOptions),
    /// Print the handlers' logs
    Logs(LogsOptions),
    /// Draw the workflow, or an execution of it
    Graph(GraphOptions),
    /// List, show, stop, redrive and fork executions
    #[command(
        subcommand,
        after_help = "Examples:
  txflow executions list --status FAILED
  txflow executions show
  txflow executions redrive last
  txflow executions fork last"
    )]
    Executions(ExecutionsCommand),
    /// Run recorded executions against the definition, and say which would go another way
    Replay(ReplayOptions),
    /// Compare, promote or abort a release that gets a share of the executions
    #[command(
        subcommand,
        after_help = "Examples:
  txflow canary status
  txflow canary promote --stage prod

`txflow deploy --canary` begins a canary. The description of the alias `live` says since when it runs, at which step it is and by what it is judged, so these commands work on any machine."
    )]
    Canary(CanaryCommand),
    /// Inject the failures that no test tries, and forecast the size and cost of executions
    Explore(ExploreOptions),
    /// Move `live` back to an earlier release
    Rollback(RollbackOptions),
    /// Remove everything that the stack owns
    Destroy(DestroyOptions),
    /// Serve the embedded AWS until Ctrl-C, for the AWS CLI and SDKs
    Local(LocalOptions),
    /// Serve a page to look at executions and to act on them, until Ctrl-C
    Ui(UiOptions),
    /// Create a new project, or one for a state machine that exists in AWS
    Init(InitOptions),
    /// Check deploy.toml and the definition, without AWS
    #[command(after_help = "Examples:
  txflow validate
  txflow validate --stage prod
  txflow validate --json

All findings are shown at once, each with its place. Exits with 2 if one of them is an error. A variable that is not set is \
a warning here, and an error of a deploy.")]
    Validate,
    /// Print the minimal IAM policy that a pipeline needs to run txflow
    Policy(PolicyOptions),
    /// Print the JSON schema of deploy.toml, or of what a command prints with --json
    Schema(SchemaOptions),
    /// Print the script by which a shell completes commands, options and names
    Completions(CompletionsOptions),
    /// Print the manual page, in roff
    #[command(after_help = "Examples:
  txflow man | man -l -
  txflow man > ~/.local/share/man/man1/txflow.1")]
    Man,
}
