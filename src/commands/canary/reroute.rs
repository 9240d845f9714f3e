//! The calls by which a canary moves the alias: each is a plan of one step.

use anyhow::Result;

use super::running::Running;
use crate::canary::Canary;
use crate::commands::apply::carry_out;
use crate::commands::context::{Context, Session};
use crate::config::MachineName;
use crate::plan;
use crate::resources::{self, ReleaseLabel};

/// Gives the new release the share of this step.
pub async fn go_on<D>(
    context: &Context,
    session: &Session<D>,
    running: &Running,
    step: Canary,
) -> Result<ReleaseLabel> {
    let label = ReleaseLabel {
        canary: Some(step),
        ..running.label.clone()
    };
    reroute(context, session, running, label).await
}

/// Gives the new release all executions.
pub async fn promote<D>(
    context: &Context,
    session: &Session<D>,
    running: &Running,
) -> Result<ReleaseLabel> {
    let label = ReleaseLabel {
        canary: None,
        ..running.label.clone()
    };
    reroute(context, session, running, label).await
}

/// Gives the old release all executions.
pub async fn route_back<D>(
    context: &Context,
    session: &Session<D>,
    running: &Running,
) -> Result<ReleaseLabel> {
    let Session { aws, stack, .. } = session;
    let old = resources::release(aws, stack, &MachineName::Main, running.old).await?;
    let digest = resources::digest(&old.definition, &old.settings);
    let origin = old.description.unwrap_or_else(|| "txflow".to_owned());
    let label = running.label.instead(running.old, origin, digest);
    reroute(context, session, running, label).await
}

async fn reroute<D>(
    context: &Context,
    session: &Session<D>,
    running: &Running,
    label: ReleaseLabel,
) -> Result<ReleaseLabel> {
    let plan = plan::reroute(&session.stack, Some(&running.alias()), label.clone());
    carry_out(context, session, &plan).await?;
    Ok(label)
}
