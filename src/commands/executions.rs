//! `txflow executions`.

use anyhow::Result;

use super::session::Ui;
use crate::cli::ExecutionsCommand;
use crate::error::Exit;

pub async fn executions(_ui: &Ui, _options: &ExecutionsCommand) -> Result<Exit> {
    anyhow::bail!("`txflow executions` is not written yet")
}
