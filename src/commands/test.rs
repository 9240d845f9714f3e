//! `txflow test`.

use std::io::Read as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::SystemTime;

use anyhow::Result;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use txflow_local_aws::{MockedResponse, MockedResponses, Mocks};

use super::error::CommandError;
use super::session::{Session, Ui};
use super::test_report::{TestReport, TestReports};
use crate::aws::{AwsError, Class, failed};
use crate::cli::TestOptions;
use crate::config::{MockAnswer, TestConfig};
use crate::error::Exit;
use crate::executions::{self, News, Run, Start, Told};
use crate::report::Event;

/// How many log lines of a failed handler are shown.
const LOG_LINES: usize = 10;

/// What is to run, and on what.
pub(super) struct Prepared {
    pub session: Session,
    pub tests: Vec<TestConfig>,
    /// What executions are started on.
    release: String,
}

/// Runs the tests and says which expectations were not met.
pub async fn test(ui: &Ui, options: &TestOptions) -> Result<Exit> {
    if options.watch {
        return super::test_watch::watch(ui, options).await;
    }
    if let Some(repeat) = options.repeat {
        return super::test_load::load(ui, options, repeat).await;
    }
    let reports = run_all(ui, options).await?;
    ui.answer(&reports)?;
    Ok(if reports.0.iter().all(TestReport::passed) {
        Exit::Done
    } else {
        Exit::TestFailed
    })
}

/// Runs the tests that were chosen side by side, each once.
pub(super) async fn run_all(ui: &Ui, options: &TestOptions) -> Result<TestReports> {
    let prepared = prepare(ui, options).await?;
    let tests = &prepared.tests;
    let at_once = options.concurrency.map_or(tests.len(), NonZeroUsize::get);
    let reports = stream::iter(tests).map(|test| run(ui, &prepared, test));
    let reports = reports.buffered(at_once).collect::<Vec<_>>().await;
    ui.reporter.report(&Event::ExecutionsFinished);
    Ok(TestReports(reports.into_iter().collect::<Result<_>>()?))
}

/// Finds out what is to run. What is live must be asked for after a deploy.
pub(super) async fn prepare(ui: &Ui, options: &TestOptions) -> Result<Prepared> {
    let session = ui.session(None).await?;
    let tests = chosen(&session.deployment.tests, &options.types)?;
    let tests = ui.without_mocked(tests)?;
    let tests = match &options.input {
        None => tests,
        Some(_) if tests.len() > 1 => {
            let count = tests.len();
            return Err(CommandError::InputForSeveral { count }.into());
        }
        Some(path) => with_input(tests, read_input(path)?),
    };
    let release = live_version(&session).await?;
    ui.add_mocks(mocks(&session, &tests)).await?;
    Ok(Prepared {
        session,
        tests,
        release,
    })
}

impl Prepared {
    /// What a test is started on. As with Step Functions Local, a test case with mocks is named behind the ARN.
    pub fn state_machine_arn(&self, test: &TestConfig) -> String {
        if test.mocks.is_empty() {
            self.release.clone()
        } else {
            format!("{}#{}", self.release, test.name)
        }
    }
}

impl Ui {
    /// AWS runs the real thing: a test that mocks a state is for `--local`.
    fn without_mocked(&self, tests: Vec<TestConfig>) -> Result<Vec<TestConfig>, CommandError> {
        if self.global.local {
            return Ok(tests);
        }
        let (mocked, tests): (Vec<_>, Vec<_>) =
            tests.into_iter().partition(|test| !test.mocks.is_empty());
        for test in &mocked {
            let text = format!(
                "test `{}` has mocks and runs only with `--local`",
                test.name
            );
            self.reporter.report(&Event::Note { text });
        }
        if tests.is_empty() {
            return Err(CommandError::OnlyMocked);
        }
        Ok(tests)
    }
}

fn chosen(tests: &[TestConfig], types: &[String]) -> Result<Vec<TestConfig>, CommandError> {
    if tests.is_empty() {
        return Err(CommandError::NoTests);
    }
    if types.is_empty() {
        return Ok(tests.to_vec());
    }
    types
        .iter()
        .map(|name| {
            let test = tests.iter().find(|test| test.name == *name);
            test.cloned().ok_or_else(|| CommandError::UnknownTest {
                name: name.clone(),
                known: tests.iter().map(|test| test.name.clone()).collect(),
            })
        })
        .collect()
}

fn with_input(mut tests: Vec<TestConfig>, input: Value) -> Vec<TestConfig> {
    for test in &mut tests {
        test.input = input.clone();
    }
    tests
}

fn read_input(path: &Path) -> Result<Value, CommandError> {
    let bad = |cause: String| CommandError::BadInput {
        path: path.display().to_string(),
        cause,
    };
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(path).map(|read| text = read)
    };
    read.map_err(|error| bad(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| bad(error.to_string()))
}

/// The version ARN of the live release. New executions on an alias may for some seconds use what it
/// pointed at before; those on a version ARN never do.
async fn live_version(session: &Session) -> Result<String> {
    let alias_arn = session.stack.alias_arn();
    let alias = session.aws.sfn.describe_state_machine_alias();
    let alias = alias.state_machine_alias_arn(&alias_arn).send().await;
    let alias = match alias.map_err(failed("DescribeStateMachineAlias")) {
        Ok(alias) => alias,
        Err(error) if error.class == Class::NotFound => return Err(session.not_deployed().into()),
        Err(error) => return Err(error.into()),
    };
    Ok(match alias.routing_configuration() {
        [release] => release.state_machine_version_arn().to_owned(),
        // Somebody split the traffic: the alias decides.
        _ => alias_arn,
    })
}

async fn run(ui: &Ui, prepared: &Prepared, test: &TestConfig) -> Result<TestReport> {
    let began = SystemTime::now();
    let session = &prepared.session;
    let name = execution_name(&test.name);
    let start = Start {
        state_machine_arn: &prepared.state_machine_arn(test),
        kind: session.deployment.state_machine.kind,
        name: &name,
        input: &test.input,
    };
    let started = |execution_arn: &str| {
        ui.reporter.report(&Event::ExecutionStarted {
            test: test.name.clone(),
            execution_arn: execution_arn.to_owned(),
        });
    };
    let told = |told: Told| {
        if let Some(event) = event(&test.name, told) {
            ui.reporter.report(&event);
        }
    };
    let run = executions::execute(&session.aws, &start, &started, &told).await?;
    let top_level = session.deployment.definition.top_level_states();
    let mismatches = executions::check(&run, &test.expect, &top_level);
    let logs = if mismatches.is_empty() {
        None
    } else {
        failing_logs(session, &run, began).await
    };
    Ok(TestReport::new(test, run, mismatches, logs))
}

fn mocks(session: &Session, tests: &[TestConfig]) -> Mocks {
    let mut mocks = Mocks::default();
    for test in tests {
        for (state, answers) in &test.mocks {
            let answers = answers.iter().map(|answer| match answer {
                MockAnswer::Result(result) => MockedResponse::Payload(result.clone()),
                MockAnswer::Error { error, cause } => MockedResponse::Throw {
                    error: error.clone(),
                    cause: cause.clone().unwrap_or_default(),
                },
            });
            let machine = session.stack.state_machine_name();
            let answers = MockedResponses::repeating_the_last(answers.collect());
            mocks.add(machine, &test.name, state, answers);
        }
    }
    mocks
}

/// Unique, so that two runs of a test are two executions, and within AWS's 80 characters.
pub(super) fn execution_name(test: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let test: String = test.chars().map(plain).take(30).collect();
    format!("txflow-{test}-{}", uuid::Uuid::new_v4())
}

fn event(test: &str, told: Told) -> Option<Event> {
    let test = test.to_owned();
    let Told { news, state, .. } = told;
    Some(match news {
        News::Entered => Event::StateEntered {
            test,
            state: state.name,
        },
        News::Exited => Event::StateExited {
            test,
            elapsed: state.duration(),
            retries: state.retries(),
            state: state.name,
        },
        News::AttemptFailed | News::Retried => return None,
    })
}

/// The log group of the handler whose state failed, and its last lines.
async fn failing_logs(
    session: &Session,
    run: &Run,
    began: SystemTime,
) -> Option<(String, Result<Vec<String>, AwsError>)> {
    let state = &run.history.as_ref()?.failed_state()?.name;
    let definition = &session.deployment.definition.template;
    let handler = handler_of(definition, state, session.deployment.functions.keys())?;
    let log_group = session.stack.function_log_group(&handler);
    let lines = executions::last_lines(&session.aws, &log_group, began, LOG_LINES).await;
    Some((log_group, lines))
}

/// The handler that a state names by its placeholder.
fn handler_of<'a>(
    definition: &Value,
    state: &str,
    mut handlers: impl Iterator<Item = &'a String>,
) -> Option<String> {
    let text = definition.pointer("/States")?.get(state)?.to_string();
    handlers
        .find(|handler| text.contains(&format!("${{{handler}}}")))
        .cloned()
}
