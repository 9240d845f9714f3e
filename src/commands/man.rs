//! `txflow man`.

use anyhow::Result;
use clap::CommandFactory as _;
use clap_mangen::Man;

use super::session::Ui;
use crate::cli::Cli;
use crate::error::Exit;

/// Prints the manual page, in roff.
pub fn man(ui: &Ui) -> Result<Exit> {
    let mut page = Vec::new();
    Man::new(Cli::command()).render(&mut page)?;
    ui.world
        .stdout
        .line(String::from_utf8_lossy(&page).trim_end());
    Ok(Exit::Done)
}
