//! The last look before `live` moves: whether what the release pins is still there.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;

use crate::apply::{Executor, StepError};
use crate::plan::Draft;
use crate::resources::{StateMachineChange, has_version};

/// What a release pins. Another deploy whose `deploy.toml` does not name a function removes it.
#[derive(Debug, Clone)]
pub(crate) struct Pinned {
    /// By handler: the name of its function, and the version if it is published already.
    functions: BTreeMap<String, (String, Option<String>)>,
    /// The handlers that the last release does not pin although they exist: the deploy that made that release may be about
    /// to remove them.
    doubtful: BTreeSet<String>,
    /// The number of the release that is published next, unless another deploy publishes one.
    next_release: Option<u64>,
}

impl Pinned {
    pub fn new(draft: &Draft<'_>) -> Self {
        let desired = draft.desired;
        let last = draft.observed.lasting_state_machine();
        let last = last.map(|last| last.pins(&desired.stack));
        let last: BTreeSet<String> = { last.into_iter().flatten() }
            .map(|(handler, _)| handler)
            .collect();
        let functions = draft.functions.iter().filter_map(|(handler, change)| {
            let name = desired.functions.get(handler)?.name.clone();
            let version = change.version().map(str::to_owned);
            Some((handler.clone(), (name, version)))
        });
        let exist = desired.functions.keys();
        let exist = exist.filter(|handler| draft.observed.functions.contains_key(*handler));
        let next = || draft.observed.releases().next().unwrap_or_default() + 1;
        Self {
            functions: functions.collect(),
            doubtful: exist
                .filter(|handler| !last.contains(*handler))
                .cloned()
                .collect(),
            next_release: match draft.state_machine {
                StateMachineChange::Update(_) => Some(next()),
                _ => None,
            },
        }
    }

    /// A deploy that nobody disturbs asks for nothing.
    pub async fn refuse_missing(&self, executor: &Executor) -> Result<(), StepError> {
        let (release, versions) = {
            let outputs = executor.outputs.lock();
            (outputs.release.clone(), outputs.versions.clone())
        };
        let release = release.map(|release| release.version);
        let alone = self.next_release.is_none_or(|next| release == Some(next));
        let suspected = self.functions.iter();
        let suspected = suspected.filter(|(handler, _)| !alone || self.doubtful.contains(*handler));
        let looks = suspected.map(|(handler, (name, version))| {
            let version = version.as_ref().or_else(|| versions.get(handler));
            async move {
                let Some(version) = version else {
                    return Ok(());
                };
                if has_version(&executor.aws, name, version).await? {
                    return Ok(());
                }
                Err(StepError::ChangedMeanwhile {
                    name: name.clone(),
                    cause: None,
                })
            }
        });
        try_join_all(looks).await.map(drop)
    }
}
