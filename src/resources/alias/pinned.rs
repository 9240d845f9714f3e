//! The last look before `live` moves: whether what the release pins is still there.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;

use super::NextRelease;
use crate::apply::{Executor, Outputs, StepError};
use crate::config::MachineName;
use crate::plan::Draft;
use crate::resources::{Pin, published, state_machine};
use crate::stack::Stack;

/// What a release pins. Another deploy whose `deploy.toml` does not name a function removes it.
#[derive(Debug, Clone)]
pub(crate) struct Pinned {
    /// By handler: the name of its function, and the version if it is published already.
    functions: BTreeMap<String, (String, Option<String>)>,
    /// The state machines that it starts, with the version if it is published already.
    state_machines: BTreeMap<MachineName, Option<u64>>,
    stack: Stack,
    /// What the last release does not pin although it exists: the deploy that made that release may be about
    /// to remove them.
    doubtful: BTreeSet<String>,
    doubtful_machines: BTreeSet<MachineName>,
    next_release: NextRelease,
}

impl Pinned {
    pub fn new(draft: &Draft<'_>) -> Self {
        let desired = draft.desired;
        let last = draft.observed.state_machines.values();
        let last: Vec<Pin> = last.flat_map(|last| last.pins(&desired.stack)).collect();
        let functions = last.iter().filter_map(Pin::of_function);
        let handlers: BTreeSet<&str> = functions.map(|(handler, _)| handler).collect();
        let machines = last.iter().filter_map(Pin::of_state_machine);
        let machines: BTreeSet<&MachineName> = machines.map(|(machine, _)| machine).collect();
        let functions = draft.functions.iter().filter_map(|(handler, change)| {
            let name = desired.functions.get(handler)?.name.clone();
            let version = change.version().map(str::to_owned);
            Some((handler.clone(), (name, version)))
        });
        let exist = desired.functions.keys();
        let exist = exist.filter(|handler| draft.observed.functions.contains_key(*handler));
        Self {
            functions: functions.collect(),
            state_machines: { draft.state_machines.named.iter() }
                .map(|(name, change)| (MachineName::Named(name.clone()), change.version()))
                .collect(),
            doubtful_machines: { draft.observed.state_machines.keys() }
                .filter(|machine| !machines.contains(machine))
                .cloned()
                .collect(),
            stack: desired.stack.clone(),
            doubtful: exist
                .filter(|handler| !handlers.contains(handler.as_str()))
                .cloned()
                .collect(),
            next_release: NextRelease::new(draft),
        }
    }

    /// Whether another deploy has published a release before this one did.
    pub async fn is_disturbed(&self, executor: &Executor) -> Result<bool, StepError> {
        Ok(self.next_release.was_taken(executor).await?)
    }

    /// A deploy that nobody disturbs asks for nothing. The other one leaves what this release pins since it was published, and
    /// AWS may still show what it had removed before.
    pub async fn refuse_missing(&self, executor: &Executor) -> Result<(), StepError> {
        let alone = !self.is_disturbed(executor).await?;
        let functions = self.functions.iter();
        let functions: Vec<_> = functions
            .filter(|(handler, _)| !alone || self.doubtful.contains(*handler))
            .collect();
        let machines = self.state_machines.iter();
        let machines: Vec<_> = machines
            .filter(|(machine, _)| !alone || self.doubtful_machines.contains(*machine))
            .collect();
        if functions.is_empty() && machines.is_empty() {
            return Ok(());
        }
        let cause = "AWS may still show what another deploy of this stage has just removed";
        executor.waiting(cause);
        let shown = executor.aws.policy_propagation;
        executor.pause(shown, || cause.to_owned()).await?;
        let Outputs {
            releases, versions, ..
        } = executor.outputs.lock().clone();
        let looks = functions.into_iter().map(|(handler, (name, version))| {
            let version = version.as_ref().or_else(|| versions.get(handler));
            async move {
                let Some(version) = version else {
                    return Ok(());
                };
                if published(&executor.aws, name, version).await?.is_some() {
                    return Ok(());
                }
                Err(StepError::ChangedMeanwhile {
                    name: name.clone(),
                    cause: None,
                })
            }
        });
        let machines = machines.into_iter().map(async |(machine, version)| {
            let published = releases.get(machine).map(|published| published.version);
            let Some(version) = version.or(published) else {
                return Ok(());
            };
            let (aws, stack) = (&executor.aws, &self.stack);
            match state_machine::startable(aws, stack, machine, version).await? {
                Some(_) => Ok(()),
                None => Err(StepError::ChangedMeanwhile {
                    name: stack.state_machine_name(machine),
                    cause: None,
                }),
            }
        });
        tokio::try_join!(try_join_all(looks), try_join_all(machines)).map(drop)
    }
}
