use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use crate::limits;

/// The variables that are visible to a state: those of its own program, then those of the enclosing programs. Copies
/// share them until one of them assigns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables {
    own: Arc<IndexMap<String, Arc<Value>>>,
    /// The size of its own variables as JSON.
    own_bytes: usize,
    outer: Option<Arc<Variables>>,
}

impl Variables {
    /// The variables of a branch or an iteration. Assignments inside it are not visible outside.
    pub(crate) fn inner(outer: &Arc<Self>) -> Self {
        Self {
            own: Arc::default(),
            own_bytes: 0,
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
        for (name, value) in values {
            self.own_bytes += size(&value);
            let replaced = Arc::make_mut(&mut self.own).insert(name, Arc::new(value));
            self.own_bytes -= replaced.map_or(0, |value| size(&value));
        }
    }

    /// The size of all variables as JSON, including shadowed ones.
    pub(crate) fn bytes(&self) -> usize {
        let outer = self.outer.as_ref().map_or(0, |outer| outer.bytes());
        self.own_bytes + outer
    }

    /// All variables, inner ones before the outer ones that they shadow.
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

fn size(value: &Value) -> usize {
    limits::measure(value).unwrap_or_default()
}
