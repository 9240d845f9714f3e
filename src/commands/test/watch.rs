//! `txflow test --watch`.

use anyhow::{Context as _, Result};

use super::{prepare, run_all};
use crate::cli::{BuildOptions, TestOptions};
use crate::commands::ApplyFailed;
use crate::commands::deploy::release;
use crate::commands::session::Ui;
use crate::exit::Exit;
use crate::report::Event;
use crate::watch::Watcher;

/// Deploys and tests, and again whenever something has changed, until Ctrl-C. An error is
/// shown, and the next change may fix it.
pub(super) async fn watch(ui: &Ui, options: &TestOptions) -> Result<Exit> {
    let cannot = || format!("cannot watch `{}` for changes", ui.root().display());
    let mut watcher = Watcher::new(&ui.root(), ui.world.sleep.clone()).with_context(cannot)?;
    loop {
        let round = deploy_and_test(ui, options).await;
        if ui.world.is_interrupted() {
            return match round {
                Err(error) if left_off(&error) => Err(error),
                _ => Ok(Exit::Done),
            };
        }
        if let Err(error) = round {
            let stderr = &ui.world.stderr;
            stderr.line(&crate::run::message(&error));
        }
        ui.reporter.report(&Event::Watching);
        let files = tokio::select! {
            files = watcher.changed() => files.with_context(cannot)?,
            () = ui.world.interruption() => return Ok(Exit::Done),
        };
        let files = files.into_iter().collect();
        ui.reporter.report(&Event::Changed { files });
    }
}

async fn test(ui: &Ui, options: &TestOptions) -> Result<()> {
    let prepared = prepare(ui, options).await?;
    ui.answer(&run_all(ui, &prepared, options).await?)
}

/// Whether steps of a plan were not done.
fn left_off(error: &anyhow::Error) -> bool {
    let failed = error.downcast_ref::<ApplyFailed>();
    failed.is_some_and(|failed| !failed.0.is_empty())
}

/// A deploy ends its calls in flight when it is interrupted; tests are left at once.
async fn deploy_and_test(ui: &Ui, options: &TestOptions) -> Result<()> {
    release(ui, &BuildOptions::default()).await?;
    ui.unless_interrupted(test(ui, options)).await
}
