//! Runs tests once, for what their tasks answer.

use std::time::Instant;

use anyhow::Result;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use super::options::TestOptions;
use super::prepare::{PreparedTests, TestedRelease, prepare};
use super::report::Skipped;
use super::run::execute;
use crate::commands::context::{Context, Session};
use crate::config::TestConfig;
use crate::executions::{self, MapChildren, Run};
use crate::report::Event;

/// A test and its executions, with their histories: its own first, then those of its Distributed Maps.
pub struct RecordedTest {
    pub test: TestConfig,
    pub executions: Vec<Value>,
}

/// How many tests run at once.
const AT_ONCE: usize = 10;

/// Runs each test once on what is live. What it expects is not checked.
///
/// # Errors
///
/// If nothing is live, or a call is refused.
pub async fn record_tests(
    context: &Context,
    session: Session,
    options: &TestOptions,
) -> Result<Vec<RecordedTest>> {
    let prepared = prepare(context, session, options, TestedRelease::Live).await?;
    for Skipped { test, reason } in &prepared.skipped {
        let note = format!("test `{test}` is not explored: {reason}");
        context.printer.note(&note);
    }
    let names = prepared.tests.iter().map(|test| test.name.clone());
    context.printer.report(&Event::TestsStarted {
        tests: names.collect(),
    });
    let tests = stream::iter(&prepared.tests);
    let recorded = tests.map(|test| reported(context, &prepared, test));
    let recorded = recorded.buffered(AT_ONCE).try_collect().await;
    context.printer.report(&Event::TestsFinished);
    recorded
}

/// Runs a test, and reports when it begins and ends.
async fn reported(
    context: &Context,
    prepared: &PreparedTests,
    test: &TestConfig,
) -> Result<RecordedTest> {
    let began = Instant::now();
    context.printer.report(&Event::TestStarted {
        test: test.name.clone(),
    });
    let executed = execute(context, prepared, test, &|_| {}).await;
    let run = executed.as_ref().ok().and_then(Option::as_ref);
    context.printer.report(&Event::TestFinished {
        test: test.name.clone(),
        passed: run.is_some_and(|executed| executed.mismatches.is_empty()),
        elapsed: began.elapsed(),
        status: run.map(|executed| executed.run.status),
    });
    let executions = match executed? {
        Some(executed) => histories(prepared, test, executed.run).await?,
        None => Vec::new(),
    };
    Ok(RecordedTest {
        test: test.clone(),
        executions,
    })
}

async fn histories(prepared: &PreparedTests, test: &TestConfig, run: Run) -> Result<Vec<Value>> {
    let aws = &prepared.session.aws;
    let mut executions = vec![executions::recorded(aws, &run.execution_arn).await?];
    let definition = &prepared.session.deployment.tested(test).definition;
    if definition.has_distributed_map() {
        let run = executions::with_children(aws, run, MapChildren::All).await?;
        let children = run.map_runs.iter().flat_map(|map_run| &map_run.children);
        for child in children.filter(|child| child.history.is_some()) {
            executions.push(executions::recorded(aws, &child.execution_arn).await?);
        }
    }
    Ok(executions)
}
