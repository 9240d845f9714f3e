//! What other deploys of the stage have published meanwhile.

use std::collections::BTreeSet;

use super::{Observed, state_machine};
use crate::apply::{Backoff, Executor, StepError};
use crate::config::MachineName;
use crate::stack::Stack;

/// The releases that were not there when the plan was made. Before something goes that they may need, they are asked for.
#[derive(Debug)]
pub(crate) struct OtherReleases {
    state_machine_arn: String,
    /// The newest release when the plan was made.
    newest: Option<u64>,
}

impl OtherReleases {
    pub fn new(stack: &Stack, observed: &Observed) -> Self {
        Self {
            state_machine_arn: stack.state_machine_arn(&MachineName::Main),
            newest: observed.releases().next(),
        }
    }

    /// Whether a release was made after the plan.
    pub fn is_younger(&self, release: u64) -> bool {
        Some(release) > self.newest
    }

    /// Those that are not of this plan. A list that lacks the release of this plan lacks those of others as well.
    pub async fn listed(&self, executor: &Executor) -> Result<BTreeSet<u64>, StepError> {
        let ours = executor.outputs.lock().release().cloned();
        let ours = ours.map(|release| release.version);
        let mut backoff = Backoff::visible();
        loop {
            let listed = state_machine::versions(&executor.aws, &self.state_machine_arn).await?;
            let listed = listed.into_iter().map(|(release, _)| release);
            let mut younger: BTreeSet<u64> = listed.filter(|one| self.is_younger(*one)).collect();
            let complete = ours.is_none_or(|ours| younger.remove(&ours) || !self.is_younger(ours));
            let Some(pause) = backoff.next().filter(|_| !complete) else {
                return Ok(younger);
            };
            let cause = || "AWS does not list the release that was just published yet".to_owned();
            executor.pause(pause, cause).await?;
        }
    }
}
