//! Collects the steps of a plan.

use super::{Action, Reason, Resource, Step, StepId};
use crate::desired::Tags;

/// Steps in the order in which they were added; a step is added behind all that it waits for.
#[derive(Default)]
pub(super) struct Builder {
    pub steps: Vec<Step>,
}

impl Builder {
    pub fn add(
        &mut self,
        resource: &Resource,
        action: Action,
        after: impl IntoIterator<Item = StepId>,
        reasons: Vec<Reason>,
    ) -> StepId {
        let id = StepId::new(resource, &action);
        self.steps.push(Step {
            id: id.clone(),
            resource: resource.clone(),
            action,
            after: after.into_iter().collect(),
            reasons,
        });
        id
    }

    /// The tags of a resource that is there: one call adds and changes, another removes.
    pub fn tags(
        &mut self,
        resource: &Resource,
        old: &Tags,
        new: &Tags,
        tag: impl FnOnce(Tags) -> Action,
        untag: impl FnOnce(Vec<String>) -> Action,
    ) {
        let set: Tags = new
            .iter()
            .filter(|(key, value)| old.get(*key) != Some(value))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if !set.is_empty() {
            let reasons = set
                .iter()
                .map(|(key, value)| {
                    Reason::changed(format!("tag {key}"), old.get(key), Some(value))
                })
                .collect();
            self.add(resource, tag(set), [], reasons);
        }
        // `aws:` tags are AWS's own and cannot be removed.
        let removed: Vec<String> = old
            .keys()
            .filter(|key| !new.contains_key(*key) && !key.starts_with("aws:"))
            .cloned()
            .collect();
        if !removed.is_empty() {
            let reasons = removed
                .iter()
                .map(|key| Reason::changed(format!("tag {key}"), old.get(key), None::<String>))
                .collect();
            self.add(resource, untag(removed), [], reasons);
        }
    }
}
