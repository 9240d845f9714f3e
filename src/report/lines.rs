//! Events as plain lines: for pipes, logs and CI. The terminal draws the same lines above its spinners.

use std::path::PathBuf;

use txflow_asl::Arn;

use super::outcome;
use super::style::{ACTION, ATTENTION, BAD, FAINT, GOOD, duration, size, status};
use super::words::{counted, failed, rate_text, retried};
use super::{Event, Reporter};
use crate::canary::Look;
use crate::executions::StateRun;
use crate::executions::load::Progress;
use crate::logs::readable;
use crate::world::{Stream, adopted, one_line, unbroken};

/// A branch that was checked out may change hundreds.
const SHOWN_FILES: usize = 5;

/// Writes a line for what is over and for what is waited for; nothing for what begins, but for an execution by itself, which is to
/// be found from elsewhere.
pub struct Lines {
    pub stream: Stream,
}

impl Reporter for Lines {
    fn report(&self, event: &Event) {
        if event.is_worth_a_line()
            && let Some(line) = line(event)
        {
            self.stream.line(&line);
        }
    }
}

/// The line of an event, if it has one.
pub fn line(event: &Event) -> Option<String> {
    Some(match event {
        Event::Finding(diagnostic) => diagnostic.render(),
        Event::Note { text } => status(ATTENTION, "Note", text),
        Event::BuildStarted {
            functions,
            profile,
            target,
            linker,
        } => {
            let linker = linker.map(|linker| format!(", linked by {linker}"));
            let linker = linker.unwrap_or_default();
            let functions = counted(*functions, "function");
            status(
                ACTION,
                "Building",
                &format!("{functions} for {target} with profile `{profile}`{linker}"),
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
        Event::BuildOutput { line } => unbroken(&adopted(line)),
        Event::BuildFinished
        | Event::StepStarted { .. }
        | Event::TestsStarted { .. }
        | Event::TestStarted { .. }
        | Event::ExecutionStarted { alone: false, .. }
        | Event::StateEntered { .. }
        // The answer of the command has a line for each test.
        | Event::TestFinished { .. }
        | Event::TestsFinished => return None,
        Event::ExecutionStarted { execution_arn, .. } => {
            let name = Arn::execution_name(execution_arn);
            status(ACTION, "Started", &format!("execution `{name}`"))
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
        // The cause is shown at the end, with everything else that failed.
        Event::StepFailed { step, .. } => status(BAD, "Failed", &step.object),
        Event::StepKept { step, cause } => {
            status(ATTENTION, "Kept", &format!("{}: {cause}", step.object))
        }
        Event::StepLeft { step, cause } => {
            status(ATTENTION, "Left", &format!("{}: {cause}", step.object))
        }
        Event::Retrying { operation, cause } => {
            status(ATTENTION, "Retrying", &format!("{operation}: {cause}"))
        }
        Event::AttemptFailed { test, change } => {
            let failure = change.state.failure().map(failed).unwrap_or_default();
            let attempt = match change.state.attempts.len() {
                0 | 1 => String::new(),
                attempt => format!(" (attempt {attempt})"),
            };
            let state = state_name(&change.state);
            status(ATTENTION, test, &format!("{state}{attempt}: {failure}"))
        }
        Event::StateRetried { test, change } => {
            let attempt = change.state.attempts.len();
            let state = state_name(&change.state);
            let text = format!("{state} {FAINT}tried again, attempt {attempt}{FAINT:#}");
            status(ACTION, test, &text)
        }
        Event::StateExited { test, change } => {
            let elapsed = duration(change.state.duration());
            let retried = retried(change.state.retries());
            let word = outcome::word(change.outcome);
            let state = state_name(&change.state);
            let text = format!("{state} {FAINT}{elapsed}{retried}{word}{FAINT:#}");
            status(outcome::style(change.outcome), test, &text)
        }
        Event::TestRepeated { test } => status(
            ATTENTION,
            "Running",
            &format!("test {test} once more: a policy was not in force yet"),
        ),
        Event::LoadProgress(progress) => status(ACTION, "Running", &load_progress(progress)),
        Event::CanaryLooked(look) | Event::CanaryLookedAgain(look) => status(ACTION, "Canary", &canary(look)),
        // Lambda's own lines have tabs between their parts.
        Event::Logged { function, line } => {
            let line = readable(line).replace('\t', "  ");
            status(FAINT, function, &unbroken(&one_line(line.trim_end())))
        }
        Event::Changed { files } => status(ATTENTION, "Changed", &file_list(files)),
        Event::Watching => status(ACTION, "Waiting", "for changes (Ctrl-C ends)"),
    })
}

/// `Pack`, or `Pack (item 3)` inside of a `Map` state.
fn state_name(state: &StateRun) -> String {
    match state.iteration {
        Some(item) => format!("{} (item {item})", one_line(&state.name)),
        None => one_line(&state.name).into_owned(),
    }
}

/// `10 % on release 7: 3 of 31 failed; release 6: 5 of 280; wait: …`
pub(super) fn canary(look: &Look) -> String {
    let Look {
        share,
        old,
        new,
        verdict,
        ..
    } = look;
    format!(
        "{share} % on release {}: {} of {} failed; release {}: {} of {}; {verdict}",
        new.release, new.failed, new.ended, old.release, old.failed, old.ended
    )
}

fn load_progress(progress: &Progress) -> String {
    let Progress {
        executions, total, ..
    } = progress;
    format!(
        "{executions} of {total} executions, {}",
        load_rate(progress)
    )
}

/// `3 failed, 85 per second`.
pub(super) fn load_rate(progress: &Progress) -> String {
    let failed = format!("{} failed", progress.failed);
    match progress.per_second {
        Some(rate) => format!("{failed}, {} per second", rate_text(rate)),
        None => failed,
    }
}

/// The first few of them.
fn file_list(files: &[PathBuf]) -> String {
    let mut names: Vec<String> = files
        .iter()
        .take(SHOWN_FILES)
        .map(|file| file.display().to_string())
        .collect();
    if let more @ 1.. = files.len().saturating_sub(SHOWN_FILES) {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}
