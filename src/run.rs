//! Arguments → a run → its exit code.

use std::ffi::OsString;

use clap::Parser as _;
use clap::error::ErrorKind;

use crate::cli::Cli;
use crate::commands;
use crate::config::Diagnostics;
use crate::error::{Exit, exit, hint};
use crate::report::style::{BAD, STRONG};
use crate::world::World;

/// Runs txflow with these arguments, the first of which is the program's own name.
pub async fn run(arguments: Vec<OsString>, world: World) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, &world),
    };
    let stderr = world.stderr.clone();
    match commands::run(cli, world).await {
        Ok(exit) => exit,
        Err(error) => {
            stderr.line(&message(&error, stderr.color));
            exit(&error)
        }
    }
}

/// Help and version are asked for and go to stdout.
fn usage(error: &clap::Error, world: &World) -> Exit {
    let text = error.render().ansi().to_string();
    let text = text.trim_end();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            world.stdout.line(text);
            Exit::Done
        }
        _ => {
            world.stderr.line(text);
            Exit::Usage
        }
    }
}

/// What is printed of an error.
pub(crate) fn message(error: &anyhow::Error, color: bool) -> String {
    if let Some(Diagnostics(found)) = error.downcast_ref::<Diagnostics>() {
        let findings: Vec<String> = found.iter().map(|finding| finding.render(color)).collect();
        return findings.join("\n\n");
    }
    let mut text = format!("{BAD}error:{BAD:#} {error}");
    for cause in error.chain().skip(1) {
        text.push_str(&format!("\n  caused by: {cause}"));
    }
    if let Some(hint) = hint(error) {
        text.push_str(&format!("\n{STRONG}hint:{STRONG:#} {hint}"));
    }
    text
}
