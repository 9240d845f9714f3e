//! `txflow completions`.

use anyhow::Result;
use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

use super::session::Ui;
use crate::cli::Cli;
use crate::exit::Exit;

/// Prints the script that a shell sources to complete txflow's commands and options.
pub fn completions(ui: &Ui, shell: Shell) -> Result<Exit> {
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "txflow", &mut script);
    ui.world
        .stdout
        .line(String::from_utf8_lossy(&script).trim_end());
    Ok(Exit::Done)
}
