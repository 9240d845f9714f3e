//! `txflow plan`, and the plan as every command shows it.

mod summary;
#[cfg(test)]
mod tests;
mod text;
pub(super) mod view;

use summary::marker;
pub(super) use summary::{changes, drawn};
pub(super) use view::{Change, PlanView};

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use txflow_local_aws::Time;

use super::build::{BuildOptions, begin, deployment};
use super::canary::options::CanaryOptions;
use super::context::{Context, Identified, Session};
use super::origin::origin;
use super::plan_file::keep;
use crate::exit::Exit;
use crate::plan::{self, Plan};
use crate::resources::{self, Desired, Observed, Versions};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow plan
  txflow plan --verbose
  txflow plan --stage prod --exit-code
  txflow plan --stage prod --out prod.plan --markdown > comment.md
  txflow plan --stage prod --canary 10%

The handlers are built, since only their code tells whether it has changed. Exits with 0, or with --exit-code with 4 if there \
are changes.")]
pub struct PlanOptions {
    #[command(flatten)]
    pub build: BuildOptions,
    /// Show whole documents: policies and the definition
    #[arg(long, short)]
    pub verbose: bool,
    /// Keep the plan and all that it needs in this file, for `txflow deploy --plan`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Print it as Markdown, with the workflow before and after, for a comment on a pull request
    #[arg(long, conflicts_with = "json")]
    pub markdown: bool,
    /// Exit with code 4 if there are changes
    #[arg(long)]
    pub exit_code: bool,
    #[command(flatten)]
    pub canary: CanaryOptions,
}

/// Prints what `deploy` would do.
pub async fn plan(context: &Context, options: &PlanOptions) -> Result<Exit> {
    let deployment = deployment(context, &options.build)?;
    let canary = options.canary.start(&deployment, None)?;
    let building = begin(context, &deployment);
    let read = async |session: &Session, identified: &Identified| {
        tokio::try_join!(
            building.finish(context, identified),
            session.observe(Versions::Pinned),
            origin(&context.world, &session.deployment.root),
            session.check(),
        )
    };
    let (session, (artifacts, observed, origin, notes)) =
        Session::open_with(&context.connection, deployment, Time::Real, read).await?;
    let Session {
        deployment, stack, ..
    } = &session;
    let desired = Desired {
        canary,
        ..resources::desired(deployment, &artifacts, stack, origin)?
    };
    let mut plan = make_plan(context, &session, &desired, &observed).await?;
    plan.notes.extend(notes);
    if !plan.is_empty() && !context.global.local {
        plan.notes
            .extend(observed.may_be_stale((context.world.now)()));
    }
    let view = PlanView::new(&plan).verbose(options.verbose);
    if let Some(path) = &options.out {
        keep(context, path, &session, &artifacts, &desired, &view)?;
    }
    if options.markdown {
        context.printer.markdown(Some(&marker(&view)), &view)?;
    } else {
        context.printer.answer(&view)?;
    }
    Ok(if options.exit_code && !plan.is_empty() {
        Exit::ChangesPending
    } else {
        Exit::Done
    })
}

/// The plan that `plan` prints and `deploy` applies. What is in use is read only if something may
/// have to be removed.
pub(super) async fn make_plan(
    context: &Context,
    session: &Session,
    desired: &Desired,
    observed: &Observed,
) -> Result<Plan> {
    let draft = plan::make(desired, observed)?;
    draft.check(|command| context.global.same_stack(command))?;
    if !draft.needs_usage() {
        return Ok(draft.plan());
    }
    let (aws, stack) = (&session.aws, &session.stack);
    let keep = desired.keep_versions;
    let (observed, usage) = tokio::try_join!(
        resources::with_all_versions(aws, observed),
        resources::usage(aws, stack, observed, keep),
    )?;
    Ok(plan::make(desired, &observed)?.plan_with(&usage))
}
