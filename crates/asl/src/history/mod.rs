//! The event history of an execution, as `GetExecutionHistory` returns it.

mod event;
mod json;

pub use event::{Event, EventKind, MapRunEvent, StateType, TaskEvent};
