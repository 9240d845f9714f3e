//! A look at the executions of both releases.

use anyhow::Result;

use super::details::{Details, details};
use super::running::Running;
use crate::canary::{Look, Sample, Samples};
use crate::commands::context::{Context, Session};
use crate::executions::{Listed, OnAlias};

/// What was seen.
pub struct Looked {
    pub look: Look,
    /// Of the failures and the retries; `None` if they could not be read.
    pub details: Option<Details>,
}

/// Compares the executions of the step.
pub async fn look<D>(
    session: &Session<D>,
    running: &Running,
    executions: &mut OnAlias,
) -> Result<Look> {
    let Session { aws, stack, .. } = session;
    let since = running.canary.since;
    executions.read(aws, &stack.alias_arn(), since).await?;
    let now = (aws.now)();
    let samples = executions.all().filter_map(sample);
    let samples = Samples::new(samples, running.releases(), since, now);
    Ok(Look::new(
        &running.canary,
        running.releases(),
        &samples,
        now,
    ))
}

/// The same once, with details.
pub async fn look_once<D>(
    context: &Context,
    session: &Session<D>,
    running: &Running,
) -> Result<Looked> {
    let mut executions = OnAlias::default();
    let look = look(session, running, &mut executions).await?;
    let details = details(context, session, running, &executions).await;
    Ok(Looked { look, details })
}

fn sample(one: &Listed) -> Option<Sample> {
    Some(Sample {
        release: one.release?,
        started: one.started,
        stopped: one.stopped,
        status: one.status,
    })
}
