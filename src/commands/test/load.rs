//! `txflow test --repeat`.

use std::cell::RefCell;
use std::num::NonZeroUsize;

use anyhow::Result;
use futures_util::{StreamExt as _, stream};

use super::coverage::{self, Collector, CoverageReport};
use super::load_report::LoadReport;
use super::options::TestOptions;
use super::prepare::PreparedTests;
use super::report::Skipped;
use super::run::limit;
use crate::commands::context::Context;
use crate::commands::error::CommandError;
use crate::config::{MachineName, TestConfig};
use crate::executions::load::{Load, RepeatedTest};
use crate::executions::{self, Run};
use crate::exit::Exit;
use crate::report::{Event, counted};

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
    let ended = Ended::of(prepared);
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
        execution_name: &|test| executions::test_name(test, context.world.random.uuid()),
        secrets: &context.world.secrets,
        on_run: &|test, run| ended.take(test, run),
    };
    let on_progress = |progress| context.printer.report(&Event::LoadProgress(progress));
    let tallies = load
        .run(&session.aws, context.world.interruption(), &on_progress)
        .await;
    context.printer.report(&Event::TestsFinished);
    let is_virtual = context.connection.is_virtual(options.time());
    let mut report = LoadReport::new(tests, &tallies?, load.total(), is_virtual);
    if let Some(collector) = &prepared.coverage {
        let left = ended.measure(collector).await;
        if left > 0 {
            let left = counted(left, "execution");
            context
                .printer
                .note(&format!("{left} more were not read for the coverage"));
        }
        report.add_coverage(
            collector.report(&options.coverage),
            context.printer.columns(),
        );
    }
    if report.all.executions == 0 {
        return Err(CommandError::Interrupted.into());
    }
    context.printer.answer(&report)?;
    if let Some(coverage) = report.coverage() {
        coverage::write(context, &options.coverage, session, coverage)?;
    }
    Ok(if report.interrupted() {
        Exit::Interrupted
    } else if report.all.failed > 0 || report.coverage().is_some_and(CoverageReport::is_low) {
        Exit::TestFailed
    } else {
        Exit::Done
    })
}

/// How many executions are read for the coverage: each takes some calls, and many that are alike reach the same.
const READ: usize = 1000;
/// How many of them at a time. `GetExecutionHistory` takes 20 a second in the long run.
const READ_AT_ONCE: usize = 10;

/// The executions whose coverage is asked for.
struct Ended {
    is_measured: bool,
    runs: RefCell<Vec<(MachineName, Run)>>,
    left: RefCell<usize>,
}

impl Ended {
    fn of(prepared: &PreparedTests) -> Self {
        Self {
            is_measured: prepared.coverage.is_some(),
            runs: RefCell::default(),
            left: RefCell::default(),
        }
    }

    fn take(&self, test: &TestConfig, run: &Run) {
        let mut runs = self.runs.borrow_mut();
        match runs.len() {
            _ if !self.is_measured => {}
            READ => *self.left.borrow_mut() += 1,
            _ => runs.push((test.state_machine.clone(), run.clone())),
        }
    }

    /// Gives how many were too many.
    async fn measure(&self, collector: &Collector) -> usize {
        let runs = self.runs.take();
        stream::iter(&runs)
            .for_each_concurrent(READ_AT_ONCE, async |(machine, run)| {
                collector.add(machine, run).await;
            })
            .await;
        self.left.take()
    }
}
