//! What a command works with: the options of all commands, the world, and the parts that are made of both.

mod connection;
mod printer;
mod project;
mod session;

pub use connection::Connection;
pub use printer::Printer;
pub use project::Project;
pub use session::{Identified, Session};

use anyhow::Result;
use txflow_local_aws::Time;

use super::error::CommandError;
use super::global::Global;
use crate::config::Deployment;
use crate::resources;
use crate::stack::Stack;
use crate::world::World;

/// The context of a command.
pub struct Context {
    pub global: Global,
    pub world: World,
    /// What it prints and reports.
    pub printer: Printer,
    /// The folder with deploy.toml.
    pub project: Project,
    /// Its way to AWS.
    pub connection: Connection,
}

impl Context {
    /// The streams of the world must have been adapted by [`World::adapt_streams`].
    pub fn new(global: Global, world: World) -> Self {
        let printer = Printer::new(&global, &world);
        let project = Project::new(&global, &world, printer.reporter());
        let connection = Connection::new(&global, &world, printer.reporter());
        Self {
            global,
            world,
            printer,
            project,
            connection,
        }
    }

    /// The session of a command that writes nothing new, so errors of deploy.toml that leave no doubt about the stack do not
    /// stop it.
    pub async fn session(&self) -> Result<Session<Option<Deployment>>> {
        let loaded = self.project.load_stack()?;
        Session::open(&self.connection, loaded, Time::Real).await
    }

    /// Abandons the work at the first Ctrl-C.
    pub async fn unless_interrupted<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            biased;
            done = work => done,
            () = self.world.interruption() => Err(CommandError::Interrupted.into()),
        }
    }

    pub fn not_deployed(&self, stack: &Stack) -> CommandError {
        let deploy = || self.global.same_stack("txflow deploy");
        CommandError::NotDeployed {
            stack: stack.name.clone(),
            stage: stack.stage.clone(),
            deploy: (!self.project.is_undeclared()).then(deploy),
        }
    }

    /// A first deploy or a destroy was interrupted.
    pub fn unfinished(&self, stack: &Stack) -> CommandError {
        CommandError::Unfinished {
            stack: stack.name.clone(),
            stage: stack.stage.clone(),
            deploy: self.global.same_stack("txflow deploy"),
            destroy: self.global.same_stack("txflow destroy"),
        }
    }

    /// That it is not deployed, unless the stage is in another region, where a deploy to this one would be refused, or has
    /// releases of which none is live, since the tests of the first one failed, or is unfinished.
    pub async fn not_deployed_here<D>(&self, session: &Session<D>) -> CommandError {
        let Session { aws, stack, .. } = session;
        // Whoever may start executions need not be allowed to list releases.
        let releases = resources::release_numbers(aws, stack).await;
        if let Some(newest) = releases.unwrap_or_default().into_iter().max() {
            return CommandError::NothingLive {
                stack: stack.name.clone(),
                stage: stack.stage.clone(),
                newest,
                deploy: self.global.same_stack("txflow deploy"),
            };
        }
        match resources::region_of_stage(aws, stack).await {
            Some(region) if region == stack.account.region => self.unfinished(stack),
            Some(region) => CommandError::DeployedElsewhere {
                stack: stack.name.clone(),
                stage: stack.stage.clone(),
                here: stack.account.region.clone(),
                region,
            },
            None => self.not_deployed(stack),
        }
    }

    /// Closes what the command kept open.
    pub async fn close(self) -> Result<()> {
        self.printer.end();
        self.connection.close().await
    }
}
