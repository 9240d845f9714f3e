//! `txflow deploy`.

use std::time::Instant;

use anyhow::Result;

use super::apply::finish;
use super::live::{Live, Ways};
use super::origin::origin;
use super::plan::make_plan;
use super::session::{Session, Ui};
use super::test::test;
use crate::apply::Apply;
use crate::cli::{BuildOptions, DeployOptions, TestOptions};
use crate::desired;
use crate::error::Exit;
use crate::observe::Observed;
use crate::plan;
use crate::report::Event;

/// Builds, plans and applies, then prints what is live.
pub async fn deploy(ui: &Ui, options: &DeployOptions) -> Result<Exit> {
    let mut live = release(ui, &options.build).await?;
    if !options.test {
        ui.answer(&live)?;
        return Ok(Exit::Done);
    }
    live.next = None;
    ui.answer(&live)?;
    let all = TestOptions::default();
    ui.unless_interrupted(test(ui, &all)).await
}

/// Builds, plans and applies.
pub(super) async fn release(ui: &Ui, options: &BuildOptions) -> Result<Live> {
    let began = Instant::now();
    let session = ui.session(Some(options)).await?;
    let mut apply = ui.apply(&session);
    let prepared = tokio::try_join!(
        ui.unless_interrupted(ui.build(&session)),
        ui.observe_and_start_foundations(&session, &mut apply),
        origin(&session.deployment.root),
    );
    let (artifacts, observed, origin) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            // What is being created is waited for, so that nothing is left half made.
            apply.finish().await;
            return Err(error);
        }
    };
    let Session {
        deployment, stack, ..
    } = &session;
    let desired = desired::assemble(deployment, &artifacts, stack, origin)?;
    let before = observed.clone();
    let plan = make_plan(&session, &desired, observed).await?;
    for note in &plan.notes {
        ui.reporter.report(&Event::Note { text: note.clone() });
    }
    apply.start(plan.steps.clone());
    let outcome = finish(apply).await?;
    let ways = Ways {
        console_url: session
            .console()
            .map(|console| console.state_machine(stack)),
        elapsed: began.elapsed(),
        next: (!deployment.tests.is_empty()).then(|| ui.global.same_stack("txflow test")),
    };
    Ok(Live::new(&desired, &plan, &before, &outcome.learned, ways))
}

impl Ui {
    /// A new role is not assumable for seconds: the sooner it is made, the less is waited for.
    async fn observe_and_start_foundations(
        &self,
        session: &Session,
        apply: &mut Apply,
    ) -> Result<Observed> {
        let observed = self.observe(session).await?;
        self.bound_locally(session, &observed).await?;
        let Session {
            deployment, stack, ..
        } = session;
        let roles = desired::roles(deployment, stack);
        let log_groups = desired::log_groups(deployment, stack);
        let missing = plan::foundations(stack, &roles, &log_groups, &observed)?;
        apply.start(missing.steps);
        Ok(observed)
    }
}
