//! Makes a release: builds, plans and applies.

use std::collections::BTreeSet;
use std::time::Instant;

use anyhow::{Context as _, Result};
use txflow_local_aws::Time;

use super::live::{Live, Shown};
use super::not_mounted::not_mounted;
use super::roles_of_others::make_roles_of_others;
use crate::apply::{ApplyOutcome, Outputs};
use crate::canary::CanaryStart;
use crate::commands::apply::{ApplyFailed, NothingWritten, before_writing, carry_on};
use crate::commands::build::{BuildOptions, Building, begin, deployment};
use crate::commands::canary::options::CanaryOptions;
use crate::commands::context::{Context, Identified, Session};
use crate::commands::local_resources::make_local_resources;
use crate::commands::origin::origin;
use crate::commands::plan::{PlanView, make_plan};
use crate::commands::plan_file::Reviewed;
use crate::commands::policy::local_boundary;
use crate::config::{Deployment, MachineName};
use crate::plan::Plan;
use crate::resources::{self, AliasState, Desired, Observed, Versions};
use crate::stack::{Members, Origin};

/// What a release is made from.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// The project, which is built.
    Project(&'a BuildOptions),
    /// The file of a plan, which is applied if it is still the plan.
    Reviewed(&'a Reviewed),
}

impl<'a> Source<'a> {
    fn deployment(self, context: &Context) -> Result<Deployment> {
        match self {
            Self::Project(options) => deployment(context, options),
            Self::Reviewed(reviewed) => reviewed.deployment(context),
        }
    }

    /// Begins the build if there is one.
    fn building(self, context: &Context, deployment: &Deployment) -> Building {
        match self {
            Self::Project(_) => begin(context, deployment),
            Self::Reviewed(reviewed) => Building::Done(reviewed.artifacts()),
        }
    }

    async fn origin(self, context: &Context, session: &Session) -> Result<Origin> {
        match self {
            Self::Project(_) => origin(&context.world, &session.deployment.root).await,
            Self::Reviewed(reviewed) => Ok(reviewed.origin()),
        }
    }

    /// The canary that a plan was made with.
    fn canary(self) -> Option<&'a CanaryStart> {
        match self {
            Self::Project(_) => None,
            Self::Reviewed(reviewed) => reviewed.canary(),
        }
    }

    fn check(self, context: &Context, session: &Session, plan: &Plan) -> Result<()> {
        match self {
            Self::Project(_) => Ok(()),
            Self::Reviewed(reviewed) => reviewed.check(context, session, &PlanView::new(plan)),
        }
    }
}

/// Everything that is known before the first write.
pub struct PlannedRelease {
    pub session: Session,
    pub desired: Desired,
    pub before: Observed,
    pub plan: Plan,
    began: Instant,
}

impl PlannedRelease {
    /// Builds and plans. `check` sees the session before anything is built or written.
    pub async fn make(
        context: &Context,
        source: Source<'_>,
        canary: &CanaryOptions,
        time: Time,
        check: impl Fn(&Session) -> Result<()>,
    ) -> Result<Self> {
        let prepare = prepare(context, source, canary, time, check);
        let planned = before_writing(&context.world, prepare).await?;
        for note in &planned.plan.notes {
            context.printer.note(note);
        }
        let session = &planned.session;
        bound_locally(context, session, &planned.before).await?;
        if context.connection.embedded().is_some() {
            make_roles_of_others(session).await?;
            make_local_resources(context, session).await?;
            if let Some(note) = not_mounted(&session.deployment, &planned.before) {
                context.printer.note(&note);
            }
        }
        Ok(planned)
    }

    /// Applies the whole plan.
    pub async fn carry_out(&self, context: &Context) -> Result<ApplyOutcome, ApplyFailed> {
        carry_on(context, &self.session, &self.plan, self.outputs()).await
    }

    /// What steps have to know of a deploy before this one.
    pub fn outputs(&self) -> Outputs {
        let now = (self.session.aws.now)();
        let cut_off = self.before.cut_off_at();
        cut_off.map_or_else(Outputs::default, |at| {
            Outputs::after(now.duration_since(at))
        })
    }

    /// What is live after it.
    pub fn live(&self, context: &Context, outputs: &Outputs) -> Live {
        let Session {
            deployment, stack, ..
        } = &self.session;
        let console = self.session.console();
        let shown = Shown {
            console_url: console.map(|console| console.state_machine(stack)),
            elapsed: self.began.elapsed(),
            next: (!deployment.tests.is_empty()).then(|| context.global.same_stack("txflow test")),
        };
        Live::new(&self.desired, &self.plan, &self.before, outputs, shown)
    }

    /// The release that was live before this one.
    pub fn before_release(&self, release: Option<u64>) -> Option<u64> {
        self.alias_before()?.replaced_by(release?)
    }

    /// The alias as the plan was made for it.
    pub fn alias_before(&self) -> Option<&AliasState> {
        self.before.main()?.alias.as_ref()
    }
}

/// Builds and plans, without writing anything: errors in the source are reported before anything of it is in
/// AWS.
async fn prepare(
    context: &Context,
    source: Source<'_>,
    canary: &CanaryOptions,
    time: Time,
    check: impl Fn(&Session) -> Result<()>,
) -> Result<PlannedRelease> {
    let began = Instant::now();
    let deployment = source.deployment(context)?;
    let canary = canary.start(&deployment, source.canary())?;
    let building = source.building(context, &deployment);
    let read = async |session: &Session, identified: &Identified| {
        check(session).context(NothingWritten)?;
        let read = tokio::try_join!(
            building.finish(context, identified),
            session.observe(Versions::Pinned),
            source.origin(context, session),
            session.check(),
        );
        read.context(NothingWritten)
    };
    let (session, (artifacts, before, origin, notes)) =
        Session::open_with(&context.connection, deployment, time, read).await?;
    let planned = async {
        let (deployment, stack) = (&session.deployment, &session.stack);
        let desired = Desired {
            canary,
            ..resources::desired(deployment, &artifacts, stack, origin)?
        };
        let mut plan = make_plan(context, &session, &desired, &before).await?;
        source.check(context, &session, &plan)?;
        plan.notes.extend(notes);
        anyhow::Ok((desired, plan))
    };
    let (desired, plan) = planned.await.context(NothingWritten)?;
    Ok(PlannedRelease {
        session,
        desired,
        before,
        plan,
        began,
    })
}

/// Creates the permissions boundary of the roles in the embedded AWS. In a real account an administrator does.
async fn bound_locally(context: &Context, session: &Session, observed: &Observed) -> Result<()> {
    let Some(embedded) = context.connection.embedded() else {
        return Ok(());
    };
    let Session {
        deployment,
        config,
        stack,
        ..
    } = session;
    let members = Members::of(config);
    let functions: BTreeSet<String> = observed.functions.keys().cloned().collect();
    let machines: BTreeSet<MachineName> = observed.state_machines.keys().cloned().collect();
    let former = Members {
        handlers: &functions - &members.handlers,
        state_machines: &machines - &members.state_machines,
    };
    match local_boundary(&context.project, deployment, stack, &former)? {
        Some((arn, document)) => embedded.put_policy(arn, &document.to_string()).await,
        None => Ok(()),
    }
}
