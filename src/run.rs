//! Arguments → a run → its exit code.

use std::ffi::OsString;

use clap::Parser as _;
use clap::error::ErrorKind;
use terminal_size::{Width, terminal_size_of};

use crate::commands::{self, Cli, Command, CommandError, NothingWritten};
use crate::config::{Diagnostic, Diagnostics};
use crate::error::{exit, hint};
use crate::exit::Exit;
use crate::report::github::{self, Annotation};
use crate::report::style::{BAD, STRONG, wrapped};
use crate::world::{World, adopted, one_line, still_read};

/// Runs txflow with these arguments, the first of which is the program's own name.
pub async fn run(arguments: Vec<OsString>, mut world: World) -> Exit {
    let parsed = Cli::try_parse_from(&arguments);
    let color = parsed
        .as_ref()
        .ok()
        .and_then(|cli| cli.global.color.asked());
    world.adapt_streams(color);
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return usage(&shown(error, &arguments), &world),
    };
    match commands::run(cli, world.clone()).await {
        Ok(exit) => {
            clear_after_interrupt(&world);
            exit
        }
        Err(error) => failed(&world, &error),
    }
}

/// Whether a run with these arguments may host handlers.
pub(crate) fn hosts(arguments: &[OsString]) -> bool {
    Cli::try_parse_from(arguments)
        .is_ok_and(|cli| cli.global.local || matches!(cli.command, Command::Local(_)))
}

fn failed(world: &World, error: &anyhow::Error) -> Exit {
    fail(world, &message(error), &annotations(error));
    exit(error)
}

/// The only place that prints an error.
fn fail(world: &World, text: &str, annotations: &[Annotation]) {
    clear_after_interrupt(world);
    match columns(world) {
        Some(columns) => world.stderr.line(&wrapped(text, columns)),
        None => world.stderr.line(text),
    }
    if let Some(step) = github::JobStep::of(world) {
        for annotation in annotations {
            step.annotate(annotation);
        }
    }
}

/// How wide an error may be; `None` if nobody looks at it on a terminal.
#[expect(
    clippy::disallowed_methods,
    reason = "asked how wide the terminal is, not written to"
)]
fn columns(world: &World) -> Option<usize> {
    let size = world
        .stderr
        .terminal
        .then(|| terminal_size_of(std::io::stderr()))?;
    size.map(|(Width(columns), _)| usize::from(columns))
}

/// Cargo leaves its progress bar behind when it is killed, and the terminal shows `^C`.
fn clear_after_interrupt(world: &World) {
    if world.is_interrupted() {
        world.stderr.clear_line();
    }
}

/// An error repeats arguments. With their special characters made visible it says the same, and nothing in it
/// is obeyed or taken for a style.
fn shown(error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let arguments = arguments.iter().map(|argument| argument.to_string_lossy());
    let shown = arguments.map(|argument| one_line(&argument).into_owned());
    let parsed = Cli::try_parse_from(shown);
    parsed.err().unwrap_or(error)
}

/// Help and version were asked for, so they go to stdout.
fn usage(error: &clap::Error, world: &World) -> Exit {
    let text = adopted(error.render().ansi().to_string().trim_end());
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            match still_read(world.stdout.try_line(&text)) {
                Ok(_) => Exit::Done,
                Err(cause) => failed(world, &CommandError::CannotPrint { cause }.into()),
            }
        }
        _ => {
            fail(world, &text, &[Annotation::failure(&text)]);
            Exit::Usage
        }
    }
}

fn annotations(error: &anyhow::Error) -> Vec<Annotation> {
    match error.downcast_ref::<Diagnostics>() {
        Some(Diagnostics(found)) => found.iter().map(Annotation::from).collect(),
        None => vec![Annotation::failure(&message(error))],
    }
}

/// What a user reads of an error.
pub(crate) fn message(error: &anyhow::Error) -> String {
    if let Some(Diagnostics(found)) = error.downcast_ref::<Diagnostics>() {
        let findings: Vec<String> = found.iter().map(Diagnostic::render).collect();
        return findings.join("\n\n");
    }
    let untouched = error.downcast_ref::<NothingWritten>();
    // This is the context of the error, which comes after it.
    let mut causes = error.chain().skip(usize::from(untouched.is_some()));
    let mut said = causes.next().map(ToString::to_string).unwrap_or_default();
    let mut text = format!("{BAD}error:{BAD:#} {}", indented(&said));
    for cause in causes.map(ToString::to_string) {
        // Many errors include their cause.
        if !said.contains(&cause) {
            text.push_str(&format!("\n  caused by: {}", indented(&cause)));
            said = cause;
        }
    }
    if let Some(untouched) = untouched {
        text.push_str(&format!("\n  {untouched}"));
    }
    if let Some(hint) = hint(error) {
        text.push_str(&format!("\n{STRONG}hint:{STRONG:#} {}", indented(&hint)));
    }
    text
}

/// With all lines but the first indented: what AWS or a file says on several lines must not pass for
/// lines of txflow's own.
fn indented(text: &str) -> String {
    let mut further = text.split('\n').skip(1);
    if further.all(|line| line.is_empty() || line.starts_with("  ")) {
        return text.to_owned();
    }
    let lines = text.split('\n').enumerate();
    let lines = lines.map(|(number, line)| match (number, line) {
        (0, line) | (_, line @ "") => line.to_owned(),
        (_, line) => format!("  {line}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}
