//! What was sent a short while ago, to know duplicates of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::clock::Millis;

/// For how long FIFO queues and topics know duplicates, in milliseconds.
const KNOWN: Millis = 300_000;

pub(crate) struct Recent<T> {
    sent: BTreeMap<String, T>,
    by_age: BTreeSet<(Millis, String)>,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Recent {
            sent: BTreeMap::new(),
            by_age: BTreeSet::new(),
        }
    }
}

impl<T: Clone> Recent<T> {
    /// What the first of its kind was answered.
    pub(crate) fn duplicate(&mut self, of: &str, now: Millis) -> Option<T> {
        while let Some((sent, _)) = self.by_age.first()
            && sent + KNOWN <= now
        {
            if let Some((_, key)) = self.by_age.pop_first() {
                self.sent.remove(&key);
            }
        }
        self.sent.get(of).cloned()
    }

    pub(crate) fn remember(&mut self, key: String, answer: T, now: Millis) {
        self.by_age.insert((now, key.clone()));
        self.sent.insert(key, answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_is_known_for_five_minutes() {
        let mut recent = Recent::default();
        recent.remember("a".to_owned(), 1, 10);
        assert_eq!(recent.duplicate("a", 300_009), Some(1));
        assert_eq!(recent.duplicate("b", 300_009), None);
        assert_eq!(recent.duplicate("a", 300_010), None);
        recent.remember("a".to_owned(), 2, 300_010);
        assert_eq!(recent.duplicate("a", 300_011), Some(2));
    }
}
