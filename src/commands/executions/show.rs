//! `txflow executions show`.

use anyhow::Result;

use super::shown::Shown;
use crate::cli::ShowOptions;
use crate::commands::session::Ui;
use crate::exit::Exit;

/// Prints one execution with the tree of its states.
pub async fn show(ui: &Ui, options: &ShowOptions) -> Result<Exit> {
    let session = ui.session(None).await?;
    let run = ui.execution(&session, &options.execution).await?;
    ui.answer(&Shown::new(ui, run))?;
    Ok(Exit::Done)
}
