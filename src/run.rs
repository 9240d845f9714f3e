//! Arguments → a run → its exit code.

use std::ffi::OsString;

use clap::Parser as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use futures_util::future::LocalBoxFuture;

use crate::build::BuildError;
use crate::commands::{self, Cli, Command, CommandError};
use crate::config::{Diagnostic, Diagnostics};
use crate::error::{ErrorParts, Failure, exit, summary};
use crate::exit::{Exit, variant};
use crate::report::github::{self, Annotation};
use crate::report::style::{BAD, STRONG};
use crate::world::{Stream, World, abridged, adopted, one_line, still_read};

/// Runs txflow with these arguments, the first of which is the program's own name.
pub async fn run(arguments: Vec<OsString>, mut world: World) -> Exit {
    if let Some(shell) = commands::shell_that_asks(&arguments, &world) {
        // Boxed, since the nested types would be too deep for the compiler.
        let work: LocalBoxFuture<'_, Exit> =
            Box::pin(commands::complete(shell, &arguments, &world));
        return work.await;
    }
    let parsed = Cli::of(&arguments, &world);
    let color = parsed
        .as_ref()
        .ok()
        .and_then(|cli| cli.global.color.asked());
    world.adapt_streams(color);
    let form = Form::asked(&arguments);
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return usage(&shown(error, &arguments), form, &world),
    };
    let command = variant(&cli.command);
    match commands::run(cli, world.clone()).await {
        Ok(exit) => {
            clear_after_interrupt(&world);
            exit
        }
        Err(error) => {
            let exit = failed(&world, form, &error);
            if let Some(step) = github::JobStep::of(&world) {
                step.summarize(&summary(&command, &error));
            }
            exit
        }
    }
}

/// Ends a run that could not begin.
pub fn cannot_begin(arguments: &[OsString], stderr: &Stream, error: &anyhow::Error) -> Exit {
    match Form::asked(arguments) {
        Form::Text => stderr.line(&message(error)),
        Form::Json => tell_data(stderr, &Failure::of(error)),
    }
    exit(error)
}

/// How errors are printed.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Json,
}

impl Form {
    /// Also if the arguments are refused.
    fn asked(arguments: &[OsString]) -> Self {
        let mut options = arguments.iter().take_while(|argument| *argument != "--");
        if options.any(|argument| argument == "--json") {
            Self::Json
        } else {
            Self::Text
        }
    }
}

/// Whether a run with these arguments may host handlers.
pub(crate) fn hosts(arguments: &[OsString]) -> bool {
    Cli::try_parse_from(arguments)
        .is_ok_and(|cli| cli.global.local || matches!(cli.command, Command::Local(_)))
}

fn failed(world: &World, form: Form, error: &anyhow::Error) -> Exit {
    let annotations = annotations(error);
    match form {
        Form::Text => fail(world, &annotations, |stderr| stderr.line(&message(error))),
        Form::Json => fail(world, &annotations, |stderr| {
            tell_data(stderr, &Failure::of(error));
        }),
    }
    exit(error)
}

/// The only place that prints an error.
fn fail(world: &World, annotations: &[Annotation], tell: impl FnOnce(&Stream)) {
    clear_after_interrupt(world);
    tell(&world.stderr);
    if let Some(step) = github::JobStep::of(world) {
        for annotation in annotations {
            step.annotate(annotation);
        }
    }
}

fn tell_data(stderr: &Stream, failure: &Failure) {
    // It is made of texts and numbers, which serialize; and a reader that has gone away has seen enough.
    let _ = stderr.json_line(failure);
}

/// Cargo leaves its progress bar behind when it is killed, and the terminal shows `^C`.
fn clear_after_interrupt(world: &World) {
    if world.is_interrupted() {
        world.stderr.clear_line();
    }
}

/// An error repeats arguments. With their special characters made visible it says the same, and nothing in it
/// is obeyed or taken for a style. Nobody reads one that is too long to be a name.
fn shown(error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let arguments = arguments.iter().map(|argument| argument.to_string_lossy());
    let shown: Vec<String> = arguments
        .map(|argument| one_line(&abridged(&argument)).into_owned())
        .collect();
    let parsed = Cli::try_parse_from(&shown);
    nearest_first(with_option(parsed.err().unwrap_or(error), &shown))
}

/// A release that a rollback gets without its option.
fn with_option(mut error: clap::Error, arguments: &[String]) -> clap::Error {
    let Some(ContextValue::String(release)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let tip = format!("to go back to release {release}, use '--to {release}'");
    let complete = arguments.iter().flat_map(|argument| {
        let option = (argument == release).then_some("--to");
        option.into_iter().chain([argument.as_str()])
    });
    if let Ok(Cli {
        command: Command::Rollback(_),
        ..
    }) = Cli::try_parse_from(complete)
    {
        let tips = ContextValue::StyledStrs(vec![tip.into()]);
        error.insert(ContextKind::Suggested, tips);
    }
    error
}

/// Clap names the command last that is most like the one that was typed.
fn nearest_first(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::Strings(names)) = error.get(ContextKind::SuggestedSubcommand) {
        let names = names.iter().rev().cloned().collect();
        error.insert(
            ContextKind::SuggestedSubcommand,
            ContextValue::Strings(names),
        );
    }
    error
}

/// Help and version were asked for, so they go to stdout.
fn usage(error: &clap::Error, form: Form, world: &World) -> Exit {
    let text = adopted(error.render().ansi().to_string().trim_end());
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            match still_read(world.stdout.try_line(&text)) {
                Ok(_) => Exit::Done,
                Err(cause) => failed(world, form, &CommandError::CannotPrint { cause }.into()),
            }
        }
        _ => {
            fail(world, &[Annotation::failure(&text)], |stderr| match form {
                Form::Text => stderr.line(&text),
                Form::Json => tell_data(stderr, &Failure::of_usage(&text)),
            });
            Exit::Usage
        }
    }
}

fn annotations(error: &anyhow::Error) -> Vec<Annotation> {
    if let Some(Diagnostics(found)) = error.downcast_ref() {
        return found.iter().map(Annotation::from).collect();
    }
    let build = error.chain().find_map(|cause| cause.downcast_ref());
    match build {
        Some(BuildError::Cargo { errors, .. }) if !errors.is_empty() => {
            errors.iter().map(Annotation::from).collect()
        }
        _ => vec![Annotation::failure(&message(error))],
    }
}

/// What a user reads of an error.
pub(crate) fn message(error: &anyhow::Error) -> String {
    if let Some(Diagnostics(found)) = error.downcast_ref::<Diagnostics>() {
        let findings: Vec<String> = found.iter().map(Diagnostic::render).collect();
        return findings.join("\n\n");
    }
    let parts = ErrorParts::of(error);
    let mut text = format!("{BAD}error:{BAD:#} {}", indented(&parts.message));
    for cause in &parts.causes {
        text.push_str(&format!("\n  caused by: {}", indented(cause)));
    }
    if let Some(untouched) = parts.nothing_written {
        text.push_str(&format!("\n  {untouched}"));
    }
    if let Some(hint) = parts.hint {
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
