use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

/// The variables that a state sees: those of its own program, then those of the programs
/// around it. A copy shares them until one of the two assigns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables {
    own: Arc<IndexMap<String, Arc<Value>>>,
    outer: Option<Arc<Variables>>,
}

impl Variables {
    /// The variables inside a branch or an iteration. What is assigned there stays there.
    pub(crate) fn inner(outer: &Arc<Self>) -> Self {
        Self {
            own: Arc::default(),
            outer: Some(Arc::clone(outer)),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        match self.own.get(name) {
            Some(value) => Some(value),
            None => self.outer.as_ref()?.get(name),
        }
    }

    pub(crate) fn assign(&mut self, values: impl IntoIterator<Item = (String, Value)>) {
        let values = values
            .into_iter()
            .map(|(name, value)| (name, Arc::new(value)));
        Arc::make_mut(&mut self.own).extend(values);
    }

    /// All that are visible, inner ones before the outer ones they hide.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        let levels = std::iter::successors(Some(self), |level| level.outer.as_deref());
        levels.flat_map(|level| {
            level
                .own
                .iter()
                .map(|(name, value)| (name.as_str(), &**value))
        })
    }
}
