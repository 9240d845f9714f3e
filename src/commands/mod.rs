//! One file a command; each reads as the way through.

mod apply;
mod deploy;
mod destroy;
mod embedded;
mod error;
mod live;
mod local;
mod origin;
mod plan;
mod rollback;
mod session;
mod status;
mod test;
mod test_report;
mod validate;

pub use apply::ApplyFailed;
pub use error::CommandError;

use anyhow::Result;

use crate::cli::{Cli, Command};
use crate::error::Exit;
use crate::world::World;
use session::Ui;

/// Runs the command.
///
/// # Errors
///
/// What [`crate::error`] makes a message, a hint and an exit code of.
pub async fn run(cli: Cli, world: World) -> Result<Exit> {
    let fast = matches!(&cli.command, Command::Test(options) if options.fast);
    let ui = Ui::new(cli.global, fast, world);
    let exit = command(&ui, cli.command).await;
    ui.close().await;
    exit
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
        Command::Validate => validate::validate(ui),
        Command::Schema => {
            ui.world
                .stdout
                .line(&format!("{:#}", crate::config::schema()));
            Ok(Exit::Done)
        }
    }
}
