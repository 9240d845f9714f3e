//! `txflow completions`.

use anyhow::Result;
use clap::{Args, Command};
use clap_complete::{Shell, generate};

use super::context::Context;
use crate::exit::Exit;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow completions bash > ~/.local/share/bash-completion/completions/txflow
  txflow completions zsh > ~/.zfunc/_txflow
  txflow completions fish > ~/.config/fish/completions/txflow.fish")]
pub struct CompletionsOptions {
    /// The shell
    pub shell: Shell,
}

/// Prints the script that a shell sources to complete txflow's commands and options.
pub fn completions(
    context: &Context,
    options: &CompletionsOptions,
    mut txflow: Command,
) -> Result<Exit> {
    let mut script = Vec::new();
    generate(options.shell, &mut txflow, "txflow", &mut script);
    let script = String::from_utf8_lossy(&script);
    context.printer.print(script.trim_end())?;
    Ok(Exit::Done)
}
