//! `txflow test --repeat`.

use std::num::NonZeroUsize;

use anyhow::Result;

use super::load_report::LoadReport;
use super::options::TestOptions;
use super::prepare::PreparedTests;
use super::report::Skipped;
use super::run::{execution_name, limit};
use crate::commands::context::Context;
use crate::commands::error::CommandError;
use crate::executions::load::{Load, RepeatedTest};
use crate::exit::Exit;
use crate::report::Event;

/// How many executions are in flight at once if nothing else was asked for.
const CONCURRENCY: usize = 10;

/// Runs each test many times, and reports rates, percentiles and why executions failed. The first
/// Ctrl-C ends it with what there is.
pub(super) async fn load(
    context: &Context,
    prepared: &PreparedTests,
    options: &TestOptions,
    repeat: NonZeroUsize,
) -> Result<Exit> {
    let PreparedTests {
        session,
        tests,
        skipped,
        ..
    } = prepared;
    for Skipped { test, reason } in skipped {
        context
            .printer
            .note(&format!("test `{test}` is skipped: {reason}"));
    }
    let load = Load {
        tests: tests
            .iter()
            .map(|test| {
                let tested = session.deployment.tested(test);
                let limit = limit(test, &tested.definition);
                RepeatedTest::new(test, tested, prepared.state_machine_arn(test), limit)
            })
            .collect(),
        repeat: repeat.get(),
        concurrency: options.concurrency.map_or(CONCURRENCY, NonZeroUsize::get),
        execution_name: &|test| execution_name(test, &context.world.random),
        secrets: &context.world.secrets,
    };
    let on_progress = |progress| context.printer.report(&Event::LoadProgress(progress));
    let tallies = load
        .run(&session.aws, context.world.interruption(), &on_progress)
        .await;
    context.printer.report(&Event::TestsFinished);
    let is_virtual = context.connection.is_virtual(options.time());
    let report = LoadReport::new(tests, &tallies?, load.total(), is_virtual);
    if report.all.executions == 0 {
        return Err(CommandError::Interrupted.into());
    }
    context.printer.answer(&report)?;
    Ok(if report.interrupted() {
        Exit::Interrupted
    } else if report.all.failed > 0 {
        Exit::TestFailed
    } else {
        Exit::Done
    })
}
