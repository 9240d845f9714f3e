//! The limits of Step Functions.

use std::io;

use serde_json::Value;

/// The maximum size of a state's input or output as UTF-8 JSON: 256 KiB.
pub const MAX_PAYLOAD_BYTES: usize = 256 * 1024;

/// The maximum number of events in the history of a standard execution.
pub const MAX_HISTORY_EVENTS: u64 = 25_000;

/// An execution with this many events cannot be redriven, since that adds at least two.
pub const MAX_REDRIVABLE_EVENTS: u64 = MAX_HISTORY_EVENTS - 1;

/// The maximum duration of an express execution, in seconds.
pub const MAX_EXPRESS_SECONDS: u64 = 5 * 60;

/// The maximum of a wait, a timeout or a heartbeat, in seconds: a little more than three years.
pub const MAX_SECONDS: f64 = 99_999_999.0;

/// The maximum size of the definition of a state machine: 1 MiB.
pub const MAX_DEFINITION_BYTES: usize = 1024 * 1024;

/// The maximum size of the variables that one `Assign` sets, as JSON: 256 KiB.
pub const MAX_ASSIGN_BYTES: usize = 256 * 1024;

/// The maximum size of all variables of an execution, as JSON: 10 MiB.
pub const MAX_VARIABLES_BYTES: usize = 10 * 1024 * 1024;

/// The maximum depth of a payload. A deeper one could not be parsed again anyway.
const MAX_PAYLOAD_DEPTH: usize = 1000;

/// The length of a value as compact JSON, or `None` if it is nested too deeply.
pub(crate) fn measure(value: &Value) -> Option<usize> {
    if !is_shallower(value, MAX_PAYLOAD_DEPTH) {
        return None;
    }
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, value).ok()?;
    Some(counter.0)
}

fn is_shallower(value: &Value, depth: usize) -> bool {
    match value {
        Value::Array(items) => depth > 0 && items.iter().all(|item| is_shallower(item, depth - 1)),
        Value::Object(map) => depth > 0 && map.values().all(|item| is_shallower(item, depth - 1)),
        _ => true,
    }
}

struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
