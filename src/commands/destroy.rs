//! `txflow destroy`.

use anyhow::Result;
use serde_json::json;

use super::apply::finish;
use super::error::CommandError;
use super::session::Ui;
use crate::cli::DestroyOptions;
use crate::desired::Desired;
use crate::error::Exit;
use crate::observe;
use crate::plan;
use crate::report::{PlanView, counted, plan_text};

/// Removes everything that the stack owns.
pub async fn destroy(ui: &Ui, options: &DestroyOptions) -> Result<Exit> {
    let session = ui.session(None).await?;
    let stage = &session.stack.stage;
    if session.deployment.protect && !options.yes {
        let stage = stage.clone();
        return Err(CommandError::Protected { stage }.into());
    }
    let (mut observed, running) = tokio::try_join!(ui.observe(&session), async {
        Ok(observe::running(&session.aws, &session.stack).await?)
    })?;
    observed.usage = Some(running);
    let plan = plan::diff(&Desired::nothing(session.stack.clone()), &observed)?;
    if plan.is_empty() {
        let value = json!({ "removed": [] });
        ui.result(&value, || {
            "Nothing is deployed, nothing was removed.".to_owned()
        })?;
        return Ok(Exit::Done);
    }
    if ui.world.interactive && !options.yes && !ui.global.json {
        ui.world.stderr.line(&plan_text(&plan));
        confirm(ui, stage)?;
    }
    let mut apply = ui.apply(&session);
    apply.start(plan.steps.clone());
    finish(apply).await?;
    let view = PlanView::new(&plan);
    let removed: Vec<_> = view
        .changes
        .iter()
        .map(|change| json!({ "kind": change.kind, "name": change.name }))
        .collect();
    let count = removed.len();
    ui.result(&json!({ "removed": removed }), || {
        let names = view.changes.iter();
        let names = names.map(|change| format!("\n  {} {}", change.kind, change.name));
        format!(
            "Removed {}:{}",
            counted(count, "resource"),
            names.collect::<String>()
        )
    })?;
    Ok(Exit::Done)
}

/// Asks for the name of the stage, which is harder to give by accident than a `y`.
fn confirm(ui: &Ui, stage: &str) -> Result<(), CommandError> {
    let question =
        format!("\nThis cannot be undone. Type the name of the stage, `{stage}`, to go on:");
    ui.world.stderr.line(&question);
    let mut answer = String::new();
    // A closed standard input is no confirmation.
    let read = std::io::stdin().read_line(&mut answer);
    if read.is_ok() && answer.trim() == stage {
        Ok(())
    } else {
        Err(CommandError::NotConfirmed)
    }
}
