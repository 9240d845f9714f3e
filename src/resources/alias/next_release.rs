//! Whether another deploy of the stage has published while this one was running.

use crate::apply::Outputs;
use crate::plan::Draft;
use crate::resources::StateMachineChange;

/// The number that the release of a plan gets, unless another deploy publishes one after the plan was made. `None` if that
/// does not tell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NextRelease(Option<u64>);

impl NextRelease {
    pub fn new(draft: &Draft<'_>) -> Self {
        Self(match draft.state_machines.main {
            StateMachineChange::Update(_) => {
                let forks = draft.observed.lasting_state_machine();
                let forks = forks
                    .into_iter()
                    .flat_map(|state| state.forks.keys().copied());
                Some(
                    draft
                        .observed
                        .releases()
                        .chain(forks)
                        .max()
                        .unwrap_or_default()
                        + 1,
                )
            }
            _ => None,
        })
    }

    /// Whether the release that was published has another number. Of two deploys the second one to publish sees that.
    pub fn was_taken(self, outputs: &Outputs) -> bool {
        let published = outputs.release().map(|release| release.version);
        self.0.is_some() && self.0 != published
    }
}
