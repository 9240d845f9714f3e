//! The first two stages that commands have in common: the deployment, then the account.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use terminal_size::{Width, terminal_size_of};
use tokio::sync::OnceCell;
use txflow_local_aws::{Damaged, Mocks, Time};

use super::embedded::Embedded;
use super::error::CommandError;
use crate::aws::{self, Aws, ConnectOptions};
use crate::cli::{BuildOptions, Global};
use crate::config::{self, Deployment};
use crate::report::github::{self, GroupedLog};
use crate::report::{self, Answer, Console, Event, JsonLines, Lines, Quiet, Reporter, Terminal};
use crate::resources::Observed;
use crate::stack::Stack;
use crate::world::{Interrupt, World};

/// The default region of the embedded AWS.
pub(super) const LOCAL_REGION: &str = "us-east-1";

/// How a command talks.
pub struct Ui {
    pub global: Global,
    pub world: World,
    pub reporter: Arc<dyn Reporter>,
    /// The step of a GitHub job, if txflow runs in one.
    pub github: Option<github::JobStep>,
    /// Whether the embedded AWS runs on virtual time.
    fast: bool,
    /// Opened by the first stage that needs it, until the end of the command.
    embedded: OnceCell<Embedded>,
}

/// A deployment and the account that it is for.
pub struct Session {
    pub deployment: Deployment,
    pub aws: Aws,
    pub stack: Stack,
}

impl Session {
    /// The AWS console; `None` if the stack is not on AWS.
    pub fn console(&self) -> Option<Console> {
        let on_aws = !self.aws.custom_endpoint;
        on_aws.then(|| Console::of(&self.stack.account)).flatten()
    }
}

impl Ui {
    /// The streams of the world must have been adapted by [`World::adapt_streams`].
    pub fn new(global: Global, fast: bool, world: World) -> Self {
        let github = github::JobStep::of(&world);
        let stream = world.stderr.clone();
        let reporter: Arc<dyn Reporter> = if global.json {
            Arc::new(JsonLines { stream })
        } else if let Some(step) = github.clone() {
            Arc::new(GroupedLog::new(stream, step, global.quiet))
        } else if global.quiet {
            Arc::new(Quiet { stream })
        } else if stream.terminal && world.variable("CI").is_none() {
            Arc::new(Terminal::new(stream))
        } else {
            Arc::new(Lines { stream })
        };
        Self {
            global,
            world,
            reporter,
            github,
            fast,
            embedded: OnceCell::new(),
        }
    }

    pub(super) fn not_deployed(&self, session: &Session) -> CommandError {
        CommandError::NotDeployed {
            stack: session.stack.name.clone(),
            stage: session.stack.stage.clone(),
            deploy: self.global.same_stack("txflow deploy"),
        }
    }

    pub(super) fn unfinished(&self, session: &Session) -> CommandError {
        CommandError::Unfinished {
            stack: session.stack.name.clone(),
            stage: session.stack.stage.clone(),
            deploy: self.global.same_stack("txflow deploy"),
            destroy: self.global.same_stack("txflow destroy"),
        }
    }

    /// Abandons the work at the first Ctrl-C.
    pub async fn unless_interrupted<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            done = work => done,
            () = self.world.interruption() => Err(CommandError::Interrupted.into()),
        }
    }

    /// Closes what the command kept open. After a second interrupt there is only time to report what was
    /// done.
    pub async fn close(self) -> Result<()> {
        self.reporter.end();
        let Some(embedded) = self.embedded.into_inner() else {
            return Ok(());
        };
        let mut interrupts = self.world.interrupts.clone();
        tokio::select! {
            closed = embedded.close(&self.world) => closed,
            () = Interrupt::Leave.reached(&mut interrupts) => Ok(()),
        }
    }

    /// The folder of deploy.toml, as the user wrote it.
    pub fn root(&self) -> PathBuf {
        if self.world.dir.as_os_str().is_empty() {
            self.global.dir.clone()
        } else {
            self.world.dir.join(&self.global.dir)
        }
    }

    /// Adds mocks for tests, which only the embedded AWS supports.
    pub async fn add_mocks(&self, mocks: Mocks) -> Result<()> {
        match self.embedded.get() {
            Some(embedded) => embedded.add_mocks(mocks).await,
            None => Ok(()),
        }
    }

    /// Creates the permissions boundary of the roles in the embedded AWS. In a real account an administrator does.
    pub async fn bound_locally(&self, session: &Session, observed: &Observed) -> Result<()> {
        let Some(embedded) = self.embedded.get() else {
            return Ok(());
        };
        let Session {
            deployment, stack, ..
        } = session;
        let former = observed.functions.keys();
        let former = former.filter(|name| !deployment.functions.contains_key(*name));
        let former: Vec<String> = former.cloned().collect();
        match self.local_boundary(deployment, stack, &former)? {
            Some((arn, document)) => embedded.put_policy(arn, &document.to_string()).await,
            None => Ok(()),
        }
    }

    /// Prints a result: as JSON if that was asked for, else as text. A GitHub job gets it in
    /// each of its own forms as well.
    pub fn answer(&self, answer: &impl Answer) -> Result<()> {
        self.reporter.end();
        if self.global.json {
            // A reader that has closed the stream is not a reason to fail.
            let _ = self.world.stdout.json(answer);
        } else {
            self.world.stdout.line(&answer.text());
        }
        if let Some(step) = &self.github {
            step.take(answer);
        }
        Ok(())
    }

    /// How wide what is printed may be; `None` if nobody looks at it on a terminal.
    #[expect(
        clippy::disallowed_methods,
        reason = "asked how wide the terminal is, not written to"
    )]
    pub(super) fn columns(&self) -> Option<usize> {
        let terminal = self.world.stdout.terminal;
        let size = terminal.then(|| terminal_size_of(std::io::stdout()))?;
        size.map(|(Width(columns), _)| usize::from(columns))
    }

    /// Stage 1: the deployment. Its warnings are reported.
    pub fn load(&self) -> Result<Deployment> {
        let environment = |name: &str| self.world.environment.get(name);
        let deployment = config::load(&self.root(), &self.global.stage, &environment)?;
        self.hide_secrets_of(&deployment);
        for warning in &deployment.warnings {
            self.reporter.report(&Event::Finding(warning.clone()));
        }
        Ok(deployment)
    }

    /// Stage 1 for a command that does not write functions. The values that functions get from the environment
    /// are not needed then, so a pipeline that removes a stage need not know the secrets.
    pub(super) fn load_names(&self) -> Result<Deployment> {
        self.load_stage(&self.global.stage)
    }

    /// The same for any stage.
    pub(super) fn load_stage(&self, stage: &str) -> Result<Deployment> {
        let environment = |name: &str| self.world.environment.get(name);
        let deployment = config::load_without_secrets(&self.root(), stage, &environment)?;
        self.hide_secrets_of(&deployment);
        Ok(deployment)
    }

    /// From here on no stream and no file shows the secrets. A secret from a variable that is not set is unknown.
    fn hide_secrets_of(&self, deployment: &Deployment) {
        self.world.secrets.add(deployment.secrets(), &report::FORMS);
    }

    /// Stages 1 and 2: before the build, so that bad credentials fail in a second.
    pub async fn session(&self, build: Option<&BuildOptions>) -> Result<Session> {
        let deployment = match build {
            Some(options) => {
                let mut deployment = self.load()?;
                let architecture = options.architecture;
                deployment.build.architecture =
                    architecture.unwrap_or(deployment.build.architecture);
                deployment
            }
            None => self.load_names()?,
        };
        let region = deployment.region.clone();
        let aws = self.connect(region, deployment.account.clone()).await?;
        let stack = Stack {
            name: deployment.name.clone(),
            stage: deployment.stage.clone(),
            account: aws.account.clone(),
        };
        Ok(Session {
            deployment,
            aws,
            stack,
        })
    }

    /// Stage 2, with the region and the only account that are allowed, if they are given.
    pub async fn connect(&self, region: Option<String>, account: Option<String>) -> Result<Aws> {
        let reporter = Arc::clone(&self.reporter);
        let mut region = self.global.region.clone().or(region);
        let mut endpoint_url = self.global.endpoint_url.clone();
        let mut access_key_id = None;
        if self.global.local {
            // The region and the credentials of the shell belong to a real account.
            region = region.or(Some(LOCAL_REGION.to_owned()));
            endpoint_url = Some(self.embedded().await?.endpoint_url());
            access_key_id = Some(account.clone().unwrap_or_else(|| "local".to_owned()));
        }
        let named = endpoint_url.clone();
        if let Some(named) = named.or_else(|| self.world.variable("AWS_ENDPOINT_URL")) {
            aws::check_endpoint(&named)?;
        }
        let aws = aws::connect(ConnectOptions {
            region,
            profile: self.global.profile.clone(),
            endpoint_url,
            account,
            sleep: self.world.sleep.clone(),
            now: self.world.now.clone(),
            policy_propagation: None,
            on_retry: Arc::new(move |operation, cause| {
                reporter.report(&Event::Retrying {
                    operation: operation.to_owned(),
                    cause: cause.to_owned(),
                });
            }),
            access_key_id,
        })
        .await?;
        Ok(aws)
    }

    /// A damaged database was moved aside.
    pub(super) fn tell_damage(&self, damaged: Option<&Damaged>) {
        if let Some(damaged) = damaged {
            let text = damaged.to_string();
            self.reporter.report(&Event::Note { text });
        }
    }

    async fn embedded(&self) -> Result<&Embedded> {
        let time = if self.fast { Time::Virtual } else { Time::Real };
        let root = self.root();
        let open = async || {
            let embedded = Embedded::open(&root, time, self.world.supervisor.clone()).await?;
            self.tell_damage(embedded.damaged());
            if self.fast && embedded.joined() {
                let text =
                    "a local AWS is already running with its own clock, so `--fast` has no effect";
                self.reporter.report(&Event::Note { text: text.into() });
            }
            anyhow::Ok(embedded)
        };
        self.embedded.get_or_try_init(open).await
    }
}
