//! The memory and the steps that the evaluation of a state's fields may take.
//!
//! The crate has no clock, so it counts steps instead of time, and the same evaluation always ends at the same point.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

/// The most bytes that the fields of one state may allocate, including everything that is created on the way to their
/// values.
pub(crate) const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The most values that the same evaluation may visit.
const MAX_STEPS: usize = 20_000_000;

/// Stops the evaluations of an execution, from any thread.
///
/// All clones share one state. A cancelled execution cannot continue: stop it as well, or drop it.
#[derive(Clone, Debug, Default)]
pub struct Cancellation(Arc<AtomicBool>);

impl Cancellation {
    /// Ends the evaluation that is running, if any, and all later ones.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether [`cancel`](Self::cancel) has been called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Why an evaluation was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Exhausted {
    #[error("it takes more than {} MB of memory", MAX_BYTES >> 20)]
    Memory,
    #[error("it takes too many steps")]
    Steps,
    #[error("it was stopped")]
    Stopped,
}

/// What is left of both. Nothing is given back: memory that was freed in between has still cost time.
#[derive(Debug)]
pub(crate) struct Budget {
    bytes: Cell<usize>,
    steps: Cell<usize>,
    cancellation: Cancellation,
}

impl Budget {
    pub(crate) fn new(cancellation: Cancellation) -> Self {
        Self {
            bytes: Cell::new(MAX_BYTES),
            steps: Cell::new(MAX_STEPS),
            cancellation,
        }
    }

    /// Counts `count` visited values.
    pub(crate) fn step(&self, count: usize) -> Result<(), Exhausted> {
        if self.cancellation.is_cancelled() {
            return Err(Exhausted::Stopped);
        }
        take(&self.steps, count, Exhausted::Steps)
    }

    /// Counts `bytes` of new memory.
    pub(crate) fn take(&self, bytes: usize) -> Result<(), Exhausted> {
        self.step(1)?;
        take(&self.bytes, bytes, Exhausted::Memory)
    }

    /// Counts a copy of a value.
    pub(crate) fn take_value(&self, value: &Value) -> Result<(), Exhausted> {
        self.take(own_size(value))?;
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.take_value(item)),
            Value::Object(map) => map.values().try_for_each(|item| self.take_value(item)),
            _ => Ok(()),
        }
    }
}

fn take(left: &Cell<usize>, amount: usize, exhausted: Exhausted) -> Result<(), Exhausted> {
    match left.get().checked_sub(amount) {
        Some(rest) => {
            left.set(rest);
            Ok(())
        }
        None => {
            left.set(0);
            Err(exhausted)
        }
    }
}

/// What an entry of a map takes in addition to its value: the key, its hash and its position in the index.
pub(crate) const ENTRY: usize = size_of::<String>() + 3 * size_of::<usize>();

/// The bytes of a value without the values inside it.
fn own_size(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::String(text) => text.len(),
            Value::Object(map) => map.keys().map(|key| ENTRY + key.len()).sum(),
            _ => 0,
        }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Budget, Cancellation, Exhausted, MAX_BYTES, MAX_STEPS};

    #[test]
    fn what_is_taken_is_not_there_again() {
        let budget = Budget::new(Cancellation::default());
        assert_eq!(budget.take(MAX_BYTES / 2), Ok(()));
        assert_eq!(budget.take(MAX_BYTES), Err(Exhausted::Memory));
        assert_eq!(budget.take(1), Err(Exhausted::Memory));
        assert_eq!(budget.step(MAX_STEPS), Err(Exhausted::Steps));
    }

    #[test]
    fn a_value_is_counted_whole() {
        let budget = Budget::new(Cancellation::default());
        let text = "x".repeat(MAX_BYTES / 3);
        let value = json!([{ "a": text }, [{ "b": text }]]);
        assert_eq!(budget.take_value(&value), Ok(()));
        assert_eq!(budget.take_value(&value), Err(Exhausted::Memory));
    }

    #[test]
    fn a_cancelled_evaluation_takes_no_further_step() {
        let cancellation = Cancellation::default();
        let budget = Budget::new(cancellation.clone());
        cancellation.cancel();
        assert_eq!(budget.take(1), Err(Exhausted::Stopped));
    }
}
