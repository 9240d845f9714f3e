//! The names in the project that the words of a command line are about.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use clap::ArgMatches;
use futures_util::future::LocalBoxFuture;
use txflow_asl::walk::placed_states;
use txflow_local_aws::Time;

use super::names::Names;
use crate::commands::Cli;
use crate::commands::context::{Connection, Session};
use crate::commands::global::{Color, Global};
use crate::config::{self, Deployment, MachineName};
use crate::executions;
use crate::report::Quiet;
use crate::report::style::ago;
use crate::resources::Versions;
use crate::world::{Stream, World};

/// How long a tab key may take to find what the embedded AWS holds.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many executions are offered.
const EXECUTIONS: usize = 50;

/// A name, and what a shell may show beside it.
pub struct Name {
    pub name: String,
    pub about: Option<String>,
}

/// What the words that were typed so far say.
pub struct Project<'a> {
    global: Global,
    state_machine: Option<String>,
    world: &'a World,
}

impl<'a> Project<'a> {
    pub fn of(words: &[OsString], world: &'a World) -> Self {
        // The line may stop anywhere.
        let typed = Cli::definition(world).ignore_errors(true);
        let typed = typed.try_get_matches_from(words).unwrap_or_default();
        let text = |id| {
            find(&typed, &|matches| {
                matches.try_get_one::<String>(id).ok()?.cloned()
            })
        };
        let dir = find(&typed, &|matches| {
            matches.try_get_one::<PathBuf>("dir").ok()?.cloned()
        });
        let local = find(&typed, &|matches| {
            let local = matches.try_get_one::<bool>("local").ok()?;
            local.copied().filter(|local| *local)
        });
        Self {
            global: Global {
                stage: { text("stage").or_else(|| world.variable("TXFLOW_STAGE")) }
                    .unwrap_or_else(|| "dev".to_owned()),
                dir: dir.unwrap_or_else(|| ".".into()),
                local: local.is_some(),
                region: None,
                profile: None,
                endpoint_url: None,
                json: false,
                quiet: true,
                color: Color::Never,
            },
            state_machine: text("state_machine"),
            world,
        }
    }

    /// None if they cannot be found out.
    pub async fn names(&self, names: Names) -> Vec<Name> {
        let Ok(deployment) = self.deployment(names) else {
            return Vec::new();
        };
        let plain = |names: Vec<String>| {
            let named = |name| Name { name, about: None };
            names.into_iter().map(named).collect()
        };
        let machines = || deployment.state_machines.named.keys().cloned();
        let functions = || deployment.functions.keys().cloned();
        match names {
            Names::Stages => plain(stages(&deployment)),
            Names::Tests => plain({
                let tests = deployment.tests.iter();
                tests.map(|test| test.name.clone()).collect()
            }),
            Names::Functions => plain(functions().collect()),
            Names::StateMachines => plain(machines().collect()),
            Names::States => plain(self.states(&deployment)),
            Names::Roles => plain({
                let main = ["state-machine".to_owned()];
                main.into_iter()
                    .chain(functions())
                    .chain(machines())
                    .collect()
            }),
            Names::Releases => self.held(deployment, names).await,
            Names::Executions => {
                let last = Name {
                    name: "last".to_owned(),
                    about: Some("the newest execution".to_owned()),
                };
                let held = self.held(deployment, names).await;
                [last].into_iter().chain(held).collect()
            }
        }
    }

    fn deployment(&self, names: Names) -> Result<Deployment> {
        let environment = |name: &str| self.world.environment.get(name);
        // The stage is what is being typed.
        let stage = match names {
            Names::Stages => "dev",
            _ => &self.global.stage,
        };
        Ok(config::load_without_secrets(
            self.global.root(&self.world.dir).as_path(),
            stage,
            &environment,
        )?)
    }

    fn states(&self, deployment: &Deployment) -> Vec<String> {
        let machine = MachineName::of(self.state_machine.as_deref());
        let machine = deployment.state_machines.get(&machine);
        let states = machine.map(|machine| placed_states(&machine.definition.template));
        let names = states.into_iter().flatten();
        let names = names.filter_map(|state| state.names.last().map(|name| (*name).to_owned()));
        names.collect()
    }

    /// What the embedded AWS holds. AWS itself is not asked: a tab key is not worth a call there.
    async fn held(&self, deployment: Deployment, names: Names) -> Vec<Name> {
        if !self.global.local {
            return Vec::new();
        }
        // Boxed, since the nested types would be too deep for the compiler.
        let read: LocalBoxFuture<'_, Result<Vec<Name>>> = Box::pin(self.read(deployment, names));
        let found = tokio::select! {
            found = read => found,
            () = self.world.sleep.sleep(PATIENCE) => return Vec::new(),
        };
        found.unwrap_or_default()
    }

    async fn read(&self, deployment: Deployment, names: Names) -> Result<Vec<Name>> {
        let silent = Arc::new(Quiet {
            stream: Stream::new(std::io::sink(), false),
        });
        let connection = Connection::new(&self.global, self.world, silent);
        if !connection.glance().await? {
            return Ok(Vec::new());
        }
        let session = Session::open(&connection, deployment, Time::Real).await?;
        let found = self.read_in(&session, names).await;
        connection.close().await?;
        found
    }

    async fn read_in(&self, session: &Session, names: Names) -> Result<Vec<Name>> {
        let Session { aws, stack, .. } = session;
        let now = (self.world.now)();
        let since = |time| ago(executions::between(time, now));
        if names == Names::Releases {
            let observed = session.observe(Versions::None).await?;
            let machine = observed.main();
            let releases = machine.into_iter().flat_map(|machine| &machine.versions);
            let named = releases.map(|(release, published)| Name {
                name: release.to_string(),
                about: Some(format!("published {}", since(*published))),
            });
            return Ok(named.collect());
        }
        let machine = MachineName::of(self.state_machine.as_deref());
        let listed = executions::list(aws, stack, &machine, None, EXECUTIONS).await?;
        let named = listed.into_iter().map(|one| Name {
            about: Some(format!("{} {}", one.status.as_str(), since(one.started))),
            name: one.name,
        });
        Ok(named.collect())
    }
}

/// `dev`, and those that deploy.toml names. A pattern is not a name.
fn stages(deployment: &Deployment) -> Vec<String> {
    let declared = deployment.stages.iter();
    let declared = declared.filter(|stage| !stage.contains(['*', '?']));
    let mut stages: Vec<String> = declared.cloned().collect();
    if !stages.iter().any(|stage| stage == "dev") {
        stages.insert(0, "dev".to_owned());
    }
    stages
}

/// What a command or one inside of it says: a line that stops early leaves options where they were typed.
fn find<T>(matches: &ArgMatches, get: &dyn Fn(&ArgMatches) -> Option<T>) -> Option<T> {
    let inner = matches.subcommand();
    let inner = inner.and_then(|(_, inner)| find(inner, get));
    inner.or_else(|| get(matches))
}
