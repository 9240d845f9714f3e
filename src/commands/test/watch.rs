//! `txflow test --watch`.

use anyhow::{Context as _, Result};

use super::kept;
use super::options::TestOptions;
use super::prepare::{TestedRelease, prepare};
use super::run_prepared;
use crate::commands::apply::ApplyFailed;
use crate::commands::build::BuildOptions;
use crate::commands::canary::options::CanaryOptions;
use crate::commands::context::Context;
use crate::commands::deploy::release::{PlannedRelease, Source};
use crate::exit::Exit;
use crate::report::Event;
use crate::watch::Watcher;

/// Deploys and tests, and again whenever something has changed, until Ctrl-C. An error is
/// shown, and the next change may fix it.
pub(super) async fn watch(context: &Context, options: &TestOptions) -> Result<Exit> {
    let cannot = || {
        format!(
            "cannot watch `{}` for changes",
            context.project.root().display()
        )
    };
    let mut watcher =
        Watcher::new(context.project.root(), context.world.sleep.clone()).with_context(cannot)?;
    loop {
        let round = deploy_and_test(context, options).await;
        if context.world.is_interrupted() {
            return match round {
                Err(error) if left_off(&error) => Err(error),
                _ => Ok(Exit::Done),
            };
        }
        if let Err(error) = round {
            let stderr = &context.world.stderr;
            let message = crate::run::message(&error);
            kept::keep_problem(context, &message);
            stderr.line(&message);
        }
        context.printer.report(&Event::Watching);
        let files = tokio::select! {
            files = watcher.changed() => files.with_context(cannot)?,
            () = context.world.interruption() => return Ok(Exit::Done),
        };
        let files = files.into_iter().collect();
        context.printer.report(&Event::Changed { files });
    }
}

/// Whether steps of a plan were not done.
fn left_off(error: &anyhow::Error) -> bool {
    let failed = error.downcast_ref::<ApplyFailed>();
    failed.is_some_and(|failed| !failed.0.is_empty())
}

/// A deploy ends its calls in flight when it is interrupted; tests are left at once.
async fn deploy_and_test(context: &Context, options: &TestOptions) -> Result<()> {
    let source = Source::Project(&BuildOptions::default());
    let canary = CanaryOptions::default();
    let planned =
        PlannedRelease::make(context, source, &canary, options.time(), |_| Ok(())).await?;
    let outcome = planned.carry_out(context).await?;
    let live = planned.live(context, &outcome.outputs);
    let deployed = live.state_machine_version_arn.as_deref();
    let on = deployed.map_or(TestedRelease::Live, TestedRelease::Deployed);
    let prepared = context
        .unless_interrupted(prepare(context, planned.session.clone(), options, on))
        .await?;
    run_prepared(context, &prepared, options).await?;
    Ok(())
}
