//! `txflow test`.

mod load;
mod load_report;
mod prepare;
mod report;
mod run;
mod watch;

use std::path::Path;

use anyhow::Result;

use self::prepare::prepare;
use self::report::TestReports;
use self::run::run_all;
use super::error::CommandError;
use super::session::Ui;
use crate::cli::TestOptions;
use crate::exit::Exit;

/// Runs the tests and says which expectations were not met.
pub async fn test(ui: &Ui, options: &TestOptions) -> Result<Exit> {
    if options.watch {
        return watch::watch(ui, options).await;
    }
    let prepared = prepare(ui, options).await?;
    if let Some(repeat) = options.repeat {
        return load::load(ui, &prepared, options, repeat).await;
    }
    let reports = run_all(ui, &prepared, options).await?;
    ui.answer(&reports)?;
    if let Some(path) = &options.junit {
        write_junit(ui, path, &reports, &prepared.release)?;
    }
    Ok(if reports.reports.iter().all(|report| report.passed) {
        Exit::Done
    } else {
        Exit::TestFailed
    })
}

#[expect(clippy::disallowed_methods, reason = "writes the report")]
fn write_junit(ui: &Ui, path: &Path, reports: &TestReports, release: &str) -> Result<()> {
    let secrets = &ui.world.secrets;
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
