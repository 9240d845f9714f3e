//! `txflow completions`, and the completions that a shell asks for.
//!
//! The script asks txflow at each press of the tab key, so it stays as it is when a command gets an option, and knows the names
//! in the project.

mod engine;
pub(super) mod names;
mod project;

pub use engine::{complete, shell_that_asks};
pub(super) use names::Names;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum as _};
use clap_complete::Shell;
use clap_complete::env::Shells;

use super::context::Context;
use crate::exit::Exit;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow completions bash > ~/.local/share/bash-completion/completions/txflow
  txflow completions zsh > ~/.zfunc/_txflow
  txflow completions fish > ~/.config/fish/completions/txflow.fish

Beside commands and options, the script completes the names in the project: stages, tests, functions, state machines and \
states, and with --local also releases and executions. AWS is never asked.")]
pub struct CompletionsOptions {
    /// The shell
    pub shell: Shell,
}

/// The variable by which a script says that it asks for completions, and for which shell.
const VARIABLE: &str = "COMPLETE";

/// Prints the script that a shell sources, so that it asks txflow for completions.
pub fn completions(context: &Context, options: &CompletionsOptions) -> Result<Exit> {
    let script = registration(options.shell, "txflow")?;
    context.printer.print(script.trim_end())?;
    Ok(Exit::Done)
}

/// The script, which calls txflow by `program`.
fn registration(shell: Shell, program: &str) -> Result<String> {
    let name = shell.to_possible_value();
    let shells = Shells::builtins();
    let shell = { name.as_ref() }
        .and_then(|name| shells.completer(name.get_name()))
        .with_context(|| format!("there are no completions for {shell}"))?;
    let mut script = Vec::new();
    shell.write_registration(VARIABLE, "txflow", "txflow", program, &mut script)?;
    Ok(String::from_utf8(script)?)
}
