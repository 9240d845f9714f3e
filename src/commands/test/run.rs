//! Runs tests side by side, each once.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use anyhow::Result;
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;

use super::contents::unmet_contents;
use super::kept::Kept;
use super::options::TestOptions;
use super::prepare::PreparedTests;
use super::report::{Links, Logs, Shown, TestReport, TestReports};
use crate::aws::AwsError;
use crate::commands::context::{Context, Session};
use crate::commands::error::CommandError;
use crate::commands::state_machine::StateMachineOption;
use crate::config::{Definition, FILE_NAME, StateMachineConfig, StateMachineKind, TestConfig};
use crate::executions::{self, Answers, MapChildren, Mismatch, Run, Start, StateChange};
use crate::graph::{Graph, Paint, mermaid};
use crate::logs::{self, LogGroup};
use crate::report::Event;

/// How many log lines of a failed handler are shown.
const LOG_LINES: usize = 10;
/// How long they are waited for: CloudWatch Logs shows a line seconds after it was written.
const LOG_PATIENCE: Duration = Duration::from_secs(5);

/// How long an execution is watched if nothing says how long it may take.
const LIMIT: Duration = Duration::from_secs(300);

/// Runs all tests. Their reports are in the order of deploy.toml.
///
/// # Errors
///
/// If no test could be run, or at the first Ctrl-C, with the tests that had ended.
pub(super) async fn run_all(
    context: &Context,
    prepared: &PreparedTests,
    options: &TestOptions,
) -> Result<TestReports> {
    let tests = &prepared.tests;
    context.printer.report(&Event::TestsStarted {
        tests: tests.iter().map(|test| test.name.clone()).collect(),
    });
    let kept = Kept::begin(context, prepared);
    let at_once = options.concurrency.map_or(tests.len(), NonZeroUsize::get);
    let started = tests.iter().enumerate().map(async |(number, test)| {
        kept.test_began(number);
        let began = |execution_arn: &str| kept.execution_began(number, execution_arn);
        let run = reported_run(context, prepared, test, &began).await;
        kept.test_ended(number, &run);
        (number, run)
    });
    let ended: BTreeMap<usize, Result<TestReport, AwsError>> = stream::iter(started)
        .buffer_unordered(at_once)
        .take_until(context.world.interruption())
        .collect()
        .await;
    context.printer.report(&Event::TestsFinished);
    kept.end();
    if ended.len() < tests.len() {
        return Err(interrupted(context, prepared, &ended).into());
    }
    Ok(TestReports {
        reports: all(tests, ended.into_values().collect())?,
        skipped: prepared.skipped.clone(),
        prefix: prepared.session.stack.prefix(),
        deploy_toml: context.project.root().join(FILE_NAME),
        coverage: { prepared.coverage.as_ref() }
            .map(|collector| collector.report(&options.coverage)),
        shown: Shown {
            verbose: options.verbose,
            is_virtual: context.connection.is_virtual(options.time()),
            columns: context.printer.columns(),
        },
    })
}

fn interrupted(
    context: &Context,
    prepared: &PreparedTests,
    ended: &BTreeMap<usize, Result<TestReport, AwsError>>,
) -> CommandError {
    let (mut passed, mut failed, mut unfinished) = (Vec::new(), Vec::new(), Vec::new());
    for (number, test) in prepared.tests.iter().enumerate() {
        let list = match ended.get(&number) {
            None => &mut unfinished,
            Some(Ok(report)) if report.passed => &mut passed,
            Some(_) => &mut failed,
        };
        list.push(test.name.clone());
    }
    let listed = prepared.session.deployment.state_machines.main.kind == StateMachineKind::Standard;
    let commands = ["txflow executions list", "txflow executions stop NAME"];
    let commands = commands.map(|command| context.global.same_stack(command));
    let embedded = context.connection.embedded();
    CommandError::TestsInterrupted {
        aborted: !unfinished.is_empty() && embedded.is_some_and(|aws| !aws.joined()),
        commands: (listed && !unfinished.is_empty()).then_some(commands),
        passed,
        failed,
        unfinished,
    }
}

/// A test that could not be run is a failed test beside others; if none could, it is an error.
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

/// Runs a test, and reports when it begins and ends.
async fn reported_run(
    context: &Context,
    prepared: &PreparedTests,
    test: &TestConfig,
    began_execution: &dyn Fn(&str),
) -> Result<TestReport, AwsError> {
    let name = || test.name.clone();
    let began = Instant::now();
    context.printer.report(&Event::TestStarted { test: name() });
    let run = run(context, prepared, test, began_execution).await;
    let report = run.as_ref();
    context.printer.report(&Event::TestFinished {
        test: name(),
        passed: report.is_ok_and(|report| report.passed),
        elapsed: report.map_or(began.elapsed(), |report| report.elapsed),
        status: report.ok().and_then(|report| report.status),
    });
    run
}

/// Runs a test, and once more if it fails for a policy of the new release that is not in force yet.
async fn run(
    context: &Context,
    prepared: &PreparedTests,
    test: &TestConfig,
    began_execution: &dyn Fn(&str),
) -> Result<TestReport, AwsError> {
    let Some(first) = execute(context, prepared, test, began_execution).await? else {
        return Ok(TestReport::started_nothing(test));
    };
    let is_denied = !first.mismatches.is_empty() && first.run.met_no_policy();
    if !(prepared.is_fresh && is_denied) {
        return Ok(report(context, prepared, test, first).await);
    }
    let test_name = test.name.clone();
    context
        .printer
        .report(&Event::TestRepeated { test: test_name });
    let aws = &prepared.session.aws;
    aws.sleep.sleep(aws.policy_propagation).await;
    let Some(second) = execute(context, prepared, test, began_execution).await? else {
        return Ok(TestReport::started_nothing(test));
    };
    Ok(TestReport {
        denied_execution_arn: Some(first.run.execution_arn),
        ..report(context, prepared, test, second).await
    })
}

/// What one execution of a test came to.
pub(super) struct Executed {
    pub run: Run,
    /// When it ended, or was last read.
    now: Timestamp,
    pub mismatches: Vec<Mismatch>,
}

/// `None` if the event of the test started no execution. Calls `began_execution` with the ARN of one that it started.
pub(super) async fn execute(
    context: &Context,
    prepared: &PreparedTests,
    test: &TestConfig,
    began_execution: &dyn Fn(&str),
) -> Result<Option<Executed>, AwsError> {
    let began = (context.world.now)();
    let session = &prepared.session;
    let name = executions::test_name(&test.name, context.world.random.uuid());
    let start = Start {
        state_machine_arn: &prepared.state_machine_arn(test),
        kind: session.deployment.tested(test).kind,
        name: &name,
        input: &test.input,
    };
    let on_start = |execution_arn: &str| {
        began_execution(execution_arn);
        context.printer.report(&Event::ExecutionStarted {
            test: test.name.clone(),
            execution_arn: execution_arn.to_owned(),
            alone: false,
        });
    };
    let on_change =
        |change: StateChange| context.printer.report(&Event::of_state(&test.name, change));
    let definition = &session.deployment.tested(test).definition;
    let limit = limit(test, definition);
    let aws = &session.aws;
    let mut answers = Answers::new(&test.answers, &definition.template);
    let run = match &test.event {
        Some(event) => {
            let stack = &session.stack;
            executions::execute_by_event(
                aws,
                stack,
                event,
                limit,
                &mut answers,
                &on_start,
                &on_change,
            )
            .await?
        }
        None => Some(
            executions::execute(aws, &start, limit, &mut answers, &on_start, &on_change).await?,
        ),
    };
    let Some(run) = run else {
        return Ok(None);
    };
    let watched = executions::between(began, (context.world.now)());
    let now = run.stopped.unwrap_or(run.started + watched);
    if let Some(coverage) = &prepared.coverage {
        coverage.add(&test.state_machine, &run).await;
    }
    let top_level = definition.top_level_states();
    let run = if test.expect.calls.is_empty() {
        run
    } else {
        executions::with_children(aws, run, MapChildren::All).await?
    };
    let mut mismatches = executions::check(&run, &test.expect, &top_level);
    mismatches.extend(answers.refused());
    if let Some(embedded) = context.connection.embedded() {
        mismatches.extend(unmet_contents(embedded, session, &test.expect.contents).await);
    }
    Ok(Some(Executed {
        run,
        now,
        mismatches,
    }))
}

async fn report(
    context: &Context,
    prepared: &PreparedTests,
    test: &TestConfig,
    executed: Executed,
) -> TestReport {
    let session = &prepared.session;
    let Executed {
        run,
        now,
        mismatches,
    } = executed;
    let logs = if mismatches.is_empty() {
        None
    } else {
        failing_logs(context, session, test, &run).await
    };
    let StateMachineConfig {
        definition, kind, ..
    } = session.deployment.tested(test);
    let run = if mismatches.is_empty() || !run.children.is_empty() {
        run
    } else {
        // That they cannot be read must not hide why the test failed.
        let whole = executions::with_children(&session.aws, run.clone(), MapChildren::Failed).await;
        whole.unwrap_or(run)
    };
    // What is expected was compared with what was there; all from here on is shown.
    let run = run.masked(&context.world.secrets);
    let diagram = context
        .world
        .is_github()
        .then(|| diagram(definition, &run))
        .flatten();
    let machine = StateMachineOption::shown(&test.state_machine);
    let show = format!("txflow executions show {}{machine}", run.name());
    // AWS keeps no history of an EXPRESS execution that could be shown.
    let console = session.console();
    let links = Links {
        show: (*kind == StateMachineKind::Standard).then(|| context.global.same_stack(&show)),
        console_url: console.and_then(|console| console.execution(&run.execution_arn)),
        diagram,
    };
    let top_level = definition.top_level_states();
    TestReport::new(test, run, &top_level, now, mismatches, logs, links)
}

/// How long an execution is watched: longer than it may take, so that one that ends a little late can
/// tell how long it took. The documentation of `max-duration` says so.
pub(super) fn limit(test: &TestConfig, definition: &Definition) -> Duration {
    let max_duration = test.expect.max_duration.as_ref();
    let timeout = || {
        let seconds = definition.template.get("TimeoutSeconds")?.as_u64()?;
        Some(Duration::from_secs(seconds))
    };
    let allowed = max_duration.map(|written| written.value).or_else(timeout);
    allowed.map_or(LIMIT, |allowed| {
        allowed
            .saturating_mul(2)
            .saturating_add(Duration::from_secs(1))
    })
}

/// The execution painted on the workflow. `None` if another definition is live than the one here.
fn diagram(definition: &Definition, run: &Run) -> Option<String> {
    let known = definition.states();
    let mut entered = run.history.iter().flat_map(|history| &history.states);
    if !entered.all(|state| known.contains(&state.name)) {
        return None;
    }
    let graph = Graph::of(&definition.template);
    let paint = Paint::new(&graph, run);
    Some(mermaid(&graph, run.history.as_ref().map(|_| &paint)))
}

/// The log group of the handler whose state failed, and the last lines of its last attempt.
async fn failing_logs(context: &Context, session: &Session, test: &TestConfig, run: &Run) -> Logs {
    let tree = run.tree()?;
    let index = tree.failed()?;
    let state = tree.state(index);
    let last = state.attempts.len().checked_sub(1);
    let called = last.and_then(|last| Some((last, logs::group_of(&state.attempts[last])?)));
    let patience = if context.global.local {
        Duration::ZERO
    } else {
        LOG_PATIENCE
    };
    let Session { aws, stack, .. } = session;
    let (log_group, lines) = match called {
        Some((attempt, log_group)) => {
            let read = logs::of_attempt(aws, stack, run, index, attempt, patience);
            (log_group, read.await)
        }
        // Not every implementation of the API says which function a task calls.
        None => {
            let deployment = &session.deployment;
            let names = deployment.tested(test).definition.names_of(&state.name);
            let mut names = names.into_iter();
            let function = names.find(|name| deployment.functions.contains_key(name))?;
            let name = stack.function_log_group(&function);
            let group = LogGroup { function, name };
            let since = logs::Window::since(run.started);
            let read = logs::read(aws, std::slice::from_ref(&group), since).await;
            (group.name, read.map(|read| read.lines))
        }
    };
    let own = lines.map(|lines| {
        let own = lines.into_iter().filter(|line| !line.is_platform());
        own.map(|line| line.message).collect::<Vec<_>>()
    });
    let last = own.map(|lines| lines[lines.len().saturating_sub(LOG_LINES)..].to_vec());
    Some((log_group, last))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::aws::Class;
    use crate::config::{Expect, MachineName, MocksOnAws, Written};

    fn named(name: &str) -> TestConfig {
        TestConfig {
            name: name.to_owned(),
            state_machine: MachineName::Main,
            input: json!({}),
            event: None,
            trigger: None,
            expect: Expect::success(1),
            mocks: [].into(),
            mocks_on_aws: MocksOnAws::Skip,
            answers: [].into(),
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
    fn if_no_test_could_be_run_there_is_one_error() {
        let tests = ["A", "B"].map(named);
        let error = all(&tests, vec![Err(denied()), Err(denied())]).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&denied()));
    }

    #[test]
    fn an_execution_is_watched_for_longer_than_it_may_take() {
        let definition = |template: Value| Definition {
            path: "definition.asl.json".into(),
            template,
            text: Default::default(),
            incomplete: false,
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
