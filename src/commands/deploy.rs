//! `txflow deploy`.

use std::time::Instant;

use anyhow::{Context as _, Result};

use super::apply::NothingWritten;
use super::live::{Context, Live};
use super::origin::origin;
use super::plan::make_plan;
use super::session::{Session, Ui};
use super::test::test;
use crate::cli::{BuildOptions, DeployOptions, TestOptions};
use crate::exit::Exit;
use crate::plan::Plan;
use crate::report::Event;
use crate::resources::{self, Desired, Observed};

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
    let Prepared {
        session,
        desired,
        before,
        plan,
    } = ui.before_writing(prepare(ui, options)).await?;
    for note in &plan.notes {
        ui.reporter.report(&Event::Note { text: note.clone() });
    }
    ui.bound_locally(&session, &before).await?;
    let outcome = ui.carry_out(&session, &plan).await?;
    let Session {
        deployment, stack, ..
    } = &session;
    let context = Context {
        console_url: session
            .console()
            .map(|console| console.state_machine(stack)),
        elapsed: began.elapsed(),
        next: (!deployment.tests.is_empty()).then(|| ui.global.same_stack("txflow test")),
    };
    Ok(Live::new(
        &desired,
        &plan,
        &before,
        &outcome.outputs,
        context,
    ))
}

/// Everything that is known before the first write.
struct Prepared {
    session: Session,
    desired: Desired,
    before: Observed,
    plan: Plan,
}

/// Builds and plans, without writing anything: errors in the source are reported before anything of it is in
/// AWS.
async fn prepare(ui: &Ui, options: &BuildOptions) -> Result<Prepared> {
    let session = ui.session(Some(options)).await?;
    let planned = async {
        let (artifacts, before, origin) = tokio::try_join!(
            ui.build(&session),
            ui.observe(&session),
            origin(&session.deployment.root),
        )?;
        let (deployment, stack) = (&session.deployment, &session.stack);
        let desired = resources::desired(deployment, &artifacts, stack, origin)?;
        let plan = make_plan(&session, &desired, &before).await?;
        anyhow::Ok((desired, before, plan))
    };
    let (desired, before, plan) = planned.await.context(NothingWritten)?;
    Ok(Prepared {
        session,
        desired,
        before,
        plan,
    })
}
