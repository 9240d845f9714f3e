//! What happens during a run.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::state_event;
use super::style::seconds;
use crate::build::BuildEvent;
use crate::canary::Look;
use crate::config::Diagnostic;
use crate::executions::load::Progress;
use crate::executions::{StateChange, StateEvent, Status};
use crate::plan::StepName;

/// One thing that happened. Library modules report it; what is shown of it is the sink's business.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A finding in one of the user's files that does not stop the run.
    Finding(Diagnostic),
    /// Something the reader should know.
    Note {
        text: String,
    },
    /// Cargo starts, and may draw on the terminal until `build-finished`.
    BuildStarted {
        functions: usize,
        profile: String,
        target: String,
        linker: Option<&'static str>,
    },
    /// A handler's zip is finished.
    Built {
        handler: String,
        sha256: String,
        /// Bytes.
        size: usize,
        #[serde(rename = "seconds", serialize_with = "seconds")]
        #[schemars(with = "f64")]
        elapsed: Duration,
        compiled: bool,
    },
    /// A line of cargo's own, if cargo does not write to standard error itself.
    BuildOutput {
        line: String,
    },
    BuildFinished,
    StepStarted {
        step: StepName,
    },
    /// A step waits for AWS, and for what.
    StepWaiting {
        step: StepName,
        cause: String,
    },
    StepFinished {
        step: StepName,
        #[serde(rename = "seconds", serialize_with = "seconds")]
        #[schemars(with = "f64")]
        elapsed: Duration,
    },
    StepFailed {
        step: StepName,
        error: String,
    },
    /// What the step was to delete is in use by somebody else, and stays.
    StepKept {
        step: StepName,
        cause: String,
    },
    /// A step was waiting when txflow was interrupted. It is not done, and has not failed.
    StepLeft {
        step: StepName,
        cause: String,
    },
    /// The SDK sends a request again.
    Retrying {
        operation: String,
        cause: String,
    },
    /// These tests are going to run.
    TestsStarted {
        tests: Vec<String>,
    },
    TestStarted {
        test: String,
    },
    ExecutionStarted {
        test: String,
        execution_arn: String,
        /// Whether no test started it, so that it is shown by its name.
        #[serde(skip)]
        alone: bool,
    },
    StateEntered {
        test: String,
        #[serde(flatten, serialize_with = "state_event::entered")]
        #[schemars(with = "state_event::StateName<'static>")]
        change: Box<StateChange>,
    },
    /// An attempt of a state failed; another may follow.
    AttemptFailed {
        test: String,
        #[serde(flatten, serialize_with = "state_event::attempt_failed")]
        #[schemars(with = "state_event::FailedAttempt<'static>")]
        change: Box<StateChange>,
    },
    StateRetried {
        test: String,
        #[serde(flatten, serialize_with = "state_event::retried")]
        #[schemars(with = "state_event::Retry<'static>")]
        change: Box<StateChange>,
    },
    StateExited {
        test: String,
        #[serde(flatten, serialize_with = "state_event::exited")]
        #[schemars(with = "state_event::StateExit<'static>")]
        change: Box<StateChange>,
    },
    /// The execution met a policy of the release that was just deployed and is not in force yet, so there is a second one.
    TestRepeated {
        test: String,
    },
    TestFinished {
        test: String,
        passed: bool,
        #[serde(rename = "seconds", serialize_with = "seconds")]
        #[schemars(with = "f64")]
        elapsed: Duration,
        /// Of its execution; `None` if that could not be started or read. The answer has it as data.
        #[serde(skip)]
        status: Option<Status>,
    },
    /// Another execution of a load run has ended.
    LoadProgress(Progress),
    /// All have ended; their results follow as the answer of the command.
    TestsFinished,
    /// The executions of both releases of a canary were looked at.
    CanaryLooked(Box<Look>),
    /// The same with nothing new but counts: only the live line of a terminal shows it.
    #[serde(skip)]
    CanaryLookedAgain(Box<Look>),
    /// A line that a handler logged while it was called.
    Logged {
        function: String,
        line: String,
    },
    /// A watch begins again because of these files.
    Changed {
        files: Vec<PathBuf>,
    },
    /// A watch waits for the next change.
    Watching,
}

impl Event {
    /// A change of a state of an execution that runs for `test`.
    pub fn of_state(test: &str, change: StateChange) -> Self {
        let test = test.to_owned();
        let event = change.event;
        let change = Box::new(change);
        match event {
            StateEvent::Entered => Self::StateEntered { test, change },
            StateEvent::AttemptFailed => Self::AttemptFailed { test, change },
            StateEvent::Retried => Self::StateRetried { test, change },
            StateEvent::Exited => Self::StateExited { test, change },
        }
    }

    /// Whether a run that is to be silent reports it all the same.
    pub fn is_told_always(&self) -> bool {
        matches!(self, Self::Finding(_) | Self::Note { .. })
    }

    /// If lines stay, each tenth of a load run has one.
    pub fn is_worth_a_line(&self) -> bool {
        let Progress {
            executions, total, ..
        } = match self {
            Self::LoadProgress(progress) => progress,
            Self::CanaryLookedAgain(_) => return false,
            _ => return true,
        };
        let tenths = |executions: usize| executions as u128 * 10 / (*total).max(1) as u128;
        tenths(*executions) > tenths(executions.saturating_sub(1))
    }
}

/// A sink of events. Called from several tasks at once.
pub trait Reporter: Send + Sync {
    fn report(&self, event: &Event);

    /// Reports something that the reader should know.
    fn note(&self, text: &str) {
        self.report(&Event::Note {
            text: text.to_owned(),
        });
    }

    /// Nothing more happens: what is open is closed, before the result or the error is shown.
    fn end(&self) {}
}

impl From<BuildEvent> for Event {
    fn from(event: BuildEvent) -> Self {
        match event {
            BuildEvent::Started {
                functions,
                profile,
                target,
                linker,
            } => Self::BuildStarted {
                functions,
                profile,
                target,
                linker,
            },
            BuildEvent::Said(line) => Self::BuildOutput { line },
            BuildEvent::Finished {
                function,
                size,
                sha256,
                elapsed,
                compiled,
            } => Self::Built {
                handler: function,
                sha256,
                size,
                elapsed,
                compiled,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_run_has_ten_lines_whatever_its_size() {
        let lines = |total: usize| {
            let events = (0..=total).map(|executions| {
                Event::LoadProgress(Progress {
                    executions,
                    total,
                    failed: 0,
                    per_second: None,
                })
            });
            events.filter(Event::is_worth_a_line).count()
        };
        assert_eq!([lines(10), lines(11), lines(997)], [10; 3]);
        assert_eq!(lines(3), 3);
    }
}
