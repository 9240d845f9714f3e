//! The results of a run, test by test.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::time;
use crate::world::Secrets;

/// A test run, also one that has not ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastTests {
    #[serde(with = "time")]
    pub began: Timestamp,
    pub progress: Progress,
    /// Why there are no results, such as a handler that does not compile.
    pub problem: Option<String>,
    /// In the order of deploy.toml, those that do not run here at the end.
    pub tests: Vec<LastTest>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastTest {
    pub name: String,
    pub progress: Progress,
    /// How long its execution took.
    pub seconds: Option<f64>,
    /// That of its execution.
    pub status: Option<String>,
    /// The state machine of its execution, by its name in AWS.
    pub state_machine: Option<String>,
    /// The name of its execution, if AWS keeps it.
    pub execution: Option<String>,
    /// What its execution failed for, if the test did not pass.
    pub failure: Option<ExecutionFailure>,
    /// Why it did not pass, or does not run here.
    pub unmet: Vec<Unmet>,
    pub hint: Option<String>,
}

/// The error of an execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExecutionFailure {
    pub error: String,
    /// The message in the cause.
    pub cause: Option<String>,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unmet {
    /// Such as `output`.
    pub what: String,
    /// A sentence, or a diff of several lines.
    pub detail: String,
    pub is_diff: bool,
    /// Where deploy.toml asks for it.
    pub line: Option<usize>,
}

/// How far a run is, or a test of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    Waiting,
    Running,
    Passed,
    Failed,
    Skipped,
    /// The run was interrupted.
    Interrupted,
}

impl LastTests {
    /// With each secret masked that was not known yet when it was kept.
    pub fn masked(mut self, secrets: &Secrets) -> Self {
        let text = |text: &mut String| secrets.mask_text(text);
        self.problem.iter_mut().for_each(text);
        for test in &mut self.tests {
            let texts = [&mut test.execution, &mut test.hint].into_iter();
            texts.flatten().for_each(text);
            if let Some(ExecutionFailure { error, cause }) = &mut test.failure {
                [error].into_iter().chain(cause).for_each(text);
            }
            for unmet in &mut test.unmet {
                text(&mut unmet.what);
                text(&mut unmet.detail);
            }
        }
        self
    }

    /// How many tests have come so far.
    pub fn count(&self, progress: Progress) -> usize {
        let tests = self.tests.iter();
        tests.filter(|test| test.progress == progress).count()
    }
}

impl LastTest {
    pub fn new(name: &str, progress: Progress) -> Self {
        Self {
            name: name.to_owned(),
            progress,
            seconds: None,
            status: None,
            state_machine: None,
            execution: None,
            failure: None,
            unmet: Vec::new(),
            hint: None,
        }
    }
}

impl Progress {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Interrupted => "interrupted",
        }
    }
}
