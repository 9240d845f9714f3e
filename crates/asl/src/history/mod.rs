//! The event history of an execution, in the shape of `GetExecutionHistory`.

mod event;
mod json;

pub use event::{Event, EventKind, MapRunEvent, StateType, TaskEvent};
