//! Runs tests once, for what their tasks answer.

use anyhow::Result;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use super::options::TestOptions;
use super::prepare::{PreparedTests, TestedRelease, prepare};
use super::report::Skipped;
use super::run::execute;
use crate::commands::context::{Context, Session};
use crate::config::TestConfig;
use crate::executions::{self, MapChildren};

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
    let tests = stream::iter(&prepared.tests);
    let recorded = tests
        .map(|test| record(context, &prepared, test))
        .buffered(AT_ONCE);
    recorded.try_collect().await
}

async fn record(
    context: &Context,
    prepared: &PreparedTests,
    test: &TestConfig,
) -> Result<RecordedTest> {
    let aws = &prepared.session.aws;
    let mut executions = Vec::new();
    if let Some(executed) = execute(context, prepared, test).await? {
        let arn = executed.run.execution_arn.clone();
        executions.push(executions::recorded(aws, &arn).await?);
        let definition = &prepared.session.deployment.tested(test).definition;
        if definition.has_distributed_map() {
            let run = executions::with_children(aws, executed.run, MapChildren::All).await?;
            let children = run.map_runs.iter().flat_map(|map_run| &map_run.children);
            for child in children.filter(|child| child.history.is_some()) {
                executions.push(executions::recorded(aws, &child.execution_arn).await?);
            }
        }
    }
    Ok(RecordedTest {
        test: test.clone(),
        executions,
    })
}
