//! The embedded AWS behind `--local`: one that is already running, or one for the duration of the command.

mod own_runtime;
mod start_error;

pub(super) use own_runtime::OwnRuntime;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use txflow_local_aws::{
    Damaged, Direct, JoinedOrStarted, LocalAws, Mocks, Options, StartError, Supervisor, Time,
    private_folder,
};

use crate::report::Reporter;
use crate::world::World;

/// The default region of the embedded AWS.
pub(super) const LOCAL_REGION: &str = "us-east-1";

/// The folder for the local stages of a project. No other user can read it or write to it.
pub(super) fn data_dir(root: &Path) -> Result<PathBuf, StartError> {
    let path = root.join(".txflow");
    match private_folder(&path) {
        Ok(()) => Ok(path.join("local")),
        Err(source) => Err(StartError::DataDirectory { path, source }),
    }
}

/// A server that runs for as long as this value lives.
pub struct Embedded {
    server: JoinedOrStarted,
    runtime: OwnRuntime,
}

impl Embedded {
    /// The first txflow process of a project serves, and the others use its server.
    pub async fn open(root: &Path, supervisor: Option<Supervisor>) -> Result<Self> {
        let adapt = move |options: &mut Options| options.supervisor = supervisor;
        Self::open_with(data_dir(root)?, adapt).await
    }

    /// Opens it for a look at what it holds, which no other command notices. `None` if nothing was deployed there.
    #[expect(clippy::disallowed_methods, reason = "looks for the embedded AWS")]
    pub async fn glance(root: &Path) -> Result<Option<Self>> {
        let data_dir = root.join(".txflow/local");
        if !data_dir.is_dir() {
            return Ok(None);
        }
        let adapt = |options: &mut Options| options.private = true;
        Ok(Some(Self::open_with(data_dir, adapt).await?))
    }

    async fn open_with(
        data_dir: PathBuf,
        adapt: impl FnOnce(&mut Options) + Send + 'static,
    ) -> Result<Self> {
        let runtime = OwnRuntime::start()?;
        let open = async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
                .await
                .context("no port on 127.0.0.1 is free")?;
            let mut options = Options::new(data_dir, listener);
            adapt(&mut options);
            anyhow::Ok(LocalAws::join_or_start(options).await?)
        };
        let server = runtime.run(open).await??;
        Ok(Self { server, runtime })
    }

    pub fn endpoint_url(&self) -> String {
        match &self.server {
            JoinedOrStarted::Joined(joined) => joined.endpoint_url(),
            JoinedOrStarted::Started(aws) => aws.endpoint_url(),
        }
    }

    /// Sends the calls of services to other emulators: URLs by service.
    pub fn add_upstreams(&self, urls: &BTreeMap<String, String>) -> Result<()> {
        match &self.server {
            JoinedOrStarted::Joined(joined) => joined.add_upstreams(urls)?,
            JoinedOrStarted::Started(aws) => aws.add_upstreams(urls.clone()),
        }
        Ok(())
    }

    /// Whether another process serves.
    pub fn joined(&self) -> bool {
        matches!(self.server, JoinedOrStarted::Joined(_))
    }

    /// How executions wait there if nothing else is said.
    pub fn time(&self) -> Time {
        match &self.server {
            JoinedOrStarted::Joined(joined) => joined.time(),
            JoinedOrStarted::Started(aws) => aws.time(),
        }
    }

    /// The damaged database that was moved aside, if this command found one.
    pub fn damaged(&self) -> Option<&Damaged> {
        match &self.server {
            JoinedOrStarted::Joined(_) => None,
            JoinedOrStarted::Started(aws) => aws.damaged(),
        }
    }

    pub async fn add_mocks(&self, mocks: Mocks) -> Result<()> {
        match &self.server {
            JoinedOrStarted::Joined(joined) => joined.add_mocks(&mocks)?,
            JoinedOrStarted::Started(aws) => aws.add_mocks(mocks),
        }
        Ok(())
    }

    /// Calls its services directly, without a role.
    pub fn direct(&self, account: &str, region: &str) -> Direct {
        match &self.server {
            JoinedOrStarted::Joined(joined) => joined.direct(account, region),
            JoinedOrStarted::Started(aws) => aws.direct(account, region),
        }
    }

    /// Creates a managed policy that somebody would have created in a real account. A server that limits its callers
    /// keeps what it has.
    pub async fn put_policy(&self, arn: &str, document: &str) -> Result<()> {
        match &self.server {
            JoinedOrStarted::Joined(joined) => joined.put_policy(arn, document)?,
            JoinedOrStarted::Started(aws) => aws.put_policy(arn, document).await?,
        }
        Ok(())
    }

    /// Ends the server once no other process uses it, or at an interrupt. Fails if it could not save
    /// everything.
    pub async fn close(self, world: &World, reporter: &dyn Reporter) -> Result<()> {
        let Self { server, runtime } = self;
        if let JoinedOrStarted::Started(aws) = server {
            let unused = aws.until_unused();
            tokio::select! {
                () = unused => {}
                () = world.interruption() => {}
                () = tell_of_others(world, reporter) => {}
            }
            aws.shutdown().await.map_err(StartError::from)?;
        }
        drop(runtime);
        Ok(())
    }
}

/// How long the end of a command may take without a word.
const SILENCE: Duration = Duration::from_millis(500);

/// Never ends.
async fn tell_of_others(world: &World, reporter: &dyn Reporter) {
    world.sleep.sleep(SILENCE).await;
    reporter.note(
        "other commands use the local AWS of this one, so it stays until they have ended; Ctrl-C ends it now, and them",
    );
    std::future::pending().await
}
