//! What each command does: a file or a folder for each, with its options, its steps in order, and its answer.
//!
//! What several commands use is in `context`, `build`, `apply` and `embedded`.

mod advice;
mod apply;
mod at_least_one;
mod build;
mod canary;
mod cli;
mod completions;
mod confirm;
mod context;
mod deploy;
mod destroy;
mod diff;
mod embedded;
mod error;
mod executions;
mod explore;
mod global;
mod graph;
mod init;
mod invoke;
mod json_argument;
mod local;
mod local_resources;
mod logs;
mod man;
mod new_test;
mod origin;
mod plan;
mod plan_file;
mod policy;
mod redaction;
mod release;
mod replay;
mod results;
mod rollback;
mod schema;
mod start;
mod state_machine;
mod status;
mod test;
mod test_state;
mod tests_asked_for;
mod toml_text;
mod ui;
mod upstreams;
mod validate;

pub use apply::{ApplyFailed, NothingWritten};
pub use cli::{Cli, Command};
pub use completions::{complete, shell_that_asks};
pub use error::CommandError;

use anyhow::Result;
use clap::CommandFactory as _;
use futures_util::future::LocalBoxFuture;

use crate::exit::Exit;
use crate::world::World;
use canary::CanaryCommand;
use context::Context;
use executions::ExecutionsCommand;
use init::InitOptions;

/// Runs the command.
///
/// # Errors
///
/// [`crate::error`] turns it into a message, a hint and an exit code.
pub async fn run(mut cli: Cli, world: World) -> Result<Exit> {
    if let Command::Init(InitOptions {
        folder: Some(folder),
        ..
    }) = &cli.command
    {
        cli.global.enter(folder);
    }
    let context = Context::new(cli.global, world);
    let handles_interrupts = handles_interrupts(&cli.command);
    // Boxed, since the nested types would be too deep for the compiler.
    let work: LocalBoxFuture<'_, Result<Exit>> = Box::pin(command(&context, cli.command));
    let exit = if handles_interrupts {
        work.await
    } else {
        context.unless_interrupted(work).await
    };
    let closed = context.close().await;
    let exit = exit?;
    closed?;
    Ok(exit)
}

/// A writing command first completes its calls in flight, `test` says which tests had ended, `start` that the execution
/// goes on, and a command
/// that runs until Ctrl-C ends in its own way. Without a wildcard, so that a new command has to decide.
fn handles_interrupts(command: &Command) -> bool {
    match command {
        Command::Deploy(_)
        | Command::Test(_)
        | Command::Start(_)
        | Command::Executions(ExecutionsCommand::Fork(_))
        | Command::Rollback(_)
        | Command::Destroy(_)
        | Command::Canary(CanaryCommand::Watch | CanaryCommand::Promote | CanaryCommand::Abort)
        | Command::Local(_)
        | Command::Ui(_) => true,
        Command::Logs(options) => options.follow,
        Command::Plan(_)
        | Command::Diff(_)
        | Command::Invoke(_)
        | Command::TestState(_)
        | Command::Status(_)
        | Command::Graph(_)
        | Command::Executions(
            ExecutionsCommand::List(_)
            | ExecutionsCommand::Show(_)
            | ExecutionsCommand::Stop(_)
            | ExecutionsCommand::Redrive(_),
        )
        | Command::Replay(_)
        | Command::Canary(CanaryCommand::Status)
        | Command::Explore(_)
        | Command::Init(_)
        | Command::Validate
        | Command::Policy(_)
        | Command::Completions(_)
        | Command::Man
        | Command::Schema(_) => false,
    }
}

async fn command(context: &Context, command: Command) -> Result<Exit> {
    match command {
        Command::Deploy(options) => deploy::deploy(context, &options).await,
        Command::Plan(options) => plan::plan(context, &options).await,
        Command::Diff(options) => diff::diff(context, &options).await,
        Command::Test(options) => test::test(context, &options).await,
        Command::Start(options) => start::start(context, &options).await,
        Command::Invoke(options) => invoke::invoke(context, &options).await,
        Command::TestState(options) => test_state::test_state(context, &options).await,
        Command::Status(options) => status::status(context, &options).await,
        Command::Replay(options) => replay::replay(context, &options).await,
        Command::Canary(command) => canary::canary(context, &command).await,
        Command::Explore(options) => explore::explore(context, &options).await,
        Command::Rollback(options) => rollback::rollback(context, &options).await,
        Command::Destroy(options) => destroy::destroy(context, &options).await,
        Command::Local(options) => local::local(context, &options).await,
        Command::Ui(options) => ui::ui(context, &options).await,
        Command::Logs(options) => logs::logs(context, &options).await,
        Command::Graph(options) => graph::graph(context, &options).await,
        Command::Executions(command) => executions::executions(context, &command).await,
        Command::Init(options) => init::init(context, &options).await,
        Command::Validate => validate::validate(context).await,
        Command::Policy(options) => policy::policy(context, &options),
        Command::Completions(options) => completions::completions(context, &options),
        Command::Man => man::man(context, Cli::command()),
        Command::Schema(options) => schema::schema(context, &options),
    }
}
