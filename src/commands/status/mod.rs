//! `txflow status`.

mod drift;
mod report;
#[cfg(test)]
mod tests;
mod unfinished;

pub(super) use drift::Drift;
pub(super) use report::Report;
pub(super) use unfinished::Unfinished;

use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use txflow_local_aws::Time;

use super::context::{Context, Identified, Session};
use super::executions::Row;
use super::state_machine::StateMachineOption;
use crate::aws::{AwsError, Class};
use crate::config::{Deployment, MachineName, StateMachineKind};
use crate::executions;
use crate::exit::Exit;
use crate::plan::{self, Foreign, Refusal};
use crate::resources::{self, Observed, Usage, Versions};
use crate::stack::Stack;

/// How many executions are shown.
const EXECUTIONS: usize = 5;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow status
  txflow status --stage prod --json

Nothing is built, so code that was changed and not deployed is not among the differences; `txflow plan` shows that as well.")]
pub struct StatusOptions {
    /// The state machine whose last executions are shown
    #[command(flatten)]
    pub machine: StateMachineOption,
}

/// Prints what is live, how AWS differs from deploy.toml, and the last executions.
pub async fn status(context: &Context, options: &StatusOptions) -> Result<Exit> {
    let loaded = context.project.load_stack()?;
    let (machine, _) = options.machine.of(&loaded.config.state_machines)?;
    let read = async |session: &Session<Option<Deployment>>, _: &Identified| {
        session.observe(Versions::All).await
    };
    let (session, observed) =
        Session::open_with(&context.connection, loaded, Time::Real, read).await?;
    let (observed, untagged) = readable(&session.stack, &observed)?;
    if observed.lasting_state_machine().is_none() {
        let Some(unfinished) = Unfinished::new(&session.stack, &observed) else {
            return Err(context.not_deployed(&session.stack).into());
        };
        context.printer.answer(&unfinished)?;
        return Err(context.unfinished(&session.stack).into());
    }
    let Session { aws, stack, .. } = &session;
    let now = (context.world.now)();
    let keep = session.config.keep_versions;
    let (usage, executions) = tokio::try_join!(
        resources::usage(aws, stack, &observed, keep),
        last_executions(&session, &machine),
    )?;
    let drift = drift(context, &session, &observed, &untagged, &usage, now)?;
    let rows = executions.into_iter().map(|one| Row::new(one, now));
    let rows = rows.collect();
    let same_stack = |command: &str| context.global.same_stack(command);
    let report = Report::new(&same_stack, stack, &observed, &usage, drift, rows, now);
    context.printer.answer(&report.shown_in(
        session.console().as_ref(),
        stack,
        context.printer.columns(),
    ))?;
    Ok(Exit::Done)
}

/// What there is of the stack, as if all of it had its tags, and what lacks some: who only looks need not put them back first.
///
/// # Errors
///
/// If something of it belongs elsewhere.
pub(super) fn readable(
    stack: &Stack,
    observed: &Observed,
) -> Result<(Observed, Vec<Foreign>), Refusal> {
    let (whole, untagged) = plan::with_tags_back(stack, observed);
    plan::refuse_foreign(stack, &whole)?;
    Ok((whole, untagged))
}

/// How AWS differs from deploy.toml, of what was read of both.
pub(super) fn drift(
    context: &Context,
    session: &Session<Option<Deployment>>,
    observed: &Observed,
    untagged: &[Foreign],
    usage: &Usage,
    now: Timestamp,
) -> Result<Drift> {
    let mut drift = match &session.deployment {
        Some(deployment) => Drift::new(deployment, &session.stack, observed, usage)?,
        None => Drift::unknown(),
    };
    drift.add_untagged(untagged);
    if !drift.is_empty() && !context.global.local {
        drift.notes.extend(observed.may_be_stale(now));
    }
    Ok(drift)
}

/// AWS does not list those of an EXPRESS state machine.
async fn last_executions<D>(
    session: &Session<D>,
    machine: &MachineName,
) -> Result<Vec<executions::Listed>, AwsError> {
    if session.config.state_machines.get(machine) == Some(&StateMachineKind::Express) {
        return Ok(Vec::new());
    }
    let (aws, stack) = (&session.aws, &session.stack);
    match executions::list(aws, stack, machine, None, EXECUTIONS).await {
        // The type in deploy.toml may have changed since, and one that is being deleted has none.
        Err(error) if matches!(error.class, Class::NotSupported | Class::NotFound) => {
            Ok(Vec::new())
        }
        listed => listed,
    }
}
