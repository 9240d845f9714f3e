//! `txflow executions show`.

use anyhow::Result;
use clap::Args;

use super::forked_from::ForkedFrom;
use super::named::{machine_of, named};
use super::shown::Shown;
use crate::commands::completions::Names;
use crate::commands::context::Context;
use crate::commands::state_machine::StateMachineOption;
use crate::executions::{self, MapChildren};
use crate::exit::Exit;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow executions show
  txflow executions show 6b1f5f0e-9a0c-4b7e --json

Executions that its states started are shown below them, as far as AWS still keeps them.")]
pub struct ShowOptions {
    /// The execution: its ARN, its name or the beginning of it, or `last`
    #[arg(default_value = "last", add = Names::Executions)]
    pub execution: String,
    #[command(flatten)]
    pub machine: StateMachineOption,
}

/// Prints one execution with the tree of its states.
pub async fn show(context: &Context, options: &ShowOptions) -> Result<Exit> {
    let session = context.session().await?;
    let machine = machine_of(&session, &options.machine, &options.execution)?;
    let run = named(context, &session, &machine, &options.execution).await?;
    let run = executions::with_children(&session.aws, run, MapChildren::Failed).await?;
    let run = run.masked(&context.world.secrets);
    let forked = ForkedFrom::of(&session, &machine, &run).await;
    context
        .printer
        .answer(&Shown::new(context, &machine, run).forked(forked))?;
    Ok(Exit::Done)
}
