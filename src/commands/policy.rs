//! `txflow policy`.

use anyhow::Result;

use super::session::Ui;
use crate::cli::PolicyOptions;
use crate::error::Exit;

pub async fn policy(_ui: &Ui, _options: &PolicyOptions) -> Result<Exit> {
    anyhow::bail!("`txflow policy` is not written yet")
}
