//! `txflow init`.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueEnum, ValueHint};
use futures_util::future::try_join_all;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::net::TcpStream;
use txflow_local_aws::Time;

use super::context::Context;
use super::error::CommandError;
use super::global::Global;
use super::local::DEFAULT_PORT;
use crate::aws::{Aws, AwsError, ConnectError};
use crate::exit::Exit;
use crate::init::{self, Addition, Existing, InitError, Naming, Project, StateMachineArn};
use crate::report::Answer;
use crate::report::style::{FAINT, STRONG};
use crate::resources;
use crate::world::{one_line, unbroken};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow init
  txflow init orders
  txflow init orders --name shop-orders
  txflow init orders --template order-fulfilment
  txflow init orders --from $STATE_MACHINE_ARN

In a folder of a cargo workspace, the handlers join it: they are added to `members` in its manifest, \
and the profile `lambda` if it has none.")]
pub struct InitOptions {
    /// The folder of the project, which is created if it does not exist [default: the current one]
    #[arg(value_hint = ValueHint::DirPath)]
    pub folder: Option<PathBuf>,
    /// The name of the stack [default: the name of the folder; of the state machine with --from]
    #[arg(long)]
    pub name: Option<String>,
    /// What the new project is like
    #[arg(long, default_value = "minimal", conflicts_with = "from")]
    pub template: Template,
    /// Write a project for this state machine and its functions, which stay as they are
    #[arg(long, value_name = "STATE_MACHINE_ARN")]
    pub from: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Template {
    /// One function that greets
    Minimal,
    /// Purchases and refunds, with retries, and tests of what must fail
    Transactions,
    /// Orders from an event to a parcel, with variables, other services and triggers
    OrderFulfilment,
}

/// Creates a new project, or one for an existing state machine. Nothing in AWS is changed.
pub async fn init(context: &Context, options: &InitOptions) -> Result<Exit> {
    let (name, project, next) = match &options.from {
        None => {
            let name = stack_name(options.name.as_deref(), context.project.root())?;
            let region = region(context);
            let naming = Naming {
                name: &name,
                stage: &context.global.stage,
                region: region.as_deref(),
            };
            let project = match options.template {
                Template::Minimal => init::minimal(&naming),
                Template::Transactions => init::transactions(&naming),
                Template::OrderFulfilment => init::order_fulfilment(&naming),
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
            let root = context.project.root();
            let asked = options.name.as_deref();
            let asked = asked.map(|name| stack_name(Some(name), root)).transpose()?;
            let existing = existing(context, arn).await?;
            let suggested = || existing.stack_name(&context.global.stage);
            let name = asked.or_else(suggested);
            let name = stack_name(name.as_deref(), root)?;
            let project = existing.project(&name, &context.global.stage);
            let next = next(&context.global, ["validate", "plan"]);
            (name, project.map_err(CommandError::Init)?, next)
        }
    };
    let root = context.project.root();
    let project = project.at(root).map_err(CommandError::Init)?;
    init::write(root, &project.files, &project.additions).map_err(CommandError::Init)?;
    let Project {
        files,
        additions,
        notes,
        todo,
    } = project;
    for text in &notes {
        context.printer.note(text);
    }
    context.printer.answer(&NewProject {
        name,
        dir: context.global.dir.display().to_string(),
        files: files.into_iter().map(|file| file.path).collect(),
        additions: additions.into_iter().map(AddedTo::from).collect(),
        notes,
        todo,
        next,
    })?;
    Ok(Exit::Done)
}

/// The region that the user works in, if something says so.
fn region(context: &Context) -> Option<String> {
    let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter();
    let mut set = variables.filter_map(|name| context.world.variable(name));
    context.global.region.clone().or_else(|| set.next())
}

fn stack_name(asked: Option<&str>, root: &Path) -> Result<String, CommandError> {
    init::stack_name(asked, root).map_err(CommandError::Init)
}

/// Reads the state machine and the functions that its definition names.
async fn existing(context: &Context, arn: StateMachineArn) -> Result<Existing> {
    let aws = connect(context, &arn).await?;
    let state_machine = resources::existing_state_machine(&aws, &arn.to_string()).await?;
    let Some(state_machine) = state_machine else {
        return Err(CommandError::Init(absent(context, &aws, &arn).await?).into());
    };
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

/// The error for a state machine that does not exist. The embedded AWS has few, and nobody can list them once this command has ended.
async fn absent(
    context: &Context,
    aws: &Aws,
    arn: &StateMachineArn,
) -> Result<InitError, AwsError> {
    let (region, arn) = (arn.region.clone(), arn.to_string());
    if !context.global.local {
        return Ok(InitError::NoStateMachine { arn, region });
    }
    let known = resources::existing_state_machines(aws).await?;
    Ok(InitError::NoLocalStateMachine { arn, known })
}

/// The ARN determines where to look, whatever the shell is configured for.
async fn connect(context: &Context, arn: &StateMachineArn) -> Result<Aws> {
    let (region, account) = (arn.region.clone(), arn.account.clone());
    let connection = &context.connection;
    if context.global.local {
        use_local(context).await?;
    }
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

/// Looks in the embedded AWS of a project around, or else in one that is served elsewhere on this computer: the new project
/// has none.
async fn use_local(context: &Context) -> Result<()> {
    if let Some(folder) = nearest_local(context.project.root(), &context.world.dir) {
        return context.connection.use_embedded_of(&folder).await;
    }
    let endpoint = context.world.variable("AWS_ENDPOINT_URL");
    let endpoint = endpoint.unwrap_or_else(|| format!("http://127.0.0.1:{DEFAULT_PORT}"));
    if !is_served_here(&endpoint).await {
        return Err(CommandError::Init(InitError::NoLocalAws { endpoint }).into());
    }
    let text = format!("this looks in the local AWS that is served on {endpoint}");
    context.printer.note(&text);
    context.connection.use_served(endpoint);
    Ok(())
}

/// The nearest folder with an embedded AWS.
#[expect(clippy::disallowed_methods, reason = "looks for the embedded AWS")]
fn nearest_local(root: &Path, here: &Path) -> Option<PathBuf> {
    let here = std::path::absolute(here).unwrap_or_else(|_| here.to_owned());
    let around = here.ancestors().map(Path::to_owned);
    let mut folders = [root.to_owned()].into_iter().chain(around);
    folders.find(|folder| folder.join(".txflow/local").is_dir())
}

/// Whether something answers at a URL of this computer; no other is asked.
async fn is_served_here(endpoint: &str) -> bool {
    let Some(address) = endpoint.strip_prefix("http://") else {
        return false;
    };
    let address = address
        .trim_end_matches('/')
        .replacen("localhost", "127.0.0.1", 1);
    let Ok(address) = address.parse::<SocketAddr>() else {
        return false;
    };
    address.ip().is_loopback() && TcpStream::connect(address).await.is_ok()
}

fn next(global: &Global, commands: [&str; 2]) -> [String; 2] {
    commands.map(|command| format!("txflow {}", global.same_stack(command)))
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct NewProject {
    name: String,
    dir: String,
    files: Vec<String>,
    additions: Vec<AddedTo>,
    notes: Vec<String>,
    /// What the user still has to do.
    todo: Vec<String>,
    /// The commands that the user may want to run next.
    next: [String; 2],
}

/// A file that existed, and what was added to it.
#[derive(Debug, Serialize, JsonSchema)]
struct AddedTo {
    file: String,
    added: Vec<String>,
}

impl From<Addition> for AddedTo {
    fn from(addition: Addition) -> Self {
        let path = addition.path.strip_prefix(".").unwrap_or(&addition.path);
        Self {
            file: path.display().to_string(),
            added: addition.added,
        }
    }
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
        for AddedTo { file, added } in &self.additions {
            let _ = write!(text, "\nAdded to {}", one_line(file));
            for added in added {
                let _ = write!(text, "\n  {}", one_line(added));
            }
        }
        if !self.todo.is_empty() {
            text.push_str("\n\nTo do");
            for todo in &self.todo {
                let _ = write!(text, "\n  - {}", one_line(todo));
            }
            text.push('\n');
        }
        for next in &self.next {
            let _ = write!(
                text,
                "\n  {FAINT}next:{FAINT:#} {}",
                unbroken(&one_line(next))
            );
        }
        text
    }
}
