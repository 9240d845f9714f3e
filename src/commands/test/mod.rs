//! `txflow test`.

mod contents;
mod coverage;
mod kept;
mod load;
mod load_report;
mod not_deployed;
mod options;
mod prepare;
mod record;
mod report;
mod run;
mod watch;

pub(super) use coverage::CoverageOptions;
pub(super) use load_report::LoadReport;
pub(super) use options::TestOptions;
pub(super) use prepare::TestedRelease;
pub(super) use record::record_tests;
pub(super) use report::{Because, TestReports, TestsOutcome};

use std::path::Path;

use anyhow::Result;

use self::not_deployed::note_not_deployed;
use self::prepare::{Chosen, PreparedTests, prepare};
use self::run::run_all;
use super::context::{Context, Session};
use super::error::CommandError;
use crate::exit::Exit;

/// Runs the tests and says which expectations were not met. At the first Ctrl-C it says which tests had ended.
pub async fn test(context: &Context, options: &TestOptions) -> Result<Exit> {
    context.connection.send_on(&options.upstreams);
    if options.watch {
        return watch::watch(context, options).await;
    }
    let prepared = context
        .unless_interrupted(async {
            let deployment = context.project.load_names()?;
            let session = Session::open(&context.connection, deployment, options.time()).await?;
            let prepared = prepare(context, session, options, TestedRelease::Live).await?;
            note_not_deployed(context, &prepared).await;
            anyhow::Ok(prepared)
        })
        .await?;
    if let Some(repeat) = options.repeat {
        return load::load(context, &prepared, options, repeat).await;
    }
    Ok(match run_prepared(context, &prepared, options).await? {
        TestsOutcome::Passed => Exit::Done,
        TestsOutcome::NotPassed(_) => Exit::TestFailed,
    })
}

/// Runs all tests of a deployment on a release of it.
pub async fn test_release(
    context: &Context,
    session: &Session,
    on: TestedRelease<'_>,
    coverage: &CoverageOptions,
) -> Result<TestsOutcome> {
    let options = TestOptions {
        coverage: coverage.clone(),
        ..TestOptions::default()
    };
    let prepared = context
        .unless_interrupted(prepare(context, session.clone(), &options, on))
        .await?;
    run_prepared(context, &prepared, &options).await
}

/// Whether there are tests that can run, before anything is written. `is_live` is whether callers get the release then.
pub fn check_tests(context: &Context, session: &Session, is_live: bool) -> Result<()> {
    Chosen::of(context, session, &TestOptions::default(), is_live)?;
    Ok(())
}

async fn run_prepared(
    context: &Context,
    prepared: &PreparedTests,
    options: &TestOptions,
) -> Result<TestsOutcome> {
    let reports = run_all(context, prepared, options).await?;
    context.printer.answer(&reports)?;
    if let Some(coverage) = &reports.coverage {
        kept::keep_coverage(context, &prepared.session, &coverage.coverage);
        coverage::write(context, &options.coverage, &prepared.session, coverage)?;
    }
    if let Some(path) = &options.junit {
        write_junit(context, path, &reports, &prepared.release)?;
    }
    Ok(reports.outcome())
}

#[expect(clippy::disallowed_methods, reason = "writes the report")]
fn write_junit(context: &Context, path: &Path, reports: &TestReports, release: &str) -> Result<()> {
    let secrets = &context.world.secrets;
    let report = reports.junit(release, secrets)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let made = std::fs::create_dir_all(folder);
    let written = made.and_then(|()| std::fs::write(path, report));
    written.map_err(|cause| CommandError::CannotWrite {
        path: path.display().to_string(),
        cause,
    })?;
    Ok(())
}
