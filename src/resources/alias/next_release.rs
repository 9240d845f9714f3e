//! Whether another deploy of the stage has published while this one was running.

use crate::apply::Executor;
use crate::aws::AwsError;
use crate::plan::Draft;
use crate::resources::{StateMachineChange, release_numbers};
use crate::stack::Stack;

/// The number that the release of a plan gets, unless something else is published after the plan was made. `None` if that
/// does not tell.
#[derive(Debug, Clone)]
pub(crate) struct NextRelease(Option<Expected>);

#[derive(Debug, Clone)]
struct Expected {
    number: u64,
    /// The newest release that there was.
    newest: u64,
    /// Whether forks may have had numbers in between, whose versions need not exist any more.
    forked: bool,
    stack: Stack,
}

impl NextRelease {
    pub fn new(draft: &Draft<'_>) -> Self {
        Self(match draft.state_machines.main {
            StateMachineChange::Create => None,
            _ => {
                let main = draft.observed.lasting_state_machine();
                let forks = { main.into_iter() }.flat_map(|state| state.forks.keys().copied());
                let newest = draft.observed.releases().max().unwrap_or_default();
                Some(Expected {
                    number: forks.chain([newest]).max().unwrap_or_default() + 1,
                    newest,
                    forked: main.is_some_and(|state| state.forked),
                    stack: draft.desired.stack.clone(),
                })
            }
        })
    }

    /// Whether another release was published since the plan was made. Of two deploys the second one to publish sees that.
    pub async fn was_taken(&self, executor: &Executor) -> Result<bool, AwsError> {
        let published = executor
            .outputs
            .lock()
            .release()
            .map(|release| release.version);
        let Some(expected) = &self.0 else {
            return Ok(false);
        };
        match published {
            Some(published) if published == expected.number => Ok(false),
            Some(published) if published > expected.number && !expected.forked => Ok(true),
            // AWS has published none, since there was one of the same, or the numbers between are of forks.
            _ => {
                let releases = release_numbers(&executor.aws, &expected.stack).await?;
                let mut younger = releases.iter().filter(|one| **one > expected.newest);
                Ok(younger.any(|release| Some(*release) != published))
            }
        }
    }
}
