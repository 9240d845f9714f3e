//! What a test came to, as data.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde_json::Value;

use super::report_text;
use crate::aws::AwsError;
use crate::config::TestConfig;
use crate::error::hint;
use crate::executions::{Cause, Failure, Mismatch, Run, StateRun, between, json};
use crate::report::github::Annotation;
use crate::report::{Answer, Console, TestCase, Unmet, state_tree, test_annotations, test_summary};

/// A test and what its execution came to.
#[derive(Debug, Serialize)]
pub struct TestReport {
    pub test: String,
    pub(super) passed: bool,
    /// Why the execution could not be started or read; then nothing else is known of it.
    pub(super) problem: Option<String>,
    /// What can be done about that.
    pub(super) hint: Option<String>,
    pub(super) execution_arn: Option<String>,
    /// `RUNNING` where it took too long to be watched any further.
    pub(super) status: Option<&'static str>,
    pub(super) seconds: f64,
    pub(super) retries: usize,
    /// The names of the states entered, in order, without those inside of others; `None` for EXPRESS.
    pub(super) path: Option<Vec<String>>,
    pub(super) output: Option<Value>,
    pub(super) error: Option<String>,
    /// As AWS has it: for a function that failed a JSON document.
    pub(super) cause: Option<String>,
    /// The state in which the execution failed, or in which it hangs.
    pub(super) failed_state: Option<String>,
    /// What is known of it.
    pub(super) failure: Option<FailedState>,
    pub(super) mismatches: Vec<Mismatch>,
    /// The last lines of the handler that failed.
    pub(super) logs: Vec<String>,
    #[serde(skip)]
    pub(super) log_group: Option<String>,
    #[serde(skip)]
    pub(super) tree: Vec<String>,
    /// The command that shows the whole execution.
    #[serde(skip)]
    pub(super) show: Option<String>,
    /// The line of `expect` in deploy.toml, or of the test where it has none.
    pub(super) line: usize,
    /// Where the AWS console shows the execution.
    pub(super) console_url: Option<String>,
    /// The execution painted on the workflow, in Mermaid, for the summary of a GitHub job.
    #[serde(skip)]
    pub(super) diagram: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct FailedState {
    pub state: String,
    pub input: Option<Value>,
    /// Why each of its attempts failed.
    pub attempts: Vec<Failure>,
    /// The message in the cause of the last one.
    pub message: Option<String>,
    /// What the function sent of its stack.
    pub stack_trace: Vec<String>,
}

/// The log group of the handler that failed, and its last lines.
pub type Logs = Option<(String, Result<Vec<String>, AwsError>)>;

impl TestReport {
    /// `now` is when the execution ended or was last read.
    pub fn new(
        test: &TestConfig,
        run: Run,
        top_level: &[String],
        now: SystemTime,
        mismatches: Vec<Mismatch>,
        logs: Logs,
    ) -> Self {
        let history = run.history.as_ref();
        let states = history.map(|history| &history.states);
        let (log_group, logs) = match logs {
            None => (None, Vec::new()),
            Some((group, Ok(lines))) => (Some(group), lines),
            // That the logs cannot be read must not hide why the test failed.
            Some((group, Err(error))) => (Some(group), vec![format!("({error})")]),
        };
        let failure = FailedState::of(&run);
        Self {
            passed: mismatches.is_empty(),
            status: Some(run.status.as_str()),
            seconds: between(run.started, now).as_secs_f64(),
            retries: states.into_iter().flatten().map(StateRun::retries).sum(),
            path: history.map(|history| {
                let path = history.path(top_level).into_iter();
                path.map(str::to_owned).collect()
            }),
            failed_state: failure.as_ref().map(|failure| failure.state.clone()),
            failure,
            tree: history.map_or_else(Vec::new, |history| state_tree(history, run.status, now)),
            execution_arn: Some(run.execution_arn),
            output: run.output,
            error: run.error,
            cause: run.cause,
            mismatches,
            logs,
            log_group,
            ..Self::unknown(test)
        }
    }

    /// A test whose execution could not be started or read.
    pub fn without_run(test: &TestConfig, error: anyhow::Error) -> Self {
        Self {
            problem: Some(error.to_string()),
            hint: hint(&error),
            ..Self::unknown(test)
        }
    }

    fn unknown(test: &TestConfig) -> Self {
        Self {
            test: test.name.clone(),
            passed: false,
            problem: None,
            hint: None,
            execution_arn: None,
            status: None,
            seconds: 0.0,
            retries: 0,
            path: None,
            output: None,
            error: None,
            cause: None,
            failed_state: None,
            failure: None,
            mismatches: Vec::new(),
            logs: Vec::new(),
            log_group: None,
            tree: Vec::new(),
            show: None,
            line: test.expect.line,
            console_url: None,
            diagram: None,
        }
    }

    /// With the page of its execution, where the stack is on AWS.
    pub fn shown_in(mut self, console: Option<&Console>) -> Self {
        let arn = self.execution_arn.as_deref();
        self.console_url = console
            .zip(arn)
            .and_then(|(console, arn)| console.execution(arn));
        self
    }

    /// With its execution painted on the workflow.
    pub fn drawn(mut self, diagram: Option<String>) -> Self {
        self.diagram = diagram;
        self
    }

    /// Where the whole execution can be seen.
    pub fn shown_by(mut self, command: Option<String>) -> Self {
        self.show = command;
        self
    }

    pub fn elapsed(&self) -> Duration {
        Duration::try_from_secs_f64(self.seconds).unwrap_or_default()
    }

    pub fn passed(&self) -> bool {
        self.passed
    }

    /// For the reports outside of the terminal.
    fn case(&self) -> TestCase {
        let unmet = self.mismatches.iter().map(|mismatch| Unmet {
            what: mismatch.what.to_string(),
            detail: mismatch.detail.clone(),
            line: mismatch.line,
        });
        let problem = self.problem.iter().map(|problem| Unmet {
            what: "execution".to_owned(),
            detail: problem.clone(),
            line: self.line,
        });
        TestCase {
            name: self.test.clone(),
            passed: self.passed,
            status: self.status.unwrap_or("not run"),
            elapsed: self.elapsed(),
            retries: self.retries,
            path: self.path.clone().unwrap_or_default(),
            failed_state: self.failed_state.clone(),
            error: self.error.clone(),
            cause: self
                .cause
                .as_deref()
                .map(|cause| Cause::parse(cause).message),
            unmet: unmet.chain(problem).collect(),
            logs: self.logs.clone(),
            execution_arn: self.execution_arn.clone(),
            console_url: self.console_url.clone(),
            diagram: self.diagram.clone(),
        }
    }
}

impl FailedState {
    fn of(run: &Run) -> Option<Self> {
        if run.error.is_none() && run.output.is_some() {
            return None;
        }
        let state = run.failed_state()?;
        let cause = state.failure().map(|failure| Cause::parse(&failure.cause));
        let (message, stack_trace) = match cause {
            Some(cause) => (Some(cause.message), cause.stack_trace),
            None => (None, Vec::new()),
        };
        let attempts = state.attempts.iter();
        Some(Self {
            state: state.name.clone(),
            input: state.input.as_deref().map(json),
            attempts: attempts
                .filter_map(|attempt| attempt.failure.clone())
                .collect(),
            message,
            stack_trace,
        })
    }
}

/// What all tests came to.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct TestReports {
    pub reports: Vec<TestReport>,
    /// Of the stack and stage.
    #[serde(skip)]
    pub prefix: String,
    /// The file that holds the expectations.
    #[serde(skip)]
    pub deploy_toml: PathBuf,
}

impl TestReports {
    pub fn cases(&self) -> Vec<TestCase> {
        self.reports.iter().map(TestReport::case).collect()
    }
}

impl Answer for TestReports {
    fn text(&self) -> String {
        report_text::text(&self.reports)
    }

    fn summary(&self) -> Option<String> {
        Some(test_summary(&self.prefix, &self.cases()))
    }

    fn annotations(&self) -> Vec<Annotation> {
        test_annotations(&self.deploy_toml, &self.cases())
    }
}
