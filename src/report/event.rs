//! What happens during a run.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::state_event;
use crate::build::BuildEvent;
use crate::config::Diagnostic;
use crate::executions::load::Progress;
use crate::executions::{News, Told};
use crate::plan::StepName;

/// One thing that happened. Library modules tell; what is shown of it is the sink's business.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A finding in one of the user's files that does not stop the run.
    Finding(Diagnostic),
    /// Something the reader should know.
    Note {
        text: String,
    },
    /// Cargo starts, and may draw on the terminal until [`Event::BuildFinished`].
    BuildStarted {
        functions: usize,
        target: &'static str,
        linker: Option<&'static str>,
    },
    /// A handler's zip is finished.
    Built {
        handler: String,
        sha256: String,
        /// Bytes.
        size: usize,
        #[serde(rename = "seconds", serialize_with = "seconds")]
        elapsed: Duration,
        compiled: bool,
    },
    /// A line of cargo's own, where it does not go to standard error by itself.
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
        elapsed: Duration,
    },
    StepFailed {
        step: StepName,
        error: String,
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
    },
    StateEntered {
        test: String,
        #[serde(flatten, serialize_with = "state_event::entered")]
        told: Box<Told>,
    },
    /// An attempt of a state failed; another may follow.
    AttemptFailed {
        test: String,
        #[serde(flatten, serialize_with = "state_event::attempt_failed")]
        told: Box<Told>,
    },
    StateRetried {
        test: String,
        #[serde(flatten, serialize_with = "state_event::retried")]
        told: Box<Told>,
    },
    StateExited {
        test: String,
        #[serde(flatten, serialize_with = "state_event::exited")]
        told: Box<Told>,
    },
    TestFinished {
        test: String,
        passed: bool,
        #[serde(rename = "seconds", serialize_with = "seconds")]
        elapsed: Duration,
    },
    /// Another execution of a load run has ended.
    LoadProgress(Progress),
    /// All have ended; what they came to follows as the result of the run.
    TestsFinished,
    /// A watch begins again because of these files.
    Changed {
        files: Vec<PathBuf>,
    },
    /// A watch waits for the next change.
    Watching,
}

impl Event {
    /// News of a state of an execution that runs for `test`.
    pub fn of_state(test: &str, told: Told) -> Self {
        let test = test.to_owned();
        let news = told.news;
        let told = Box::new(told);
        match news {
            News::Entered => Self::StateEntered { test, told },
            News::AttemptFailed => Self::AttemptFailed { test, told },
            News::Retried => Self::StateRetried { test, told },
            News::Exited => Self::StateExited { test, told },
        }
    }

    /// Where a line is for ever, each tenth of a load run has one.
    pub fn is_worth_a_line(&self) -> bool {
        let Self::LoadProgress(Progress {
            executions, total, ..
        }) = self
        else {
            return true;
        };
        let tenths = |executions: usize| executions as u128 * 10 / (*total).max(1) as u128;
        tenths(*executions) > tenths(executions.saturating_sub(1))
    }
}

/// A sink of events. Called from several tasks at once.
pub trait Reporter: Send + Sync {
    fn report(&self, event: &Event);

    /// Nothing more happens: what is open is closed, before the result or the error is shown.
    fn end(&self) {}
}

fn seconds<S: serde::Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(elapsed.as_secs_f64())
}

impl From<BuildEvent> for Event {
    fn from(event: BuildEvent) -> Self {
        match event {
            BuildEvent::Started {
                functions,
                target,
                linker,
            } => Self::BuildStarted {
                functions,
                target,
                linker,
            },
            BuildEvent::Said(line) => Self::BuildOutput { line },
            BuildEvent::Finished {
                function,
                size,
                sha256,
                after,
                compiled,
            } => Self::Built {
                handler: function,
                sha256,
                size,
                elapsed: after,
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
