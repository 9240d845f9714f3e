//! One event enum, several sinks: what a run tells while it goes on.

mod event;

pub use event::{Event, Reporter};
