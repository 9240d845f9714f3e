//! `txflow logs`.

use anyhow::Result;

use super::session::Ui;
use crate::cli::LogsOptions;
use crate::error::Exit;

pub async fn logs(_ui: &Ui, _options: &LogsOptions) -> Result<Exit> {
    anyhow::bail!("`txflow logs` is not written yet")
}
