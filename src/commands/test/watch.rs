//! `txflow test --watch`.

use anyhow::{Context as _, Result};
use tokio::sync::watch::Receiver;

use super::{prepare, run_all};
use crate::cli::{BuildOptions, TestOptions};
use crate::commands::deploy::release;
use crate::commands::session::Ui;
use crate::error::Exit;
use crate::report::Event;
use crate::watch::Watcher;

/// Deploys and tests, and again whenever something has changed, until Ctrl-C. What goes wrong is
/// told, and the next change may mend it.
pub(super) async fn watch(ui: &Ui, options: &TestOptions) -> Result<Exit> {
    let cannot = || format!("cannot watch `{}` for changes", ui.root().display());
    let mut watcher = Watcher::new(&ui.root(), ui.world.sleep.clone()).with_context(cannot)?;
    let mut interrupted = ui.world.interrupted.clone();
    loop {
        let round = deploy_and_test(ui, options, &mut interrupted).await;
        if *interrupted.borrow() {
            return Ok(Exit::Done);
        }
        if let Err(error) = round {
            let stderr = &ui.world.stderr;
            stderr.line(&crate::run::message(&error, stderr.color));
        }
        ui.reporter.report(&Event::Watching);
        let files = tokio::select! {
            files = watcher.changed() => files.with_context(cannot)?,
            Ok(_) = interrupted.wait_for(|interrupted| *interrupted) => return Ok(Exit::Done),
        };
        let files = files.into_iter().collect();
        ui.reporter.report(&Event::Changed { files });
    }
}

async fn test(ui: &Ui, options: &TestOptions) -> Result<()> {
    let prepared = prepare(ui, options).await?;
    ui.answer(&run_all(ui, &prepared, options).await?)
}

/// A deploy ends its calls in flight when it is interrupted; tests are left at once.
async fn deploy_and_test(
    ui: &Ui,
    options: &TestOptions,
    interrupted: &mut Receiver<bool>,
) -> Result<()> {
    release(ui, &BuildOptions::default()).await?;
    tokio::select! {
        tested = test(ui, options) => tested,
        Ok(_) = interrupted.wait_for(|interrupted| *interrupted) => Ok(()),
    }
}
