//! A command's way to AWS: to an account, or to the embedded AWS.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use tokio::sync::OnceCell;
use txflow_local_aws::Time;

use crate::aws::{self, ConnectOptions, Connecting};
use crate::commands::embedded::{Embedded, LOCAL_REGION};
use crate::commands::global::Global;
use crate::commands::upstreams::UpstreamOption;
use crate::config::doubtful_region;
use crate::report::{Event, Reporter};
use crate::world::{Interrupt, World};

/// Where AWS is called, and as whom.
pub struct Connection {
    local: bool,
    region: Option<String>,
    profile: Option<String>,
    endpoint_url: Option<String>,
    /// The project, which keeps what is deployed in its embedded AWS.
    root: PathBuf,
    world: World,
    reporter: Arc<dyn Reporter>,
    /// What the options of the command say, URLs by service.
    upstreams: OnceCell<BTreeMap<String, String>>,
    /// Opened by the first stage that needs it, until the end of the command.
    embedded: OnceCell<Embedded>,
    /// The URL of an embedded AWS that is served for another project.
    served: OnceCell<String>,
}

impl Connection {
    pub fn new(global: &Global, world: &World, reporter: Arc<dyn Reporter>) -> Self {
        Self {
            local: global.local,
            region: global.region.clone(),
            profile: global.profile.clone(),
            endpoint_url: global.endpoint_url.clone(),
            root: global.root(&world.dir),
            world: world.clone(),
            reporter,
            upstreams: OnceCell::new(),
            embedded: OnceCell::new(),
            served: OnceCell::new(),
        }
    }

    /// Begins to connect to the region and the only account that are allowed, if they are given. `time` is that of the
    /// executions that the command starts in an embedded AWS, whoever runs that.
    pub async fn connect(
        &self,
        region: Option<String>,
        account: Option<String>,
        time: Time,
    ) -> Result<Connecting> {
        let reporter = Arc::clone(&self.reporter);
        let of_file = region.clone();
        let mut region = self.region.clone().or(region);
        let mut endpoint_url = self.endpoint_url.clone();
        let mut access = self.world.aws.clone();
        if self.local {
            // The region and the credentials of the shell belong to a real account.
            region = region.or(Some(LOCAL_REGION.to_owned()));
            endpoint_url = Some(match self.served.get() {
                Some(url) => url.clone(),
                None => self.open_embedded(&self.root).await?.endpoint_url(),
            });
            // The embedded AWS accepts any credentials, so none need to be configured.
            access.access_key_id = Some(account.clone().unwrap_or_else(|| "local".to_owned()));
        }
        let variable = || self.world.variable("AWS_ENDPOINT_URL");
        if let Some(named) = endpoint_url.clone().or_else(variable) {
            aws::check_endpoint(&named)?;
        }
        let connecting = aws::connect(ConnectOptions {
            region,
            profile: self.profile.clone(),
            endpoint_url,
            account,
            sleep: self.world.sleep.clone(),
            now: self.world.now.clone(),
            access,
            embedded: self.local,
            handover: self.embedded().map(|own| own.direct("", LOCAL_REGION)),
            time,
            on_retry: Arc::new(move |operation, cause| {
                reporter.report(&Event::Retrying {
                    operation: operation.to_owned(),
                    cause: cause.to_owned(),
                });
            }),
        })
        .await?;
        // That of deploy.toml was checked there, and other emulators may have regions of their own.
        let is_checked = of_file.as_ref() == Some(&connecting.region);
        if !is_checked && (self.local || !connecting.custom_endpoint) {
            self.note_doubtful(&connecting.region);
        }
        Ok(connecting)
    }

    fn note_doubtful(&self, region: &str) {
        if let Some(doubt) = doubtful_region(region) {
            let text = format!("{}; {}", doubt.message, doubt.hint);
            self.reporter.note(&text);
        }
    }

    /// Opens the embedded AWS for a look at what it holds. Returns whether there is one.
    pub async fn glance(&self) -> Result<bool> {
        match Embedded::glance(&self.root).await? {
            Some(embedded) => Ok(self.embedded.set(embedded).is_ok()),
            None => Ok(false),
        }
    }

    /// Sends the calls of these services to other emulators, whatever deploy.toml says. Only the first call counts.
    pub fn send_on(&self, upstreams: &UpstreamOption) {
        // It is called once, before anything connects.
        let _ = self.upstreams.set(upstreams.urls());
    }

    /// Sends the calls of services to other emulators: those of deploy.toml, and those of the options.
    pub(super) fn add_upstreams(&self, configured: &BTreeMap<String, String>) -> Result<()> {
        let mut urls = configured.clone();
        urls.extend(self.upstreams.get().cloned().unwrap_or_default());
        match self.embedded() {
            Some(embedded) if !urls.is_empty() => embedded.add_upstreams(&urls),
            _ => Ok(()),
        }
    }

    /// Lets the command use the embedded AWS of another folder, if it uses one.
    pub async fn use_embedded_of(&self, root: &Path) -> Result<()> {
        if self.local {
            self.open_embedded(root).await?;
        }
        Ok(())
    }

    /// Lets the command use an embedded AWS that is served for another project, at this URL.
    pub fn use_served(&self, url: String) {
        // It is called once, before anything connects.
        let _ = self.served.set(url);
    }

    /// The embedded AWS, if the command uses it.
    pub fn embedded(&self) -> Option<&Embedded> {
        self.embedded.get()
    }

    /// Whether executions skip their waits: as the command asks, or as the server does that runs them.
    pub fn is_virtual(&self, asked: Time) -> bool {
        let embedded = self.embedded();
        embedded.is_some_and(|embedded| [asked, embedded.time()].contains(&Time::Virtual))
    }

    /// After a second interrupt there is only time to report what was done.
    pub async fn close(self) -> Result<()> {
        let Some(embedded) = self.embedded.into_inner() else {
            return Ok(());
        };
        let mut interrupts = self.world.interrupts.clone();
        tokio::select! {
            closed = embedded.close(&self.world, &*self.reporter) => closed,
            () = Interrupt::Leave.reached(&mut interrupts) => Ok(()),
        }
    }

    /// The first folder is that of the command.
    async fn open_embedded(&self, root: &Path) -> Result<&Embedded> {
        let open = async || {
            let supervisor = self.world.supervisor.clone();
            let embedded = Embedded::open(root, supervisor).await?;
            if let Some(damaged) = embedded.damaged() {
                self.reporter.note(&damaged.to_string());
            }
            anyhow::Ok(embedded)
        };
        self.embedded.get_or_try_init(open).await
    }
}
