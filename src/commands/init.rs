//! `txflow init`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueEnum, ValueHint};
use futures_util::future::try_join_all;
use schemars::JsonSchema;
use serde::Serialize;
use txflow_local_aws::Time;

use super::context::Context;
use super::error::CommandError;
use super::global::Global;
use crate::aws::{Aws, AwsError, ConnectError};
use crate::exit::Exit;
use crate::init::{self, Existing, InitError, Project, StateMachineArn};
use crate::report::Answer;
use crate::report::style::{FAINT, STRONG};
use crate::resources;
use crate::world::one_line;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow init
  txflow init orders
  txflow init orders --name shop-orders
  txflow init orders --template order-fulfilment
  txflow init orders --from $STATE_MACHINE_ARN")]
pub struct InitOptions {
    /// The folder to create the project in [default: the current one]
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub folder: Option<PathBuf>,
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
            let (bare, _) = init::without_stage(&arn.name, &context.global.stage);
            let fitting = init::fitting(bare);
            let name = options.name.as_deref().or(fitting.as_deref());
            let name = stack_name(name, context.project.root())?;
            let existing = existing(context, arn).await?;
            let project = existing.project(&name, &context.global.stage);
            let next = next(&context.global, ["validate", "plan"]);
            (name, project.map_err(CommandError::Init)?, next)
        }
    };
    init::write(context.project.root(), &project.files).map_err(CommandError::Init)?;
    let Project {
        files,
        mut notes,
        todo,
    } = project;
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
        todo,
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
    let reads = existing.functions.iter_mut().map(async |function| {
        function.found = resources::existing_function(&aws, &function.name).await?;
        if let Some(found) = &function.found {
            let role = &found.configuration.role_arn;
            function.role = resources::existing_role(&aws, role).await?;
        }
        Ok::<_, AwsError>(())
    });
    let arn = existing.arn.to_string();
    let (_, role, triggers) = tokio::try_join!(
        try_join_all(reads),
        resources::existing_role(&aws, &existing.state_machine.settings.role_arn),
        resources::existing_triggers(&aws, &arn),
    )?;
    existing.role = role;
    existing.triggers = triggers;
    Ok(existing)
}

/// The ARN determines where to look, whatever the shell is configured for.
async fn connect(context: &Context, arn: &StateMachineArn) -> Result<Aws> {
    let (region, account) = (arn.region.clone(), arn.account.clone());
    let connection = &context.connection;
    let nearest = nearest_local(context.project.root(), &context.world.dir);
    connection.use_embedded_of(&nearest).await?;
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

/// The project in whose embedded AWS to look: the new one has none, but the folder around it may.
#[expect(clippy::disallowed_methods, reason = "looks for the embedded AWS")]
fn nearest_local(root: &Path, here: &Path) -> PathBuf {
    let here = std::path::absolute(here).unwrap_or_else(|_| here.to_owned());
    let around = here.ancestors().map(Path::to_owned);
    let mut folders = [root.to_owned()].into_iter().chain(around);
    let found = folders.find(|folder| folder.join(".txflow/local").is_dir());
    found.unwrap_or_else(|| root.to_owned())
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

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct NewProject {
    name: String,
    dir: String,
    files: Vec<String>,
    notes: Vec<String>,
    /// What the user still has to do.
    todo: Vec<String>,
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
        if !self.todo.is_empty() {
            text.push_str("\n\nTo do");
            for todo in &self.todo {
                let _ = write!(text, "\n  - {}", one_line(todo));
            }
            text.push('\n');
        }
        for next in &self.next {
            let _ = write!(text, "\n  {FAINT}next:{FAINT:#} {}", one_line(next));
        }
        text
    }
}
