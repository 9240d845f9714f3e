//! Events as plain lines: for pipes, logs and CI. The terminal draws the same lines above its spinners.

use super::style::{ACTION, ATTENTION, BAD, FAINT, GOOD, duration, size, status};
use super::{Event, Reporter};
use crate::world::Stream;

/// Writes a line for what is over and for what is waited for; nothing for what begins.
pub struct Lines {
    pub stream: Stream,
}

impl Reporter for Lines {
    fn report(&self, event: &Event) {
        if let Some(line) = line(event, self.stream.color) {
            self.stream.line(&line);
        }
    }
}

/// The line of an event, where it has one.
pub fn line(event: &Event, color: bool) -> Option<String> {
    Some(match event {
        Event::Finding(diagnostic) => diagnostic.render(color),
        Event::Note { text } => status(ATTENTION, "Note", text),
        Event::BuildStarted {
            functions,
            target,
            linker,
        } => {
            let linker = linker.map(|linker| format!(", linked by {linker}"));
            let linker = linker.unwrap_or_default();
            let functions = counted(*functions, "function");
            status(
                ACTION,
                "Building",
                &format!("{functions} for {target}{linker}"),
            )
        }
        Event::Built {
            handler,
            size: bytes,
            elapsed,
            compiled,
            ..
        } => {
            let verb = if *compiled { "Built" } else { "Fresh" };
            let zip = format!(
                "`{handler}` {FAINT}{}, {}{FAINT:#}",
                size(*bytes as u64),
                duration(*elapsed)
            );
            status(GOOD, verb, &zip)
        }
        Event::BuildOutput { line } => line.clone(),
        Event::BuildFinished | Event::StepStarted { .. } | Event::ExecutionStarted { .. } => {
            return None;
        }
        Event::StepWaiting { step, cause } => {
            status(ACTION, "Waiting", &format!("for {}: {cause}", step.object))
        }
        Event::StepFinished { step, elapsed } => {
            let elapsed = duration(*elapsed);
            status(
                GOOD,
                step.done,
                &format!("{} {FAINT}{elapsed}{FAINT:#}", step.object),
            )
        }
        Event::StepFailed { step, error } => {
            status(BAD, "Failed", &format!("{}: {error}", step.object))
        }
        Event::Retrying { operation, cause } => {
            status(ATTENTION, "Retrying", &format!("{operation}: {cause}"))
        }
        Event::StateEntered { .. } => return None,
        Event::StateExited {
            test,
            state,
            elapsed,
            retries,
        } => {
            let retried = match retries {
                0 => String::new(),
                1 => ", 1 retry".to_owned(),
                retries => format!(", {retries} retries"),
            };
            let elapsed = duration(*elapsed);
            status(
                GOOD,
                test,
                &format!("{state} {FAINT}{elapsed}{retried}{FAINT:#}"),
            )
        }
        Event::StateFailed { test, state, error } => {
            status(BAD, test, &format!("{state}: {error}"))
        }
    })
}

/// `1 function`, `3 functions`.
pub fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
