//! `txflow init`.

use anyhow::Result;

use super::session::Ui;
use crate::cli::InitOptions;
use crate::error::Exit;

pub async fn init(_ui: &Ui, _options: &InitOptions) -> Result<Exit> {
    anyhow::bail!("`txflow init` is not written yet")
}
