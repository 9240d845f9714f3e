//! What starts an execution: schedule expressions, event patterns and input transformers, as EventBridge has them.
//!
//! They are parsed, and what is wrong with them is said with its place; schedules tell when they are due, patterns which
//! events they match. No I/O, no SDK, no clock.

mod pattern;
mod schedule;
mod transformer;

pub use pattern::{EventPattern, PatternError, Segment};
pub use schedule::{Schedule, SyntaxError, time_zone, time_zones};
pub use transformer::{ErrorKind, InputTransformer, RuleNames, TransformerError, is_quoted_path};
