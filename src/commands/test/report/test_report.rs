//! One test and the end of its execution, which all forms of the answer read.

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::aws::AwsError;
use crate::config::TestConfig;
use crate::error::hint;
use crate::executions::{Cause, Failure, Mismatch, PATIENCE, Run, StateRun, Status, between, json};
use crate::report::execution_tree;
use crate::report::style::seconds;

/// A test and the end of its execution.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TestReport {
    pub test: String,
    pub passed: bool,
    /// Why the execution could not be started or read; then nothing else is known of it.
    pub problem: Option<String>,
    /// What can be done about that, or about what the execution failed for.
    pub hint: Option<String>,
    pub execution_arn: Option<String>,
    /// The execution before it, which met a policy that was not in force yet.
    pub denied_execution_arn: Option<String>,
    /// `RUNNING` if it took too long to be watched any further.
    pub status: Option<Status>,
    #[serde(rename = "seconds", serialize_with = "seconds")]
    #[schemars(with = "f64")]
    pub elapsed: Duration,
    pub retries: usize,
    /// The names of the states entered, in order, without those inside of others; unknown for EXPRESS.
    pub path: Option<Vec<String>>,
    pub output: Option<Value>,
    pub error: Option<String>,
    /// As AWS has it: for a function that failed a JSON document.
    pub cause: Option<String>,
    /// The state in which the execution failed, or in which it hangs.
    #[serde(flatten, serialize_with = "failed_state")]
    #[schemars(with = "FailureKeys<'static>")]
    pub failure: Option<FailedState>,
    pub mismatches: Vec<Mismatch>,
    /// The last lines of the handler that failed.
    pub logs: Vec<String>,
    /// How the report of a test without an execution begins.
    #[serde(skip)]
    pub headline: &'static str,
    #[serde(skip)]
    pub log_group: Option<String>,
    #[serde(skip)]
    pub tree: Vec<String>,
    /// The line of `expect` in deploy.toml, or of the test if it has none.
    pub line: usize,
    #[serde(flatten)]
    pub links: Links,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct FailedState {
    pub state: String,
    pub input: Option<Value>,
    /// Why each of its attempts failed.
    pub attempts: Vec<Failure>,
    /// The message in the cause of the last one.
    pub message: Option<String>,
    /// What the function sent of its stack.
    pub stack_trace: Vec<String>,
}

/// Where more of an execution can be seen.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Links {
    /// The command that shows the whole execution.
    #[serde(skip)]
    pub show: Option<String>,
    /// Where the AWS console shows the execution, if the stack is on AWS.
    pub console_url: Option<String>,
    /// The execution painted on the workflow, in Mermaid, for the summary of a GitHub job.
    #[serde(skip)]
    pub diagram: Option<String>,
}

/// Something that is not as it should be.
pub struct Unmet<'a> {
    /// Such as `output`.
    pub what: String,
    /// A sentence, or a diff of several lines.
    pub detail: &'a str,
    /// Where deploy.toml asks for it.
    pub line: usize,
}

/// Why a test failed at a function that nobody has invoked for weeks.
const NOT_READY: &str = "nobody has invoked the function for weeks, and Lambda had reclaimed what it runs on; this execution has \
    woken it, so run the test again in a minute";

/// The log group of the handler that failed, and its last lines.
pub type Logs = Option<(String, Result<Vec<String>, AwsError>)>;

impl TestReport {
    /// `now` is when the execution ended or was last read.
    pub fn new(
        test: &TestConfig,
        run: Run,
        top_level: &[String],
        now: Timestamp,
        mismatches: Vec<Mismatch>,
        logs: Logs,
        links: Links,
    ) -> Self {
        let history = run.history.as_ref();
        let states = history.map(|history| &history.states);
        let (log_group, logs) = match logs {
            None => (None, Vec::new()),
            Some((group, Ok(lines))) => (Some(group), lines),
            // That the logs cannot be read must not hide why the test failed.
            Some((group, Err(error))) => (Some(group), vec![format!("({error})")]),
        };
        Self {
            passed: mismatches.is_empty(),
            status: Some(run.status),
            elapsed: between(run.started, now),
            retries: states.into_iter().flatten().map(StateRun::retries).sum(),
            path: history.map(|history| {
                let path = history.path(top_level).into_iter();
                path.map(str::to_owned).collect()
            }),
            hint: run.met_no_ready_function().then(|| NOT_READY.to_owned()),
            failure: FailedState::of(&run),
            tree: execution_tree(&run, now),
            execution_arn: Some(run.execution_arn),
            output: run.output,
            error: run.error,
            cause: run.cause,
            mismatches,
            logs,
            log_group,
            links,
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

    /// A test whose event started no execution.
    pub fn started_nothing(test: &TestConfig) -> Self {
        let hint = "compare the event, and its `event-bus`, with those of `[[triggers]]`; after a deploy, a rule may take a \
                    minute to see events";
        Self {
            problem: Some(format!(
                "no trigger started an execution within {} s",
                PATIENCE.as_secs()
            )),
            hint: Some(hint.to_owned()),
            headline: "its event started no execution",
            elapsed: PATIENCE,
            ..Self::unknown(test)
        }
    }

    pub(super) fn unknown(test: &TestConfig) -> Self {
        Self {
            test: test.name.clone(),
            passed: false,
            problem: None,
            hint: None,
            execution_arn: None,
            denied_execution_arn: None,
            status: None,
            elapsed: Duration::ZERO,
            retries: 0,
            path: None,
            output: None,
            error: None,
            cause: None,
            failure: None,
            mismatches: Vec::new(),
            logs: Vec::new(),
            headline: "could not be run",
            log_group: None,
            tree: Vec::new(),
            line: test.expect.line,
            links: Links::default(),
        }
    }

    /// Why the test did not pass: the expectations that were not met, or why there was no execution.
    pub fn unmet(&self) -> impl Iterator<Item = Unmet<'_>> {
        let mismatches = self.mismatches.iter().map(|mismatch| Unmet {
            what: mismatch.what.to_string(),
            detail: &mismatch.detail,
            line: mismatch.line,
        });
        let problem = self.problem.iter().map(|problem| Unmet {
            what: "execution".to_owned(),
            detail: problem,
            line: self.line,
        });
        mismatches.chain(problem)
    }

    /// AWS's own spelling, such as `SUCCEEDED`.
    pub fn status_text(&self) -> &'static str {
        self.status.map_or("not run", Status::as_str)
    }

    /// The states in the order in which they were entered, if AWS says.
    pub fn path_text(&self) -> Option<String> {
        let path = self.path.as_ref()?;
        Some(path.join(" → "))
    }

    /// The name of the state in which the execution failed, and its error and cause, as far as there
    /// are such.
    pub fn facts(&self) -> [(&'static str, Option<String>); 3] {
        let state = self.failure.as_ref().map(|failure| failure.state.clone());
        let cause = self.cause.as_deref().map(Cause::parse);
        let facts = [
            ("Failed in state", state),
            ("Error", self.error.clone()),
            ("Cause", cause.map(|cause| cause.message)),
        ];
        facts.map(|(name, fact)| (name, fact.filter(|fact| !fact.is_empty())))
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

/// Its name, which is what most readers of the data look for, and all that is known of it.
#[derive(Serialize, JsonSchema)]
struct FailureKeys<'a> {
    failed_state: Option<&'a str>,
    failure: &'a Option<FailedState>,
}

fn failed_state<S: Serializer>(
    failure: &Option<FailedState>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let failed_state = failure.as_ref().map(|failure| failure.state.as_str());
    let keys = FailureKeys {
        failed_state,
        failure,
    };
    keys.serialize(serializer)
}
