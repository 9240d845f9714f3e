//! The last look before a function or a state machine goes that `deploy.toml` no longer names.

use std::collections::BTreeSet;

use super::get;
use crate::apply::{Backoff, Executor, StepError};
use crate::aws::{AwsError, found};
use crate::config::MachineName;
use crate::resources::operation::{Effect, Executed, Operation, Spec, Words};
use crate::resources::other_releases::OtherReleases;
use crate::resources::state_machine::{self, Pin, Release};
use crate::resources::{alias, release};
use crate::stack::Stack;

/// Looks once more at what was released since the plan was made: a release of another deploy may pin it.
#[derive(Debug)]
pub(crate) struct CheckUnused {
    pub stack: Stack,
    pub member: Member,
    pub other_releases: OtherReleases,
    /// Whether it was there itself when the plan was made, and not only its role or its log group.
    pub existed: bool,
}

/// What is about to go.
#[derive(Debug)]
pub(crate) enum Member {
    /// By handler.
    Function(String),
    StateMachine(MachineName),
}

impl Member {
    fn is_in(&self, pin: &Pin) -> bool {
        match self {
            Self::Function(handler) => pin
                .of_function()
                .is_some_and(|(pinned, _)| pinned == handler),
            Self::StateMachine(machine) => pin.of(machine).is_some(),
        }
    }

    async fn exists(&self, executor: &Executor, stack: &Stack) -> Result<bool, AwsError> {
        let aws = &executor.aws;
        Ok(match self {
            Self::Function(handler) => {
                let function = get(aws, &stack.function_name(handler)).await?;
                function.is_some()
            }
            Self::StateMachine(machine) => {
                let arn = stack.state_machine_arn(machine);
                found(state_machine::describe(aws, &arn).await)?.is_some()
            }
        })
    }
}

pub(super) static CHECK_UNUSED: Spec = Spec {
    operation: "ListStateMachineVersions",
    effect: Effect::Wait,
    words: Words::new("Checking", "Checked"),
    part: Some("use"),
    // The same as for reading the state machine.
    permissions: &[],
};

impl Operation for CheckUnused {
    fn spec(&self) -> &'static Spec {
        &CHECK_UNUSED
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(async move {
            let (current, others) =
                tokio::try_join!(self.pinned_by_current(executor), self.others(executor))?;
            let mut pinned_by = current;
            for number in others {
                let Some(release) = self.release(executor, number).await? else {
                    continue;
                };
                if self.is_pinned_by(executor, &release).await? {
                    pinned_by = Some(format!("release {number}"));
                }
            }
            match pinned_by {
                Some(by) => Err(StepError::Kept {
                    cause: format!("another deploy has made {by}, which pins it"),
                }),
                None if self.has_appeared(executor).await? => Err(StepError::Kept {
                    cause: "another deploy has created it".to_owned(),
                }),
                None => Ok(()),
            }
        })
    }
}

impl CheckUnused {
    /// Nothing leads back to what is created once its role has gone.
    async fn has_appeared(&self, executor: &Executor) -> Result<bool, StepError> {
        if self.existed {
            return Ok(false);
        }
        let mut backoff = Backoff::visible();
        loop {
            if self.member.exists(executor, &self.stack).await? {
                return Ok(true);
            }
            let Some(pause) = backoff.next() else {
                return Ok(false);
            };
            executor.pause(pause, String::new).await?;
        }
    }

    /// `None` if it is gone: the alias may still be read as it was before this plan deleted what it routed to.
    async fn release(
        &self,
        executor: &Executor,
        number: u64,
    ) -> Result<Option<Release>, StepError> {
        let mut backoff = Backoff::visible();
        loop {
            let read = release(&executor.aws, &self.stack, &MachineName::Main, number);
            let read = found(read.await)?;
            // Only one that was made since may be too young to be read.
            let is_younger = self.other_releases.is_younger(number);
            let pause = match read.is_none() && is_younger {
                true => backoff.next(),
                false => None,
            };
            let Some(pause) = pause else {
                return Ok(read);
            };
            let cause = || format!("AWS does not return release {number} yet");
            executor.pause(pause, cause).await?;
        }
    }

    async fn is_pinned_by(
        &self,
        executor: &Executor,
        release: &Release,
    ) -> Result<bool, StepError> {
        let pins = state_machine::all_pins_of(&executor.aws, &self.stack, release).await?;
        Ok(pins.iter().any(|pin| self.member.is_in(pin)))
    }

    /// The newest release is the state machine as it is, and may not be listed yet.
    async fn pinned_by_current(&self, executor: &Executor) -> Result<Option<String>, StepError> {
        let arn = self.stack.state_machine_arn(&MachineName::Main);
        let current = found(state_machine::describe(&executor.aws, &arn).await)?;
        let Some(current) = current.map(|current| Release::of(&current)) else {
            return Ok(None);
        };
        let pins = self.is_pinned_by(executor, &current).await?;
        Ok(pins.then(|| "a release".to_owned()))
    }

    /// The releases that were not there when the plan was made and are not this plan's, and what is live.
    async fn others(&self, executor: &Executor) -> Result<BTreeSet<u64>, StepError> {
        let ours = executor.outputs.lock().release().cloned();
        let ours = ours.map(|release| release.version);
        let (mut others, live) = tokio::try_join!(self.other_releases.listed(executor), async {
            Ok(alias::read(&executor.aws, &self.stack.alias_arn()).await?)
        })?;
        let routed = live.into_iter().flat_map(|live| live.routing);
        let routed = routed.map(|(release, _)| release);
        others.extend(routed.filter(|release| Some(*release) != ours));
        Ok(others)
    }
}
