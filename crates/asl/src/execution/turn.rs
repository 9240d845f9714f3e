use crate::Payload;

/// What an execution may run in one `advance`.
///
/// It bounds the time, so that an endless loop does not block other executions, and the memory that the events of one
/// step hold: the caller can store them and let go of them.
#[derive(Debug)]
pub(super) struct Turn {
    states: usize,
    bytes: usize,
}

/// A payload takes up to about forty times the memory of its text.
const BYTES: usize = 2 * 1024 * 1024;

const STATES: usize = 1_000;

impl Default for Turn {
    fn default() -> Self {
        Self {
            states: STATES,
            bytes: BYTES,
        }
    }
}

impl Turn {
    pub(super) fn is_over(&self) -> bool {
        self.states == 0 || self.bytes == 0
    }

    /// Counts a state and its input.
    pub(super) fn enter(&mut self, input: &Payload) {
        self.states = self.states.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(input.size().unwrap_or_default());
    }
}
