//! The first stages that commands have in common: the deployment, the account, and what it holds of the stack.

use std::pin::pin;

use anyhow::Result;
use tokio::sync::SetOnce;
use txflow_local_aws::Time;

use super::connection::Connection;
use crate::aws::{Aws, Connecting};
use crate::config::Deployment;
use crate::report::Console;
use crate::resources::{self, Observed, Versions};
use crate::stack::{Members, Stack};

/// Set once AWS has said whose the credentials are, and they are the right ones.
pub type Identified = SetOnce<()>;

/// A deployment and the account that it is for.
#[derive(Clone)]
pub struct Session {
    pub deployment: Deployment,
    pub aws: Aws,
    pub stack: Stack,
}

impl Session {
    /// Connects.
    pub async fn open(connection: &Connection, deployment: Deployment, time: Time) -> Result<Self> {
        let aws = connect(connection, &deployment, time).await?;
        Ok(Self::new(deployment, aws.identified.await?))
    }

    /// Connects, and does the reads that come next. If `deploy.toml` names the account, they go on while AWS is asked
    /// whose the credentials are, and what they gave is dropped if those belong to somebody else. Whatever is seen from
    /// outside waits for [`Identified`].
    pub async fn open_with<T>(
        connection: &Connection,
        deployment: Deployment,
        time: Time,
        next: impl AsyncFn(&Self, &Identified) -> Result<T>,
    ) -> Result<(Self, T)> {
        let mut connecting = connect(connection, &deployment, time).await?;
        let known = Identified::new();
        let Some(expected) = connecting.expected else {
            let session = Self::new(deployment, connecting.identified.await?);
            let _ = known.set(());
            let done = next(&session, &known).await?;
            return Ok((session, done));
        };
        let session = Self::new(deployment, expected);
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
        let session = Self::new(session.deployment, aws);
        let _ = known.set(());
        let done = next(&session, &known).await?;
        Ok((session, done))
    }

    fn new(deployment: Deployment, aws: Aws) -> Self {
        let stack = Stack::of(&deployment, aws.account.clone());
        Self {
            deployment,
            aws,
            stack,
        }
    }

    /// What AWS holds of the stack.
    pub async fn observe(&self, versions: Versions) -> Result<Observed> {
        let Self {
            deployment,
            aws,
            stack,
        } = self;
        let members = Members::of(deployment);
        let mut observed = resources::observe(aws, stack, &members, versions).await?;
        let wanted = resources::rules(deployment, stack);
        observed.let_go_of_foreign_rules(stack, |name| wanted.contains_key(name));
        Ok(observed)
    }

    /// Checks that the layers of the functions are made for their architecture; gives a note for each that could not be read.
    pub async fn check_layers(&self) -> Result<Vec<String>> {
        let layers = resources::layers(&self.aws, &self.deployment).await?;
        layers.check(&self.deployment)?;
        Ok(layers.notes().collect())
    }

    /// The AWS console; `None` if the stack is not on AWS.
    pub fn console(&self) -> Option<Console> {
        let on_aws = !self.aws.custom_endpoint;
        on_aws.then(|| Console::of(&self.stack.account)).flatten()
    }
}

async fn connect(
    connection: &Connection,
    deployment: &Deployment,
    time: Time,
) -> Result<Connecting> {
    let region = deployment.region.clone();
    let account = deployment.account.clone();
    let connecting = connection.connect(region, account, time).await?;
    connection.add_upstreams(&deployment.local.upstreams)?;
    Ok(connecting)
}
