//! `txflow test`.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use futures_util::future::join_all;
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
use crate::logs;
use crate::report::{self, Event};

/// How many log lines of a failed handler are shown.
const LOG_LINES: usize = 10;
/// How long they are waited for: CloudWatch Logs shows a line seconds after it was written.
const LOG_PATIENCE: Duration = Duration::from_secs(5);

/// Runs the tests side by side and says which expectations were not met.
pub async fn test(ui: &Ui, options: &TestOptions) -> Result<Exit> {
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
    let reports = join_all(tests.iter().map(|test| run(ui, &session, &release, test))).await;
    let reports = reports.into_iter().collect::<Result<Vec<_>>>()?;
    let reports = TestReports {
        reports,
        prefix: session.stack.prefix(),
        deploy_toml: ui.root().join("deploy.toml"),
    };
    ui.answer(&reports)?;
    if let Some(path) = &options.junit {
        write_junit(path, &reports, &release)?;
    }
    Ok(if reports.reports.iter().all(TestReport::passed) {
        Exit::Done
    } else {
        Exit::TestFailed
    })
}

fn write_junit(path: &Path, reports: &TestReports, release: &str) -> Result<()> {
    let report = report::junit(&reports.prefix, release, &reports.cases())?;
    std::fs::write(path, report).map_err(|cause| CommandError::CannotWrite {
        path: path.display().to_string(),
        cause,
    })?;
    Ok(())
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

async fn run(ui: &Ui, session: &Session, release: &str, test: &TestConfig) -> Result<TestReport> {
    let name = execution_name(&test.name);
    // As with Step Functions Local, a test case is named behind the ARN.
    let mocked = format!("{release}#{}", test.name);
    let start = Start {
        state_machine_arn: if test.mocks.is_empty() {
            release
        } else {
            &mocked
        },
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
        failing_logs(ui, session, &run).await
    };
    Ok(TestReport::new(test, run, mismatches, logs).shown_in(session.console().as_ref()))
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
fn execution_name(test: &str) -> String {
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

/// The log group of the handler whose state failed, and the last lines of its last attempt.
async fn failing_logs(
    ui: &Ui,
    session: &Session,
    run: &Run,
) -> Option<(String, Result<Vec<String>, AwsError>)> {
    let history = run.history.as_ref()?;
    let failed = history.failed_state()?;
    let index = history
        .states
        .iter()
        .position(|state| std::ptr::eq(state, failed))?;
    let attempt = failed.attempts.len().checked_sub(1)?;
    let log_group = logs::group_of(&failed.attempts[attempt])?;
    let patience = if ui.global.local {
        Duration::ZERO
    } else {
        LOG_PATIENCE
    };
    let read = logs::of_attempt(&session.aws, &session.stack, run, index, attempt, patience);
    let lines = read.await.map(|lines| {
        let surplus = lines.len().saturating_sub(LOG_LINES);
        let last = lines.into_iter().skip(surplus);
        last.map(|line| line.message).collect()
    });
    Some((log_group, lines))
}
