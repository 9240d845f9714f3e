//! The first stages that commands have in common: the deployment, the account, and what it holds of the stack.

use std::collections::BTreeSet;

use anyhow::Result;
use txflow_local_aws::Time;

use super::connection::Connection;
use crate::aws::Aws;
use crate::config::Deployment;
use crate::report::Console;
use crate::resources::{self, Observed};
use crate::stack::Stack;

/// A deployment and the account that it is for.
pub struct Session {
    pub deployment: Deployment,
    pub aws: Aws,
    pub stack: Stack,
}

impl Session {
    /// Connects before the build, so that bad credentials fail in a second.
    pub async fn open(connection: &Connection, deployment: Deployment, time: Time) -> Result<Self> {
        let region = deployment.region.clone();
        let account = deployment.account.clone();
        let aws = connection.connect(region, account, time).await?;
        let stack = Stack::of(&deployment, aws.account.clone());
        Ok(Self {
            deployment,
            aws,
            stack,
        })
    }

    /// What AWS holds of the stack.
    pub async fn observe(&self) -> Result<Observed> {
        let Self {
            deployment,
            aws,
            stack,
        } = self;
        let handlers: BTreeSet<String> = deployment.functions.keys().cloned().collect();
        Ok(resources::observe(aws, stack, &handlers).await?)
    }

    /// The AWS console; `None` if the stack is not on AWS.
    pub fn console(&self) -> Option<Console> {
        let on_aws = !self.aws.custom_endpoint;
        on_aws.then(|| Console::of(&self.stack.account)).flatten()
    }
}
