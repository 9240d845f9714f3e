//! `txflow test`.

use std::io::Read as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Result;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use txflow_local_aws::{MockedResponse, MockedResponses, Mocks};

use super::error::CommandError;
use super::session::{Session, Ui};
use super::test_report::{TestReport, TestReports};
use crate::aws::{AwsError, Class, failed};
use crate::cli::TestOptions;
use crate::config::{Definition, FILE_NAME, MockAnswer, StateMachineKind, TestConfig};
use crate::error::Exit;
use crate::executions::{self, Run, Start, Told};
use crate::logs;
use crate::report::{self, Event};

/// How many log lines of a failed handler are shown.
const LOG_LINES: usize = 10;
/// How long they are waited for: CloudWatch Logs shows a line seconds after it was written.
const LOG_PATIENCE: Duration = Duration::from_secs(5);

/// How long an execution is watched where nothing says how long it may take.
const LIMIT: Duration = Duration::from_secs(300);

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
    let prepared = prepare(ui, options).await?;
    if let Some(repeat) = options.repeat {
        return super::test_load::load(ui, &prepared, options, repeat).await;
    }
    let reports = run_all(ui, &prepared, options).await?;
    ui.answer(&reports)?;
    if let Some(path) = &options.junit {
        write_junit(path, &reports, &prepared.release)?;
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

/// Runs the tests side by side, each once.
pub(super) async fn run_all(
    ui: &Ui,
    prepared: &Prepared,
    options: &TestOptions,
) -> Result<TestReports> {
    let tests = &prepared.tests;
    let report = |event: &Event| ui.reporter.report(event);
    report(&Event::TestsStarted {
        tests: tests.iter().map(|test| test.name.clone()).collect(),
    });
    let at_once = options.concurrency.map_or(tests.len(), NonZeroUsize::get);
    let runs = tests.iter().enumerate();
    let runs = runs.map(async |(number, test)| (number, told_run(ui, prepared, test).await));
    let mut runs: Vec<_> = stream::iter(runs).buffer_unordered(at_once).collect().await;
    report(&Event::TestsFinished);
    runs.sort_by_key(|(number, _)| *number);
    let runs = runs.into_iter().map(|(_, run)| run);
    Ok(TestReports {
        reports: all(tests, runs.collect())?,
        prefix: prepared.session.stack.prefix(),
        deploy_toml: ui.root().join(FILE_NAME),
    })
}

/// What could not be run is a failed test beside others, and an error where nothing could.
fn all(tests: &[TestConfig], runs: Vec<Result<TestReport, AwsError>>) -> Result<Vec<TestReport>> {
    if !runs.iter().any(Result::is_ok)
        && let Some(Err(error)) = runs.first()
    {
        return Err(error.clone().into());
    }
    let reports = tests
        .iter()
        .zip(runs)
        .map(|(test, run)| run.unwrap_or_else(|error| TestReport::without_run(test, error.into())));
    Ok(reports.collect())
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

/// Runs a test, and tells when it begins and ends.
async fn told_run(ui: &Ui, prepared: &Prepared, test: &TestConfig) -> Result<TestReport, AwsError> {
    let name = || test.name.clone();
    let began = Instant::now();
    ui.reporter.report(&Event::TestStarted { test: name() });
    let run = run(ui, prepared, test).await;
    let report = run.as_ref();
    ui.reporter.report(&Event::TestFinished {
        test: name(),
        passed: report.is_ok_and(TestReport::passed),
        elapsed: report.map_or(began.elapsed(), TestReport::elapsed),
    });
    run
}

async fn run(ui: &Ui, prepared: &Prepared, test: &TestConfig) -> Result<TestReport, AwsError> {
    let began = SystemTime::now();
    let session = &prepared.session;
    let name = execution_name(&test.name);
    let kind = session.deployment.state_machine.kind;
    let start = Start {
        state_machine_arn: &prepared.state_machine_arn(test),
        kind,
        name: &name,
        input: &test.input,
    };
    let started = |execution_arn: &str| {
        ui.reporter.report(&Event::ExecutionStarted {
            test: test.name.clone(),
            execution_arn: execution_arn.to_owned(),
        });
    };
    let told = |told: Told| ui.reporter.report(&Event::of_state(&test.name, told));
    let limit = limit(test, &session.deployment.definition);
    let run = executions::execute(&session.aws, &start, limit, &started, &told).await?;
    let watched = began.elapsed().unwrap_or_default().as_secs_f64();
    let now = run.stopped.unwrap_or(run.started + watched);
    let top_level = session.deployment.definition.top_level_states();
    let mismatches = executions::check(&run, &test.expect, &top_level);
    let logs = if mismatches.is_empty() {
        None
    } else {
        failing_logs(ui, session, &run).await
    };
    let show = format!("txflow executions show {name}");
    // AWS keeps no history of an EXPRESS execution that could be shown.
    let show = (kind == StateMachineKind::Standard).then(|| ui.global.same_stack(&show));
    Ok(TestReport::new(test, run, now, mismatches, logs)
        .shown_by(show)
        .shown_in(session.console().as_ref()))
}

/// How long an execution is watched: longer than it may take, so that one that ends a little late can
/// tell how long it took. The documentation of `max-duration` says so.
fn limit(test: &TestConfig, definition: &Definition) -> Duration {
    let longest = test.expect.max_duration.as_ref();
    let longest = longest.map(|longest| longest.value);
    let timeout = definition.template.get("TimeoutSeconds");
    let timeout = timeout.and_then(Value::as_u64).map(Duration::from_secs);
    let longest = longest.or(timeout).map(|longest| longest.saturating_mul(2));
    longest.map_or(LIMIT, |longest| {
        longest.saturating_add(Duration::from_secs(1))
    })
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
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::{Expect, Written};

    fn named(name: &str) -> TestConfig {
        TestConfig {
            name: name.to_owned(),
            input: json!({}),
            expect: Expect::success(1),
            mocks: [].into(),
            line: 1,
        }
    }

    fn denied() -> AwsError {
        AwsError {
            operation: "StartExecution",
            code: Some("AccessDeniedException".to_owned()),
            message: "no".to_owned(),
            request_id: None,
            class: Class::Denied,
        }
    }

    #[test]
    fn a_test_that_could_not_be_run_does_not_hide_the_others() {
        let tests = ["A", "B"].map(named);
        let other = TestReport::without_run(&tests[1], denied().into());
        let reports = all(&tests, vec![Err(denied()), Ok(other)]).unwrap();
        let names = reports.iter().map(|report| report.test.as_str());
        assert_eq!(names.collect::<Vec<_>>(), ["A", "B"]);
    }

    #[test]
    fn where_no_test_could_be_run_there_is_one_error() {
        let tests = ["A", "B"].map(named);
        let error = all(&tests, vec![Err(denied()), Err(denied())]).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&denied()));
    }

    #[test]
    fn an_execution_is_watched_for_longer_than_it_may_take() {
        let definition = |template: Value| Definition {
            path: "definition.asl.json".into(),
            template,
        };
        let timeout = definition(json!({ "TimeoutSeconds": 60 }));
        let none = definition(json!({}));
        let mut test = named("A");
        assert_eq!(limit(&test, &none), LIMIT);
        assert_eq!(limit(&test, &timeout), Duration::from_secs(121));
        let value = Duration::from_secs(3);
        test.expect.max_duration = Some(Written { value, line: 1 });
        assert_eq!(limit(&test, &timeout), Duration::from_secs(7));
        let value = Duration::MAX;
        test.expect.max_duration = Some(Written { value, line: 1 });
        assert_eq!(limit(&test, &none), Duration::MAX);
    }
}
