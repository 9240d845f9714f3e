//! The first stages that commands have in common: the deployment, the account, and what it holds of the stack.

use std::pin::pin;

use anyhow::Result;
use tokio::sync::SetOnce;
use txflow_local_aws::Time;

use super::connection::Connection;
use crate::aws::{Aws, Connecting};
use crate::config::{Deployment, StackConfig};
use crate::report::Console;
use crate::resources::{self, Observed, Versions};
use crate::stack::{Members, Stack};

/// Set once AWS has said whose the credentials are, and they are the right ones.
pub type Identified = SetOnce<()>;

/// What was read of a project. A command that works although deploy.toml has errors has `D` = `Option<Deployment>`.
pub struct Loaded<D = Deployment> {
    pub config: StackConfig,
    pub deployment: D,
}

impl From<Deployment> for Loaded {
    fn from(deployment: Deployment) -> Self {
        Self {
            config: deployment.stack_config(),
            deployment,
        }
    }
}

/// A stack and the account that it is in.
#[derive(Clone)]
pub struct Session<D = Deployment> {
    pub deployment: D,
    pub config: StackConfig,
    pub aws: Aws,
    pub stack: Stack,
}

impl<D> Session<D> {
    /// Connects.
    pub async fn open(
        connection: &Connection,
        loaded: impl Into<Loaded<D>>,
        time: Time,
    ) -> Result<Self> {
        let loaded = loaded.into();
        let aws = connect(connection, &loaded.config, time).await?;
        Ok(Self::new(loaded, aws.identified.await?))
    }

    /// Connects, and does the reads that come next. If `deploy.toml` names the account, they go on while AWS is asked
    /// whose the credentials are, and what they gave is dropped if those belong to somebody else. Whatever is seen from
    /// outside waits for [`Identified`].
    pub async fn open_with<T>(
        connection: &Connection,
        loaded: impl Into<Loaded<D>>,
        time: Time,
        next: impl AsyncFn(&Self, &Identified) -> Result<T>,
    ) -> Result<(Self, T)> {
        let loaded = loaded.into();
        let mut connecting = connect(connection, &loaded.config, time).await?;
        let known = Identified::new();
        let Some(expected) = connecting.expected else {
            let session = Self::new(loaded, connecting.identified.await?);
            let _ = known.set(());
            let done = next(&session, &known).await?;
            return Ok((session, done));
        };
        let session = Self::new(loaded, expected);
        let (aws, done) = {
            let identified = &mut connecting.identified;
            let mut done = pin!(next(&session, &known));
            tokio::select! {
                biased;
                aws = &mut *identified => {
                    let aws = aws?;
                    let done = if aws.account == session.aws.account {
                        let _ = known.set(());
                        Some(done.await)
                    } else {
                        None
                    };
                    (aws, done)
                }
                done = &mut done => (identified.await?, Some(done)),
            }
        };
        if let Some(done) = done
            && aws.account == session.aws.account
        {
            return Ok((session, done?));
        }
        // The endpoint has a partition of its own.
        let loaded = Loaded {
            config: session.config,
            deployment: session.deployment,
        };
        let session = Self::new(loaded, aws);
        let _ = known.set(());
        let done = next(&session, &known).await?;
        Ok((session, done))
    }

    fn new(loaded: Loaded<D>, aws: Aws) -> Self {
        let Loaded { config, deployment } = loaded;
        let stack = Stack::of(&config, aws.account.clone());
        Self {
            deployment,
            config,
            aws,
            stack,
        }
    }

    /// What AWS holds of the stack.
    pub async fn observe(&self, versions: Versions) -> Result<Observed> {
        let Self {
            config, aws, stack, ..
        } = self;
        let members = Members::of(config);
        let mut observed = resources::observe(aws, stack, &members, versions).await?;
        let wanted = resources::rule_names(&config.event_buses, stack);
        observed.let_go_of_foreign_rules(stack, |name| wanted.contains(name));
        Ok(observed)
    }

    /// The same with what is left though no role leads to it.
    pub async fn observe_all(&self) -> Result<Observed> {
        let members = Members::of(&self.config);
        let strays = async { Ok(resources::strays(&self.aws, &self.stack, &members).await?) };
        let (mut observed, strays) = tokio::try_join!(self.observe(Versions::None), strays)?;
        observed.add(strays);
        Ok(observed)
    }

    /// The AWS console; `None` if the stack is not on AWS.
    pub fn console(&self) -> Option<Console> {
        let on_aws = !self.aws.custom_endpoint;
        on_aws.then(|| Console::of(&self.stack.account)).flatten()
    }
}

impl Session {
    /// Checks what AWS alone tells: that the states call what is in the partition of the stack, and that the layers of the
    /// functions are made for their architecture; gives a note for each layer that could not be read.
    pub async fn check(&self) -> Result<Vec<String>> {
        // Another endpoint has a partition of its own.
        if !self.aws.custom_endpoint {
            resources::check_partition(&self.deployment, &self.stack.account.region)?;
        }
        let layers = resources::layers(&self.aws, &self.deployment).await?;
        layers.check(&self.deployment)?;
        Ok(layers.notes().collect())
    }
}

async fn connect(connection: &Connection, config: &StackConfig, time: Time) -> Result<Connecting> {
    let region = config.region.clone();
    let account = config.account.clone();
    let connecting = connection.connect(region, account, time).await?;
    connection.add_upstreams(&config.upstreams)?;
    Ok(connecting)
}
