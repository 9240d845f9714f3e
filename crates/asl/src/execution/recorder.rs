use crate::history::{Event, EventKind};
use crate::limits::MAX_HISTORY_EVENTS;
use crate::{ExecutionKind, Timestamp};

/// Numbers the events, and keeps them until the caller takes them.
#[derive(Debug)]
pub(super) struct Recorder {
    events: Vec<Event>,
    last_id: u64,
    most: u64,
    is_full: bool,
}

impl Recorder {
    /// The history goes on after event `last_id`.
    pub(super) fn after(last_id: u64, kind: ExecutionKind) -> Self {
        let most = match kind {
            ExecutionKind::Standard => MAX_HISTORY_EVENTS,
            ExecutionKind::Express => u64::MAX,
        };
        Self {
            events: Vec::new(),
            last_id,
            most,
            is_full: false,
        }
    }

    /// Adds an event and returns its id. An event that exceeds the limit is left out.
    pub(super) fn add(&mut self, now: Timestamp, previous_event_id: u64, kind: EventKind) -> u64 {
        // The last slot is reserved for the event that ends the execution.
        if self.last_id + 1 >= self.most {
            self.is_full = true;
            return self.last_id;
        }
        self.push(now, previous_event_id, kind)
    }

    /// Adds the event that ends the execution.
    pub(super) fn add_last(&mut self, now: Timestamp, previous_event_id: u64, kind: EventKind) {
        self.push(now, previous_event_id, kind);
    }

    /// Whether an event has been left out.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    pub(super) fn last_id(&self) -> u64 {
        self.last_id
    }

    pub(super) fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    fn push(&mut self, now: Timestamp, previous_event_id: u64, kind: EventKind) -> u64 {
        self.last_id += 1;
        self.events.push(Event {
            id: self.last_id,
            previous_event_id,
            timestamp: now,
            kind,
        });
        self.last_id
    }
}
