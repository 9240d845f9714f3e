//! Where the messages of one queue stand: the same as their records say, in the orders in which they are looked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::Notify;

use crate::clock::Millis;
use crate::recent::Recent;

/// The lines of all queues.
#[derive(Default)]
pub(super) struct Lines(BTreeMap<String, Line>);

impl Lines {
    pub(super) fn of(&mut self, queue: &str) -> &mut Line {
        self.0.entry(queue.to_owned()).or_default()
    }

    pub(super) fn remove(&mut self, queue: &str) -> Option<Line> {
        self.0.remove(queue)
    }
}

#[derive(Default)]
pub(super) struct Line {
    standing: BTreeMap<u64, Standing>,
    by_visibility: BTreeSet<(Millis, u64)>,
    by_age: BTreeSet<(Millis, u64)>,
    groups: BTreeMap<String, Group>,
    /// What was sent to a FIFO queue, by what tells duplicates.
    pub(super) sent: Recent<Sent>,
    /// Told of each message that may be received earlier than was known.
    pub(super) arrived: Arc<Notify>,
}

/// As much of a message as decides when it is received.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) sent: Millis,
    pub(super) visible: Millis,
    /// Whether it was received, and is hidden for that.
    pub(super) received: bool,
    /// Of a FIFO queue.
    pub(super) group: Option<String>,
}

/// The messages of a group, in order.
#[derive(Default)]
struct Group {
    all: BTreeSet<u64>,
    /// Those that were received, by when they are seen again. While one is not, the group gives nothing.
    held: BTreeSet<(Millis, u64)>,
}

/// What a message was answered that a duplicate is answered as well.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) id: String,
    pub(super) sequence: u64,
}

/// The numbers that describe a queue.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) visible: usize,
    pub(super) in_flight: usize,
    pub(super) delayed: usize,
}

impl Line {
    pub(super) fn put(&mut self, sequence: u64, standing: Standing) {
        self.remove(sequence);
        self.by_visibility.insert((standing.visible, sequence));
        self.by_age.insert((standing.sent, sequence));
        if let Some(group) = &standing.group {
            let group = self.groups.entry(group.clone()).or_default();
            group.all.insert(sequence);
            if standing.received {
                group.held.insert((standing.visible, sequence));
            }
        }
        self.standing.insert(sequence, standing);
    }

    pub(super) fn remove(&mut self, sequence: u64) {
        let Some(standing) = self.standing.remove(&sequence) else {
            return;
        };
        self.by_visibility.remove(&(standing.visible, sequence));
        self.by_age.remove(&(standing.sent, sequence));
        if let Some(name) = standing.group
            && let Some(group) = self.groups.get_mut(&name)
        {
            group.all.remove(&sequence);
            group.held.remove(&(standing.visible, sequence));
            if group.all.is_empty() {
                self.groups.remove(&name);
            }
        }
    }

    /// The sequences of all messages.
    pub(super) fn all(&self) -> Vec<u64> {
        self.standing.keys().copied().collect()
    }

    /// Those that were sent at that instant or before.
    pub(super) fn sent_until(&self, instant: Millis) -> Vec<u64> {
        let old = self.by_age.range(..=(instant, u64::MAX));
        old.map(|(_, sequence)| *sequence).collect()
    }

    /// Those that can be received now, at most so many.
    pub(super) fn due(&self, now: Millis, most: usize) -> Vec<u64> {
        if self.groups.is_empty() {
            let due = self.by_visibility.range(..=(now, u64::MAX)).take(most);
            return due.map(|(_, sequence)| *sequence).collect();
        }
        let free = self.groups.values().filter(|group| group.is_free(now));
        let mut free: Vec<&Group> = free.collect();
        free.sort_by_key(|group| group.all.first());
        let due = free.into_iter().flat_map(|group| {
            let all = group.all.iter();
            all.take_while(|sequence| self.is_visible(**sequence, now))
        });
        due.take(most).copied().collect()
    }

    fn is_visible(&self, sequence: u64, now: Millis) -> bool {
        let standing = self.standing.get(&sequence);
        standing.is_some_and(|standing| standing.visible <= now)
    }

    /// When the next message can be seen that cannot be seen now.
    pub(super) fn next(&self, now: Millis) -> Option<Millis> {
        let mut later = self.by_visibility.range((now + 1, 0)..);
        later.next().map(|(visible, _)| *visible)
    }

    pub(super) fn counts(&self, now: Millis) -> Counts {
        let hidden = self.by_visibility.range((now + 1, 0)..);
        let received = |sequence: &u64| self.standing.get(sequence).is_some_and(|it| it.received);
        let (in_flight, delayed): (Vec<u64>, Vec<u64>) =
            hidden.map(|(_, sequence)| *sequence).partition(received);
        Counts {
            visible: self.standing.len() - in_flight.len() - delayed.len(),
            in_flight: in_flight.len(),
            delayed: delayed.len(),
        }
    }
}

impl Group {
    fn is_free(&self, now: Millis) -> bool {
        self.held.last().is_none_or(|(until, _)| *until <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(group: Option<&str>, messages: &[(u64, Millis, bool)]) -> Line {
        let mut line = Line::default();
        for (sequence, visible, received) in messages {
            let standing = Standing {
                sent: *sequence,
                visible: *visible,
                received: *received,
                group: group.map(str::to_owned),
            };
            line.put(*sequence, standing);
        }
        line
    }

    #[test]
    fn what_is_hidden_is_not_due() {
        let line = line(None, &[(1, 50, true), (2, 0, false), (3, 20, false)]);
        assert_eq!(line.due(10, 10), [2]);
        assert_eq!(line.next(10), Some(20));
        assert_eq!(line.due(20, 10), [2, 3]);
        assert_eq!(line.due(50, 1), [2]);
        let counts = Counts {
            visible: 1,
            in_flight: 1,
            delayed: 1,
        };
        assert_eq!(line.counts(10), counts);
    }

    #[test]
    fn a_group_waits_for_each_of_its_messages() {
        let mut line = line(Some("a"), &[(1, 0, false), (2, 50, true), (3, 0, false)]);
        let other = Standing {
            sent: 4,
            visible: 0,
            received: false,
            group: Some("b".to_owned()),
        };
        line.put(4, other);
        assert_eq!(line.due(10, 10), [4]);
        assert_eq!(line.due(50, 10), [1, 2, 3, 4]);
        line.remove(2);
        assert_eq!(line.due(10, 10), [1, 3, 4]);
    }
}
