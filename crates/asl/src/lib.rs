//! The Amazon States Language: parse, validate and execute state machine definitions.

mod context;
pub mod definition;
mod driver;
mod evaluation;
mod execution;
mod failure;
pub mod flow;
mod hash;
pub mod history;
pub mod intrinsic;
pub mod jsonata;
pub mod jsonpath;
pub mod limits;
mod machine;
mod payload;
mod quantity;
mod random;
pub mod source;
pub mod states;
pub mod template;
pub mod test_state;
mod timestamp;
mod trace;
pub mod validate;
mod variables;

pub use driver::{Run, TaskEnd, TaskError, TaskResult, run_to_end};
pub use execution::{
    Execution, ExecutionKind, Outcome, StartOptions, Status, Step, TaskId, TaskRequest, UnknownTask,
};
pub use machine::Machine;
pub use payload::Payload;
pub use timestamp::Timestamp;
