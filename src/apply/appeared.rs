//! Resources that did not exist when the plan was made, but do when a step is about to create them.

use super::backoff::Backoff;
use super::executor::Executor;
use super::step_error::StepError;
use crate::aws::{AwsError, Class};
use crate::stack::{Tags, same_stack};

/// A resource that already exists.
pub struct Found {
    pub tags: Tags,
    /// Whether it matches what this deploy creates, in what its tags do not show: the code of a function, the
    /// path and the boundary of a role.
    pub as_wanted: bool,
}

impl Found {
    /// Whether this deploy may have created it: another deploy would have written other tags.
    fn is_own(&self, wanted: &Tags) -> bool {
        let mut wanted = wanted.iter();
        self.as_wanted && wanted.all(|(key, value)| self.tags.get(key) == Some(value))
    }
}

impl Executor {
    /// A request whose response was lost is sent again and meets its own first effect: what was found is
    /// accepted if it is what this deploy creates.
    pub async fn accept_own<F>(
        &self,
        name: &str,
        wanted: &Tags,
        read: impl Fn() -> F,
    ) -> Result<(), StepError>
    where
        F: Future<Output = Result<Found, AwsError>>,
    {
        let found = self.of_this_stack(name, wanted, read).await?;
        if found.is_own(wanted) {
            Ok(())
        } else {
            Err(StepError::OtherDeploy {
                name: name.to_owned(),
            })
        }
    }

    /// What was found, if it belongs to this stack, whoever created it. A resource created a moment ago may not be
    /// readable yet, or not with its tags.
    pub async fn of_this_stack<F>(
        &self,
        name: &str,
        wanted: &Tags,
        read: impl Fn() -> F,
    ) -> Result<Found, StepError>
    where
        F: Future<Output = Result<Found, AwsError>>,
    {
        let mut backoff = Backoff::visible();
        loop {
            match read().await {
                Ok(found) if same_stack(&found.tags, wanted) => return Ok(found),
                Err(error) if error.class != Class::NotFound => return Err(error.into()),
                Ok(_) | Err(_) => {}
            }
            let Some(pause) = backoff.next() else {
                return Err(StepError::Appeared {
                    name: name.to_owned(),
                });
            };
            let cause = || format!("`{name}` already exists and does not show whose it is");
            self.pause(pause, cause).await?;
        }
    }
}
