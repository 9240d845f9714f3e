//! The canary that runs, as the alias says.

use anyhow::Result;
use aws_smithy_async::rt::sleep::AsyncSleep as _;

use crate::apply::Backoff;
use crate::canary::Canary;
use crate::commands::context::{Context, Session};
use crate::commands::error::CommandError;
use crate::resources::{self, AliasState, ReleaseLabel};

/// A canary that runs.
#[derive(Debug, Clone)]
pub struct Running {
    /// What the description of the alias says.
    pub label: ReleaseLabel,
    pub canary: Canary,
    /// The release that gets the rest of the executions.
    pub old: u64,
}

impl Running {
    /// `None` if the alias is not in a canary.
    pub fn of(alias: AliasState) -> Option<Self> {
        Self::described(alias.canary()?)
    }

    pub fn described(label: ReleaseLabel) -> Option<Self> {
        Some(Self {
            canary: label.canary.clone()?,
            old: label.after?,
            label,
        })
    }

    /// The old release and the new one.
    pub fn releases(&self) -> (u64, u64) {
        (self.old, self.label.release)
    }

    /// Whether the alias is as this canary has left it.
    pub fn holds(&self, alias: &AliasState) -> bool {
        alias.canary().as_ref() == Some(&self.label)
    }

    /// Whether it tries out the same release against the same one, at whatever step.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.releases() == other.releases()
    }

    /// The alias as this canary has left it.
    pub fn alias(&self) -> AliasState {
        AliasState {
            description: self.label.to_string(),
            routing: self.label.routing(),
            ..AliasState::default()
        }
    }
}

/// The alias of a stage.
pub async fn live<D>(context: &Context, session: &Session<D>) -> Result<AliasState> {
    match resources::live(&session.aws, &session.stack).await? {
        Some(alias) => Ok(alias),
        None => Err(context.not_deployed_here(session).await.into()),
    }
}

/// The error of a stage without a canary.
pub fn no_canary(context: &Context, alias: &AliasState) -> CommandError {
    let rollback = || context.global.same_stack("txflow rollback");
    CommandError::NoCanary {
        live: alias.shown(),
        deploy: context.global.same_stack("txflow deploy --canary"),
        rollback: alias.is_split().then(rollback),
    }
}

/// The alias once AWS shows what is expected of it, or as it is after some seconds.
pub(super) async fn settled<D>(
    session: &Session<D>,
    is_expected: impl Fn(&AliasState) -> bool,
) -> Result<Option<AliasState>> {
    let mut backoff = Backoff::visible();
    loop {
        let alias = resources::live(&session.aws, &session.stack).await?;
        if alias.as_ref().is_some_and(&is_expected) {
            return Ok(alias);
        }
        let Some(pause) = backoff.next() else {
            return Ok(alias);
        };
        session.aws.sleep.sleep(pause).await;
    }
}
