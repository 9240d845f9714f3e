//! `txflow destroy`.

use std::collections::BTreeMap;

use anyhow::Result;
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use clap::Args;
use futures_util::future::try_join_all;
use schemars::JsonSchema;
use serde::Serialize;
use txflow_local_aws::Time;

use super::apply::{before_writing, carry_out};
use super::confirm::confirmed;
use super::context::{Context, Identified, Session};
use super::error::CommandError;
use super::local_resources::{made_local_resources, remove_local_resources};
use super::plan::PlanView;
use crate::config::{Deployment, MachineName, Protection};
use crate::exit::Exit;
use crate::plan::{self, Plan};
use crate::report::github::{Markdown, code};
use crate::report::{Answer, counted};
use crate::resources::{self, Kind, Observed};
use crate::world::one_line;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow destroy
  txflow destroy --stage pr-7 --yes

On a terminal it shows what it would remove and asks for the name of the stage; in a pipeline it goes ahead. A stage with \
`protect = true` always needs --yes. Executions that run are stopped. With --local, what `[local]` made is removed as well.")]
pub struct DestroyOptions {
    /// Do not ask for confirmation; required for a protected stage
    #[arg(long, short)]
    pub yes: bool,
}

/// Removes everything that the stack owns.
pub async fn destroy(context: &Context, options: &DestroyOptions) -> Result<Exit> {
    let prepared = async {
        let (session, mut plan) = prepare(context, options).await?;
        if plan.is_empty() && !session.aws.policy_propagation.is_zero() {
            plan = look_again(context, &session, "nothing was found").await?;
        }
        let local = made_local_resources(context, &session).await?;
        anyhow::Ok((session, plan, local))
    };
    let (mut session, plan, local) = before_writing(&context.world, prepared).await?;
    let is_asked = context.world.interactive && !options.yes && !context.global.json;
    if is_asked && !(plan.is_empty() && local.is_empty()) {
        let view = PlanView::new(&plan).with_local(&local);
        context.world.stderr.line(&view.text());
        before_writing(&context.world, confirm(context, &session.stack.stage)).await?;
    }
    if !plan.is_empty() {
        carry_out(context, &session, &plan).await?;
        let triggers = Kind::Role.named(session.stack.triggers_role());
        // Their role, which leads to them, is gone now.
        session.stack.has_triggers |= plan.steps.iter().any(|step| step.resource == triggers);
        remove_the_rest(context, &session, &plan).await?;
    }
    let local = remove_local_resources(context, &session).await?;
    let view = PlanView::new(&plan);
    let removed = view.changes.iter().map(|change| Removed {
        kind: change.kind,
        name: change.name.to_owned(),
    });
    context.printer.answer(&Destroyed {
        prefix: session.stack.prefix(),
        removed: removed
            .chain(local.into_iter().map(Removed::from))
            .collect(),
    })?;
    Ok(Exit::Done)
}

/// What a deploy made a moment ago may have been missing when AWS was asked. Then the stack did not look whole. Nothing
/// tells how many triggers there were, so AWS is asked again for these.
async fn remove_the_rest(context: &Context, session: &Known, first: &Plan) -> Result<()> {
    let [functions, log_groups, roles, state_machines] = [
        Kind::Function,
        Kind::LogGroup,
        Kind::Role,
        Kind::StateMachine,
    ]
    .map(|kind| first.deletions(kind));
    // State machines are created last, so a deploy that was cut off before may have made all else a moment ago.
    let rest = if state_machines < session.config.state_machines.names().count() {
        let again = look_again(context, session, "a part of a stack was found");
        context.unless_interrupted(again).await?
    } else if roles != functions + state_machines
        || log_groups < functions
        || session.stack.has_triggers
    {
        look(session).await?
    } else {
        return Ok(());
    };
    carry_out(context, session, &rest).await?;
    Ok(())
}

type Known = Session<Option<Deployment>>;

async fn prepare(context: &Context, options: &DestroyOptions) -> Result<(Known, Plan)> {
    let loaded = context.project.load_stack()?;
    if !options.yes {
        let stage = loaded.config.stage.clone();
        match loaded.config.protection.clone() {
            Protection::Off => {}
            Protection::On => return Err(CommandError::Protected { stage }.into()),
            Protection::Unknown(place) => {
                let place = place.to_string();
                return Err(CommandError::MayBeProtected { stage, place }.into());
            }
            Protection::Near(near) => {
                return Err(CommandError::ProtectedNear { stage, near }.into());
            }
        }
    }
    let read = async |session: &Known, _: &Identified| read(session).await;
    let (session, (observed, running)) =
        Session::open_with(&context.connection, loaded, Time::Real, read).await?;
    let plan = plan::removal(&session.stack, &observed, running)?;
    Ok((session, plan))
}

/// Another look at a stack that is not there, or not whole: AWS may not show yet what a deploy made that was cut off a moment
/// ago.
async fn look_again(context: &Context, session: &Known, found: &str) -> Result<Plan> {
    let pause = session.aws.policy_propagation;
    if !pause.is_zero() {
        let seconds = pause.as_secs();
        context.printer.note(&format!(
            "{found}; looking again in {seconds} s, since AWS may not show everything yet that was made a moment ago"
        ));
        session.aws.sleep.sleep(pause).await;
    }
    look(session).await
}

/// The plan that removes what AWS shows.
async fn look(session: &Known) -> Result<Plan> {
    let (observed, running) = read(session).await?;
    Ok(plan::removal(&session.stack, &observed, running)?)
}

async fn read(session: &Known) -> Result<(Observed, BTreeMap<MachineName, usize>)> {
    tokio::try_join!(session.observe_all(), running(session))
}

/// How many executions are running, by state machine.
async fn running<D>(session: &Session<D>) -> Result<BTreeMap<MachineName, usize>> {
    let machines = session.config.state_machines.names();
    let running = machines.map(async |machine| {
        let running = resources::running(&session.aws, &session.stack, &machine).await?;
        anyhow::Ok((machine, running.len()))
    });
    Ok(try_join_all(running).await?.into_iter().collect())
}

/// What `destroy` removed.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Destroyed {
    #[serde(skip)]
    prefix: String,
    removed: Vec<Removed>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Removed {
    kind: &'static str,
    name: String,
}

impl From<(&'static str, String)> for Removed {
    fn from((kind, name): (&'static str, String)) -> Self {
        Self { kind, name }
    }
}

impl Answer for Destroyed {
    fn text(&self) -> String {
        if self.removed.is_empty() {
            return "Nothing is deployed, nothing was removed.".to_owned();
        }
        let lines: String = self
            .removed
            .iter()
            .map(|removed| format!("\n  {} {}", removed.kind, one_line(&removed.name)))
            .collect();
        format!(
            "Removed {}:{lines}",
            counted(self.removed.len(), "resource")
        )
    }

    fn summary(&self) -> Option<String> {
        let mut markdown = Markdown::default();
        markdown.heading(2, &format!("{} is removed", self.prefix));
        if self.removed.is_empty() {
            markdown.paragraph("Nothing was deployed.");
            return Some(markdown.to_string());
        }
        let names: Vec<String> = self
            .removed
            .iter()
            .map(|removed| format!("{} {}", removed.kind, code(&removed.name)))
            .collect();
        let count = counted(names.len(), "resource");
        markdown.paragraph(&format!("Removed {count}: {}", names.join(", ")));
        Some(markdown.to_string())
    }

    fn step_outputs(&self) -> Vec<(&'static str, String)> {
        vec![("changed", (!self.removed.is_empty()).to_string())]
    }
}

/// Asks for the name of the stage.
async fn confirm(context: &Context, stage: &str) -> Result<()> {
    let question =
        format!("\nThis cannot be undone. Type the name of the stage, `{stage}`, to go on:");
    match confirmed(&context.world, &question, stage).await {
        true => Ok(()),
        false => Err(CommandError::NotConfirmed.into()),
    }
}
