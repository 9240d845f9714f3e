//! One file for each command, which shows its steps in order.

mod apply;
mod completions;
mod deploy;
mod destroy;
mod embedded;
mod embedded_error;
mod error;
mod execution;
mod executions;
mod graph;
mod init;
mod live;
mod local;
mod log_text;
mod logs;
mod man;
mod origin;
mod own_runtime;
mod plan;
mod policy;
mod rollback;
mod session;
mod status;
mod test;
mod validate;

pub use apply::{ApplyFailed, NothingWritten};
pub use error::CommandError;

use anyhow::Result;

use crate::cli::{Cli, Command, ExecutionsCommand};
use crate::exit::Exit;
use crate::world::World;
use session::Ui;

/// Runs the command.
///
/// # Errors
///
/// [`crate::error`] turns it into a message, a hint and an exit code.
pub async fn run(cli: Cli, world: World) -> Result<Exit> {
    let fast = matches!(&cli.command, Command::Test(options) if options.fast);
    let ui = Ui::new(cli.global, fast, world);
    let exit = if handles_interrupts(&cli.command) {
        command(&ui, cli.command).await
    } else {
        ui.unless_interrupted(command(&ui, cli.command)).await
    };
    let closed = ui.close().await;
    let exit = exit?;
    closed?;
    Ok(exit)
}

/// A writing command first completes its calls in flight, a load run reports what it has so far, and a command
/// that runs until Ctrl-C ends in its own way. Without a wildcard, so that a new command has to decide.
fn handles_interrupts(command: &Command) -> bool {
    match command {
        Command::Deploy(_) | Command::Rollback(_) | Command::Destroy(_) | Command::Local(_) => true,
        Command::Test(options) => options.watch || options.repeat.is_some(),
        Command::Logs(options) => options.follow,
        Command::Plan(_)
        | Command::Status
        | Command::Graph(_)
        | Command::Executions(
            ExecutionsCommand::List(_)
            | ExecutionsCommand::Show(_)
            | ExecutionsCommand::Stop(_)
            | ExecutionsCommand::Redrive(_),
        )
        | Command::Init(_)
        | Command::Validate
        | Command::Policy(_)
        | Command::Completions { .. }
        | Command::Man
        | Command::Schema => false,
    }
}

async fn command(ui: &Ui, command: Command) -> Result<Exit> {
    match command {
        Command::Deploy(options) => deploy::deploy(ui, &options).await,
        Command::Plan(options) => plan::plan(ui, &options).await,
        Command::Test(options) => test::test(ui, &options).await,
        Command::Status => status::status(ui).await,
        Command::Rollback(options) => rollback::rollback(ui, &options).await,
        Command::Destroy(options) => destroy::destroy(ui, &options).await,
        Command::Local(options) => local::local(ui, &options).await,
        Command::Logs(options) => logs::logs(ui, &options).await,
        Command::Graph(options) => graph::graph(ui, &options).await,
        Command::Executions(command) => executions::executions(ui, &command).await,
        Command::Init(options) => init::init(ui, &options).await,
        Command::Validate => validate::validate(ui),
        Command::Policy(options) => policy::policy(ui, &options),
        Command::Completions { shell } => completions::completions(ui, shell),
        Command::Man => man::man(ui),
        Command::Schema => {
            ui.world
                .stdout
                .line(&format!("{:#}", crate::config::schema()));
            Ok(Exit::Done)
        }
    }
}
