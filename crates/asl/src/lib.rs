//! The Amazon States Language: parse, validate and execute state machine definitions.

pub mod definition;
mod driver;
mod execution;
pub mod flow;
pub mod history;
pub mod intrinsic;
pub mod jsonata;
pub mod jsonpath;
mod machine;
mod payload;
pub mod source;
pub mod states;
pub mod template;
mod timestamp;
pub mod validate;

pub use driver::{Run, TaskEnd, TaskError, TaskResult, run_to_end};
pub use execution::{
    Execution, ExecutionKind, Outcome, StartOptions, Status, Step, TaskId, TaskRequest, UnknownTask,
};
pub use machine::Machine;
pub use payload::Payload;
pub use timestamp::Timestamp;
