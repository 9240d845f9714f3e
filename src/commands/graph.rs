//! `txflow graph`.

use anyhow::Result;

use super::session::Ui;
use crate::cli::GraphOptions;
use crate::error::Exit;

pub async fn graph(_ui: &Ui, _options: &GraphOptions) -> Result<Exit> {
    anyhow::bail!("`txflow graph` is not written yet")
}
