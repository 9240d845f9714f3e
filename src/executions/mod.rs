//! Executions: started, watched, read, checked.

#[expect(clippy::disallowed_types, reason = "calls AWS")]
mod answer;
mod calls;
mod cause;
mod change;
mod check;
mod child_counts;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
mod children;
mod compare;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
mod definition;
mod document;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
mod event;
mod events;
mod fork_name;
mod history;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
mod list;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub mod load;
mod logged;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
mod map_children;
mod masked;
mod mismatch;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
mod on_alias;
mod outcome;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
mod read;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
mod recorded;
mod run;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
mod start;
mod state_kind;
mod status;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
mod stop;
mod test_name;
#[cfg(test)]
pub(crate) mod tests;
mod time;
mod tree;
mod unread;

pub use answer::{Answers, HIDDEN_TOKEN, WaitingTask, send_answer, shown_call, waiting};
pub use cause::Cause;
pub use change::StateChange;
pub use check::check;
pub use child_counts::ChildCounts;
pub use children::{MapChildren, with_children, with_children_again};
pub use compare::has_parts;
pub use definition::{definition, definition_of};
pub use document::json;
pub use event::{PATIENCE, execute_by_event};
pub use fork_name::{Family, fork_number, is_fork};
pub use history::{Attempt, Failure, History, StateEvent, StateRun, TaskCall};
#[cfg(test)]
pub use history::{HistoryEvent, What};
pub use list::{Listed, beginning_with, find, list, list_again};
pub use logged::logged;
pub use map_children::{ChildPage, list_of_map_run};
pub use mismatch::{Expectation, Mismatch};
pub use on_alias::OnAlias;
pub use outcome::Outcome;
pub use read::{ReadAgain, input, read, read_again};
pub use recorded::recorded;
pub use run::{Billed, ChildRun, MapRun, Run};
pub use start::{Start, execute, execute_sync, start, start_named, watch_to_end};
pub use state_kind::StateKind;
pub use status::Status;
pub use stop::{begin_redrive, redrive, stop};
pub use test_name::{is_of_test, test_name, test_of};
pub use time::between;
pub(crate) use time::{optional_rfc3339, rfc3339};
pub use tree::Tree;
pub use unread::Unread;
