//! `txflow init`.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use futures_util::future::try_join_all;
use serde::Serialize;

use super::error::CommandError;
use super::session::Ui;
use crate::aws::{Aws, ConnectError};
use crate::cli::{Global, InitOptions};
use crate::exit::Exit;
use crate::init::{self, Existing, InitError, Project, StateMachineArn};
use crate::report::style::{FAINT, STRONG};
use crate::report::{Answer, Event};
use crate::resources;
use crate::world::one_line;

/// Creates a new project, or one for an existing state machine. Nothing in AWS is changed.
pub async fn init(ui: &Ui, options: &InitOptions) -> Result<Exit> {
    let (name, project, next) = match &options.from {
        None => {
            let name = stack_name(options.name.as_deref(), &ui.root())?;
            let project = init::new(&name, &ui.global.stage).map_err(CommandError::Init)?;
            let local = Global {
                local: true,
                ..ui.global.clone()
            };
            (name, project, next(&local, ["deploy", "test"]))
        }
        Some(arn) => {
            let arn: StateMachineArn = arn.parse().map_err(CommandError::Init)?;
            let fitting = init::fitting(&arn.name);
            let name = options.name.as_deref().or(fitting.as_deref());
            let name = stack_name(name, &ui.root())?;
            let existing = existing(ui, arn).await?;
            let project = existing.project(&name, &ui.global.stage);
            let next = next(&ui.global, ["validate", "plan"]);
            (name, project.map_err(CommandError::Init)?, next)
        }
    };
    init::write(&ui.root(), &project.files).map_err(CommandError::Init)?;
    let Project { files, mut notes } = project;
    notes.extend(workspace_around(&ui.root()));
    if options.from.is_none() {
        notes.extend(repository_around(&ui.root()));
    }
    for text in &notes {
        let text = text.clone();
        ui.reporter.report(&Event::Note { text });
    }
    ui.answer(&Written {
        name,
        dir: ui.global.dir.display().to_string(),
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
async fn existing(ui: &Ui, arn: StateMachineArn) -> Result<Existing> {
    let aws = connect(ui, &arn).await?;
    let state_machine = resources::existing_state_machine(&aws, &arn.to_string()).await?;
    let state_machine = state_machine.ok_or_else(|| {
        CommandError::Init(InitError::NoStateMachine {
            arn: arn.to_string(),
            region: arn.region.clone(),
        })
    })?;
    let mut existing = Existing::new(arn, state_machine).map_err(CommandError::Init)?;
    let functions = existing.functions.iter();
    let found = functions.map(|function| resources::existing_function(&aws, &function.name));
    let found = try_join_all(found).await?;
    for (function, found) in existing.functions.iter_mut().zip(found) {
        function.found = found;
    }
    Ok(existing)
}

/// The ARN determines where to look, whatever the shell is configured for.
async fn connect(ui: &Ui, arn: &StateMachineArn) -> Result<Aws> {
    let connected = ui.connect(Some(arn.region.clone()), Some(arn.account.clone()));
    let error = match connected.await {
        Ok(aws) if aws.account.region == arn.region => return Ok(aws),
        Ok(aws) => InitError::OtherRegion {
            wanted: arn.region.clone(),
            found: aws.account.region,
        },
        Err(error) => match error.downcast::<ConnectError>() {
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
struct Written {
    name: String,
    dir: String,
    files: Vec<String>,
    notes: Vec<String>,
    /// The commands that the user may want to run next.
    next: [String; 2],
}

impl Answer for Written {
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
