//! `txflow plan`.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Result;
use txflow_local_aws::{Containment, Family};

use super::origin::origin;
use super::session::{Session, Ui};
use crate::build::{self, Artifact, BuildEvent, BuildRequest, Diagnostics};
use crate::cli::PlanOptions;
use crate::exit::Exit;
use crate::plan::{self, Plan};
use crate::report::{Event, PlanView};
use crate::resources::{self, Desired, Observed, Usage};

/// Prints what `deploy` would do.
pub async fn plan(ui: &Ui, options: &PlanOptions) -> Result<Exit> {
    let session = ui.session(Some(&options.build)).await?;
    let (artifacts, observed, origin) = tokio::try_join!(
        ui.build(&session),
        ui.observe(&session),
        origin(&session.deployment.root),
    )?;
    let Session {
        deployment, stack, ..
    } = &session;
    let desired = resources::desired(deployment, &artifacts, stack, origin)?;
    let plan = make_plan(&session, &desired, &observed).await?;
    ui.answer(&PlanView::new(&plan))?;
    Ok(if options.exit_code && !plan.is_empty() {
        Exit::ChangesPending
    } else {
        Exit::Done
    })
}

/// The plan that `plan` prints and `deploy` applies. What is in use is read only if something may
/// have to be removed.
pub(super) async fn make_plan(
    session: &Session,
    desired: &Desired,
    observed: &Observed,
) -> Result<Plan> {
    let draft = plan::make(desired, observed)?;
    draft.check()?;
    if !draft.needs_usage() {
        return Ok(draft.plan());
    }
    let usage = match &observed.state_machine {
        Some(state_machine) => {
            let (aws, stack) = (&session.aws, &session.stack);
            let keep = desired.keep_versions;
            let (usage, _) = resources::usage(aws, stack, state_machine, keep).await?;
            usage
        }
        None => Usage::default(),
    };
    Ok(draft.plan_with(&usage))
}

impl Ui {
    pub(super) async fn build(&self, session: &Session) -> Result<Vec<Artifact>> {
        let diagnostics = if self.global.json || self.global.quiet {
            Diagnostics::Capture {
                color: self.world.stderr.color,
            }
        } else if self.github.is_some() {
            // Cargo's output goes into the group of the build, but below it after a failure.
            Diagnostics::Tell {
                color: self.world.stderr.color,
            }
        } else {
            Diagnostics::Inherit
        };
        let request = BuildRequest::new(
            &session.deployment,
            self.world.environment.iter().collect(),
            diagnostics,
            Containment::new(self.world.supervisor.clone(), Family::unique()),
        );
        let reporter = Arc::clone(&self.reporter);
        let tell = move |event: BuildEvent| reporter.report(&Event::from(event));
        let artifacts = build::build(&request, &tell).await;
        self.reporter.report(&Event::BuildFinished);
        Ok(artifacts?)
    }

    pub(super) async fn observe(&self, session: &Session) -> Result<Observed> {
        let Session {
            aws,
            stack,
            deployment,
        } = session;
        let handlers: BTreeSet<String> = deployment.functions.keys().cloned().collect();
        Ok(resources::observe(aws, stack, &handlers).await?)
    }
}
