//! The Amazon States Language: parse, validate and execute state machine definitions.
//!
//! No I/O, no AWS SDK, no threads and no wall clock: the caller supplies time, randomness, names and the work of tasks.
//! An hour of backoff runs in a millisecond.
//!
//! ```
//! use serde_json::json;
//! use txflow_asl::{Machine, Payload, StartOptions, TaskEnd, Timestamp, run_to_end};
//!
//! let machine = Machine::parse(r#"{
//!     "StartAt": "Charge",
//!     "States": {
//!         "Charge": {
//!             "Type": "Task",
//!             "Resource": "arn:aws:lambda:us-east-1:123456789012:function:charge",
//!             "ResultPath": "$.receipt",
//!             "Next": "Cool down"
//!         },
//!         "Cool down": { "Type": "Wait", "Seconds": 3600, "End": true }
//!     }
//! }"#)?;
//!
//! let options = StartOptions::new(json!({ "amount": 12 }));
//! let run = run_to_end(&machine, options, Timestamp::from_millis(0), |task| {
//!     assert_eq!(task.parameters.value(), &json!({ "amount": 12 }));
//!     TaskEnd::Done(Ok(Payload::from(json!("R-1"))))
//! });
//!
//! let output = run.outcome.output.ok_or("the execution failed")?;
//! assert_eq!(output.text(), r#"{"amount":12,"receipt":"R-1"}"#);
//! let last = run.events.last().ok_or("there is no history")?;
//! assert_eq!(last.type_name(), "ExecutionSucceeded");
//! assert_eq!(last.timestamp, Timestamp::from_millis(3_600_000));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The public API
//!
//! | to | take |
//! |---|---|
//! | read a definition with the places of its parts, JSON or YAML | [`source::Source`] |
//! | check it, with every finding at once | [`validate::validate`] |
//! | make it ready to run, or look at its states | [`Machine`], [`states::Program`], [`states::State`] |
//! | run it, driven from outside | [`Execution`], [`StartOptions`], [`Step`], [`TaskRequest`] |
//! | run it at once in virtual time | [`run_to_end`] |
//! | see what happened, as `GetExecutionHistory` has it | [`history::Event`] |
//! | find the states of a definition as JSON, nested ones too | [`walk::all_states`] |
//! | look up what a state may call, and what IAM knows of it | [`integrations`] |
//! | know what the role of a state machine must allow | [`permissions::needs`] |
//! | check the statements of a policy as IAM does | [`policy`] |
//! | read an ARN, or a name of a function in one of its forms | [`Arn`], [`FunctionReference`] |
//! | try what no test does: faults, and more items | [`explore::Exploration`] |
//! | see whether recorded executions would go the same way | [`replay::Replay`] |
//! | know what executions can reach, and what recorded ones have reached | [`coverage::items`], [`coverage::Coverage`] |
//! | start where an execution was, with what it had there | [`fork::fork`] |
//! | try a single state, as `TestState` does | [`test_state::TestState`] |
//! | evaluate the parts by themselves | [`jsonpath::JsonPath`], [`intrinsic::Intrinsic`], [`jsonata::Expression`] |
//!
//! An [`Execution`] is a value. [`Execution::advance`] runs everything that can run at a given time and returns a
//! [`Step`]: the events, the tasks to start, the tasks to cancel, when to come back, and the outcome. The caller
//! reports the progress of the tasks ([`task_started`](Execution::task_started),
//! [`task_submitted`](Execution::task_submitted), [`task_succeeded`](Execution::task_succeeded),
//! [`task_failed`](Execution::task_failed), [`heartbeat`](Execution::heartbeat)) and advances again.
//!
//! Inside, each state type has its own file in `states`, `flow` is the data flow of a state from its input to its
//! output, and `execution` drives the transitions.
//!
//! An evaluation that takes more than 64 MB, or visits more than 20 million values, fails its state. Another thread can
//! end a running evaluation with the [`Cancellation`] in [`StartOptions`].
//!
//! # What differs from AWS
//!
//! - If several timeouts fall on the same moment, AWS reports them in an order of its own; here they are reported in
//!   the order in which their tasks started.
//! - AWS has changed since some recordings were made, and the crate does what AWS does today: the exit of a distributed
//!   Map follows `MapRunStarted` in the history, as since November 2024 (before, it followed `MapRunSucceeded`), and
//!   `$$.Execution` of a standard execution has a `RedriveCount`, as since November 2023.
//! - A mocked result in `TestState` is checked against the shapes of the services listed in `api-shapes/generate.py`;
//!   results of other services are not checked.
//! - Random numbers and UUIDs come from the seed in [`StartOptions`], so `States.MathRandom` with a seed returns other
//!   numbers than on AWS.
//! - The causes of intrinsic functions whose arguments do not fit are this crate's own, since no recording shows those of
//!   AWS.

mod arn;
mod budget;
mod constant;
mod context;
mod count;
pub mod coverage;
mod decision;
pub mod definition;
mod driver;
mod evaluation;
mod execution;
pub mod explore;
mod failure;
pub mod flow;
pub mod fork;
mod function_reference;
mod hash;
pub mod history;
pub mod integrations;
pub mod intrinsic;
pub mod jsonata;
pub mod jsonpath;
pub mod limits;
mod machine;
mod nearest;
mod payload;
pub mod permissions;
pub mod policy;
mod quantity;
mod random;
pub mod replay;
pub mod source;
mod start_options;
pub mod states;
pub mod template;
pub mod test_state;
mod timestamp;
mod trace;
pub mod validate;
mod variables;
pub mod walk;
pub mod wildcards;

pub use arn::{Arn, is_account_id};
pub use budget::Cancellation;
pub use decision::{Decided, Decision};
pub use driver::{Run, TaskEnd, TaskError, TaskResult, run_to_end};
pub use execution::{
    ChildBefore, ChildEnd, ChildExecution, ChildResult, ChildResults, ChildUpdate, Counts,
    Execution, MapRunLimits, MapRunReport, Outcome, Purpose, Redrive, ResumedChild, ResumedMapRun,
    Status, Step, Stopped, TaskId, TaskRequest, UnknownTask,
};
pub use function_reference::FunctionReference;
pub use machine::Machine;
pub use nearest::nearest;
pub use payload::{Packed, Payload};
pub use start_options::{Activities, ExecutionKind, StartOptions};
pub use timestamp::Timestamp;
