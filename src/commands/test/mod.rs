//! `txflow test`.

mod contents;
mod load;
mod load_report;
mod options;
mod prepare;
mod report;
mod run;
mod watch;

pub(super) use load_report::LoadReport;
pub(super) use options::TestOptions;
pub(super) use report::TestReports;

use std::path::Path;

use anyhow::Result;

use self::prepare::prepare;
use self::run::run_all;
use super::context::Context;
use super::error::CommandError;
use crate::exit::Exit;

/// Runs the tests and says which expectations were not met. At the first Ctrl-C it says which tests had ended.
pub async fn test(context: &Context, options: &TestOptions) -> Result<Exit> {
    context.connection.send_on(&options.upstreams);
    if options.watch {
        return watch::watch(context, options).await;
    }
    test_release(context, options, None).await
}

/// The same on the version that was just deployed, if there is one.
pub async fn test_release(
    context: &Context,
    options: &TestOptions,
    deployed: Option<&str>,
) -> Result<Exit> {
    let prepared = context
        .unless_interrupted(prepare(context, options, deployed))
        .await?;
    if let Some(repeat) = options.repeat {
        return load::load(context, &prepared, options, repeat).await;
    }
    let reports = run_all(context, &prepared, options).await?;
    context.printer.answer(&reports)?;
    if let Some(path) = &options.junit {
        write_junit(context, path, &reports, &prepared.release)?;
    }
    Ok(if reports.reports.iter().all(|report| report.passed) {
        Exit::Done
    } else {
        Exit::TestFailed
    })
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
