//! `txflow executions`, one file a subcommand.

mod list;
mod redrive;
mod rows;
mod show;
mod shown;
mod stop;

pub(super) use rows::{Row, rows};

use anyhow::Result;

use super::session::Ui;
use crate::cli::ExecutionsCommand;
use crate::exit::Exit;

pub async fn executions(ui: &Ui, command: &ExecutionsCommand) -> Result<Exit> {
    match command {
        ExecutionsCommand::List(options) => list::list(ui, options).await,
        ExecutionsCommand::Show(options) => show::show(ui, options).await,
        ExecutionsCommand::Stop(options) => stop::stop(ui, options).await,
        ExecutionsCommand::Redrive(options) => redrive::redrive(ui, options).await,
    }
}
