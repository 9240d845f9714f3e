//! `txflow init`.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use clap::{Args, ValueEnum};
use futures_util::future::try_join_all;
use serde::Serialize;
use txflow_local_aws::Time;

use super::context::Context;
use super::error::CommandError;
use super::global::Global;
use crate::aws::{Aws, ConnectError};
use crate::exit::Exit;
use crate::init::{self, Existing, InitError, Project, StateMachineArn};
use crate::report::Answer;
use crate::report::style::{FAINT, STRONG};
use crate::resources;
use crate::world::one_line;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow init
  txflow init -C orders
  txflow init --name shop-orders -C orders
  txflow init --template order-fulfilment -C orders
  txflow init --from $STATE_MACHINE_ARN -C orders")]
pub struct InitOptions {
    /// The name of the stack [default: the name of the folder; of the state machine with --from]
    #[arg(long)]
    pub name: Option<String>,
    /// What the new project is like
    #[arg(long, default_value = "greeting", conflicts_with = "from")]
    pub template: Template,
    /// Write a project for this state machine and its functions, which stay as they are
    #[arg(long, value_name = "STATE_MACHINE_ARN")]
    pub from: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Template {
    /// One function that greets
    Greeting,
    /// Orders from an event to a parcel, with variables, other services and triggers
    OrderFulfilment,
}

/// Creates a new project, or one for an existing state machine. Nothing in AWS is changed.
pub async fn init(context: &Context, options: &InitOptions) -> Result<Exit> {
    let (name, project, next) = match &options.from {
        None => {
            let name = stack_name(options.name.as_deref(), context.project.root())?;
            let project = match options.template {
                Template::Greeting => init::new(&name, &context.global.stage),
                Template::OrderFulfilment => init::order_fulfilment(&name, &context.global.stage),
            };
            let project = project.map_err(CommandError::Init)?;
            let local = Global {
                local: true,
                ..context.global.clone()
            };
            (name, project, next(&local, ["deploy", "test"]))
        }
        Some(arn) => {
            let arn: StateMachineArn = arn.parse().map_err(CommandError::Init)?;
            let fitting = init::fitting(&arn.name);
            let name = options.name.as_deref().or(fitting.as_deref());
            let name = stack_name(name, context.project.root())?;
            let existing = existing(context, arn).await?;
            let project = existing.project(&name, &context.global.stage);
            let next = next(&context.global, ["validate", "plan"]);
            (name, project.map_err(CommandError::Init)?, next)
        }
    };
    init::write(context.project.root(), &project.files).map_err(CommandError::Init)?;
    let Project { files, mut notes } = project;
    notes.extend(workspace_around(context.project.root()));
    if options.from.is_none() {
        notes.extend(repository_around(context.project.root()));
    }
    for text in &notes {
        context.printer.note(text);
    }
    context.printer.answer(&NewProject {
        name,
        dir: context.global.dir.display().to_string(),
        files: files.into_iter().map(|file| file.path).collect(),
        notes,
        next,
    })?;
    Ok(Exit::Done)
}

fn stack_name(asked: Option<&str>, root: &Path) -> Result<String, CommandError> {
    init::stack_name(asked, root).map_err(CommandError::Init)
}

/// Reads the state machine and the functions that its definition names.
async fn existing(context: &Context, arn: StateMachineArn) -> Result<Existing> {
    let aws = connect(context, &arn).await?;
    let state_machine = resources::existing_state_machine(&aws, &arn.to_string()).await?;
    let state_machine = state_machine.ok_or_else(|| {
        CommandError::Init(InitError::NoStateMachine {
            arn: arn.to_string(),
            region: arn.region.clone(),
        })
    })?;
    let mut existing = Existing::new(arn, state_machine).map_err(CommandError::Init)?;
    let reads = { existing.functions.iter() }
        .map(|function| resources::existing_function(&aws, &function.name));
    let found = try_join_all(reads).await?;
    for (function, found) in existing.functions.iter_mut().zip(found) {
        function.found = found;
    }
    Ok(existing)
}

/// The ARN determines where to look, whatever the shell is configured for.
async fn connect(context: &Context, arn: &StateMachineArn) -> Result<Aws> {
    let (region, account) = (arn.region.clone(), arn.account.clone());
    let connection = &context.connection;
    let connected = async {
        let connecting = connection.connect(Some(region), Some(account), Time::Real);
        Ok(connecting.await?.identified.await?)
    };
    let error = match connected.await {
        Ok(aws) if aws.account.region == arn.region => return Ok(aws),
        Ok(aws) => InitError::OtherRegion {
            wanted: arn.region.clone(),
            found: aws.account.region,
        },
        Err(error) => match anyhow::Error::downcast::<ConnectError>(error) {
            Ok(ConnectError::OtherAccount { found, allowed }) => InitError::OtherAccount {
                wanted: allowed,
                found,
            },
            Ok(error) => return Err(error.into()),
            Err(error) => return Err(error),
        },
    };
    Err(CommandError::Init(error).into())
}

fn workspace_around(root: &Path) -> Option<String> {
    let manifest = init::around(root)?;
    Some(format!(
        "this folder lies in the cargo workspace of `{}`. The new project is a workspace of its own; if \
         `members` there covers this folder, add it to `exclude` there",
        manifest.display()
    ))
}

/// GitHub does not find the workflow of a project in a folder of a repository.
#[expect(clippy::disallowed_methods, reason = "looks for the repository")]
fn repository_around(root: &Path) -> Option<String> {
    let root = root.canonicalize().ok()?;
    let is_repository = |dir: &&Path| dir.join(".git").exists();
    let top = root.ancestors().find(is_repository)?;
    (top != root).then(|| {
        format!(
            "GitHub reads workflows in `{}` only: move `deploy.yml` there, and give its steps a `working-directory`",
            top.join(".github/workflows").display()
        )
    })
}

fn next(global: &Global, commands: [&str; 2]) -> [String; 2] {
    commands.map(|command| format!("txflow {}", global.same_stack(command)))
}

#[derive(Debug, Serialize)]
struct NewProject {
    name: String,
    dir: String,
    files: Vec<String>,
    notes: Vec<String>,
    /// The commands that the user may want to run next.
    next: [String; 2],
}

impl Answer for NewProject {
    fn text(&self) -> String {
        let mut text = format!("Wrote {STRONG}{}{STRONG:#}", self.name);
        if self.dir != "." {
            let _ = write!(text, " in {}", one_line(&self.dir));
        }
        for file in &self.files {
            let _ = write!(text, "\n  {}", one_line(file));
        }
        for next in &self.next {
            let _ = write!(text, "\n  {FAINT}next:{FAINT:#} {}", one_line(next));
        }
        text
    }
}
