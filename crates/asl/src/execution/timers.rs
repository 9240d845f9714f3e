use std::collections::BTreeMap;

use super::ids::ScopeId;
use crate::Timestamp;

/// The timers of an execution, in the order in which they are due.
#[derive(Debug, Default)]
pub(super) struct Timers {
    due: BTreeMap<TimerKey, ScopeId>,
    armed: u64,
}

/// Identifies an armed timer. Of two timers for the same moment, the one that was armed first fires first.
pub(super) type TimerKey = (Timestamp, u64);

impl Timers {
    pub(super) fn arm(&mut self, at: Timestamp, scope: ScopeId) -> TimerKey {
        self.armed += 1;
        let key = (at, self.armed);
        self.due.insert(key, scope);
        key
    }

    pub(super) fn disarm(&mut self, key: TimerKey) {
        self.due.remove(&key);
    }

    pub(super) fn next(&self) -> Option<Timestamp> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes the first timer if it is due.
    pub(super) fn pop(&mut self, now: Timestamp) -> Option<(TimerKey, ScopeId)> {
        let first = self.due.first_entry()?;
        (first.key().0 <= now).then(|| first.remove_entry())
    }
}
