//! A stage of the project: what deploy.toml says of it, and the way to AWS.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::SystemTime;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use txflow_local_aws::Time;

use super::problem::problem_of;
use crate::commands::context::{Context, Session};
use crate::commands::global::Global;
use crate::config::{
    Deployment, EnvironmentValue, FILE_NAME, MachineName, StackConfig, StateMachineKind,
};
use crate::page::Url;
use crate::page::view::problem::Problem;
use crate::stack::Stack;
use crate::world::{Secrets, World};

/// A stage as it was last read.
pub(super) struct Stage {
    pub context: Rc<Context>,
    pub session: Session<Option<Deployment>>,
    /// What is wrong with deploy.toml, or with the environment. Executions can be looked at all the same.
    pub notice: Option<Problem>,
    read: Timestamp,
    /// What says what the stage is.
    files: Vec<PathBuf>,
    /// When they were written by then.
    written: Vec<Option<SystemTime>>,
    /// Of the server.
    root: Url,
}

/// How old what was read of deploy.toml may be. A page that was just opened asks for several things.
const FRESH: SignedDuration = SignedDuration::from_secs(1);

impl Stage {
    /// Reads deploy.toml again unless that was just done. If it cannot be read any more, what is known of it counts. AWS is asked
    /// who the user is once.
    pub async fn read(
        global: &Global,
        world: &World,
        name: &str,
        embedded: Option<&str>,
        root: Url,
        known: Option<Rc<Self>>,
    ) -> Result<Rc<Self>> {
        let now = (world.now)();
        if let Some(known) = &known
            && now.duration_since(known.read) < FRESH
        {
            return Ok(Rc::clone(known));
        }
        let global = Global {
            stage: name.to_owned(),
            quiet: true,
            json: false,
            ..global.clone()
        };
        let context = Context::new(global, world.clone());
        if let Some(url) = embedded {
            context.connection.use_served(url.to_owned());
        }
        let loaded = match (context.project.load_stack(), known.as_deref()) {
            (Ok(loaded), _) => loaded,
            (Err(error), Some(known)) => {
                return Ok(Rc::new(Self {
                    context: Rc::clone(&known.context),
                    session: known.session.clone(),
                    notice: Some(problem_of(&error, known.secrets())),
                    read: now,
                    written: written(&known.files),
                    files: known.files.clone(),
                    root,
                }));
            }
            (Err(error), None) => return Err(error),
        };
        let wrong = match loaded.deployment {
            Some(_) => None,
            None => context.project.load_stage(name).err(),
        };
        let notice = match wrong {
            Some(error) => Some(problem_of(&error, &context.world.secrets)),
            None => loaded.deployment.as_ref().and_then(unknown_secrets),
        };
        let files = match (&loaded.deployment, &known) {
            (None, Some(known)) => known.files.clone(),
            (deployment, _) => files(context.project.root(), deployment.as_ref()),
        };
        let place = |config: &StackConfig| (config.region.clone(), config.account.clone());
        let session = match known {
            Some(known) if place(&known.session.config) == place(&loaded.config) => {
                let aws = known.session.aws.clone();
                Session {
                    stack: Stack::of(&loaded.config, aws.account.clone()),
                    config: loaded.config,
                    deployment: loaded.deployment,
                    aws,
                }
            }
            _ => Session::open(&context.connection, loaded, Time::Real).await?,
        };
        Ok(Rc::new(Self {
            context: Rc::new(context),
            session,
            notice,
            read: now,
            written: written(&files),
            files,
            root,
        }))
    }

    pub fn name(&self) -> &str {
        self.session.stack.stage.as_str()
    }

    /// When its files were written last.
    pub fn written(&self) -> Vec<Option<SystemTime>> {
        written(&self.files)
    }

    /// The same by the time when they were read.
    pub fn written_before(&self) -> Vec<Option<SystemTime>> {
        self.written.clone()
    }

    /// What must not be shown.
    pub fn secrets(&self) -> &Secrets {
        &self.context.world.secrets
    }

    /// A page of the stage.
    pub fn url<'a>(&'a self, parts: impl IntoIterator<Item = &'a str>) -> Url {
        self.root.clone().at(self.name()).at_all(parts)
    }

    /// The page of an execution.
    pub fn execution_url(&self, machine: &str, name: &str) -> Url {
        self.url(["executions", machine, name])
    }

    /// The form that starts an execution of a state machine.
    pub fn start_url(&self, machine: &MachineName) -> Url {
        self.url(["start"]).with_any("machine", machine.given())
    }

    /// Whether AWS keeps no executions of a state machine.
    pub fn is_express(&self, machine: &MachineName) -> bool {
        let kind = self.session.config.state_machines.get(machine);
        kind == Some(&StateMachineKind::Express)
    }

    /// Whether an execution is of such a state machine.
    pub fn is_of_express(&self, execution_arn: &str) -> bool {
        let mut names = self.session.config.state_machines.names();
        names.any(|machine| {
            let own = self.session.stack.execution_arn(&machine, "");
            self.is_express(&machine) && execution_arn.starts_with(&own)
        })
    }

    /// The stages that deploy.toml names, and this one; a pattern names none.
    pub fn stages(&self, first: &str) -> Vec<String> {
        let mut stages = vec![first.to_owned()];
        let declared = self.session.deployment.iter();
        let declared = declared.flat_map(|deployment| &deployment.stages);
        let declared = declared.filter(|stage| !stage.contains(['*', '?']));
        for stage in declared.chain([&self.session.stack.stage]) {
            if !stages.contains(stage) {
                stages.push(stage.clone());
            }
        }
        stages
    }
}

/// Secrets that a page would show, since nobody has said here what they are.
fn unknown_secrets(deployment: &Deployment) -> Option<Problem> {
    let functions = deployment.functions.iter().flat_map(|(name, function)| {
        let environment = function.settings.environment.iter();
        let unknown = environment
            .filter(|(_, value)| matches!(value, EnvironmentValue::Unset { secret: true }));
        unknown.map(move |(key, _)| format!("`{key}` of `{name}`"))
    });
    let unknown: Vec<String> = functions.collect();
    (!unknown.is_empty()).then(|| Problem {
        message: format!(
            "the values of these secrets are not known here, so they are shown wherever they appear: {}",
            unknown.join(", ")
        ),
        hint: Some(
            "set the variables that they come from where you start `txflow local` or `txflow ui`, as for `txflow deploy`".to_owned(),
        ),
        ..Problem::default()
    })
}

fn files(root: &Path, deployment: Option<&Deployment>) -> Vec<PathBuf> {
    let machines = { deployment.into_iter() }
        .flat_map(|deployment| deployment.state_machines.iter())
        .map(|(_, machine)| root.join(&machine.definition.path));
    std::iter::once(root.join(FILE_NAME))
        .chain(machines)
        .collect()
}

#[expect(clippy::disallowed_methods, reason = "looks at the files")]
fn written(files: &[PathBuf]) -> Vec<Option<SystemTime>> {
    let written = |path: &PathBuf| std::fs::metadata(path).ok()?.modified().ok();
    files.iter().map(written).collect()
}
