//! `txflow destroy`.

use std::io::{BufRead as _, BufReader};

use anyhow::Result;
use serde::Serialize;
use tokio::sync::oneshot;

use super::error::CommandError;
use super::session::{Session, Ui};
use crate::cli::DestroyOptions;
use crate::exit::Exit;
use crate::plan::{self, Plan};
use crate::report::github::{Markdown, code};
use crate::report::{Answer, PlanView, counted};
use crate::resources;
use crate::world::one_line;

/// Removes everything that the stack owns.
pub async fn destroy(ui: &Ui, options: &DestroyOptions) -> Result<Exit> {
    let (session, plan) = ui.before_writing(prepare(ui, options)).await?;
    if plan.is_empty() {
        ui.answer(&Removal {
            prefix: session.stack.prefix(),
            removed: Vec::new(),
        })?;
        return Ok(Exit::Done);
    }
    if ui.world.interactive && !options.yes && !ui.global.json {
        ui.world.stderr.line(&PlanView::new(&plan).text());
        ui.before_writing(confirm(ui, &session.stack.stage)).await?;
    }
    ui.carry_out(&session, &plan).await?;
    let view = PlanView::new(&plan);
    let removed = view.changes.iter().map(|change| Removed {
        kind: change.kind,
        name: change.name.to_owned(),
    });
    ui.answer(&Removal {
        prefix: session.stack.prefix(),
        removed: removed.collect(),
    })?;
    Ok(Exit::Done)
}

async fn prepare(ui: &Ui, options: &DestroyOptions) -> Result<(Session, Plan)> {
    let session = ui.session(None).await?;
    if session.deployment.protect && !options.yes {
        let stage = session.stack.stage.clone();
        return Err(CommandError::Protected { stage }.into());
    }
    let (observed, running) = tokio::try_join!(ui.observe(&session), async {
        Ok(resources::running(&session.aws, &session.stack).await?)
    })?;
    let plan = plan::removal(&session.stack, &observed, running.len())?;
    Ok((session, plan))
}

/// What `destroy` removed.
#[derive(Debug, Serialize)]
struct Removal {
    #[serde(skip)]
    prefix: String,
    removed: Vec<Removed>,
}

#[derive(Debug, Serialize)]
struct Removed {
    kind: &'static str,
    name: String,
}

impl Answer for Removal {
    fn text(&self) -> String {
        if self.removed.is_empty() {
            return "Nothing is deployed, nothing was removed.".to_owned();
        }
        let names = self.removed.iter();
        let names =
            names.map(|removed| format!("\n  {} {}", removed.kind, one_line(&removed.name)));
        format!(
            "Removed {}:{}",
            counted(self.removed.len(), "resource"),
            names.collect::<String>()
        )
    }

    fn summary(&self) -> Option<String> {
        let mut markdown = Markdown::default();
        markdown.heading(2, &format!("{} is removed", self.prefix));
        if self.removed.is_empty() {
            markdown.paragraph("Nothing was deployed.");
            return Some(markdown.to_string());
        }
        let names = self.removed.iter();
        let names = names.map(|removed| format!("{} {}", removed.kind, code(&removed.name)));
        let names: Vec<String> = names.collect();
        let count = counted(names.len(), "resource");
        markdown.paragraph(&format!("Removed {count}: {}", names.join(", ")));
        Some(markdown.to_string())
    }

    fn step_outputs(&self) -> Vec<(&'static str, String)> {
        vec![("changed", (!self.removed.is_empty()).to_string())]
    }
}

/// Asks for the name of the stage, which is harder to type by accident than a `y`.
#[expect(clippy::disallowed_methods, reason = "waits for an answer on a thread")]
async fn confirm(ui: &Ui, stage: &str) -> Result<()> {
    let question =
        format!("\nThis cannot be undone. Type the name of the stage, `{stage}`, to go on:");
    ui.world.stderr.line(&question);
    let stdin = ui.world.stdin.clone();
    let (tell, answer) = oneshot::channel();
    // On a thread of its own, which ends with the process: it may read forever.
    std::thread::spawn(move || {
        let mut answer = String::new();
        // A closed standard input confirms nothing.
        let read = BufReader::new(stdin()).read_line(&mut answer);
        let _ = tell.send(read.map(|_| answer));
    });
    match answer.await {
        Ok(Ok(answer)) if answer.trim() == stage => Ok(()),
        _ => Err(CommandError::NotConfirmed.into()),
    }
}
