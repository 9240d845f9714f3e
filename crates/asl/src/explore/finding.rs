//! What an exploration finds.

use std::fmt;

use serde_json::Value;

use super::fault::{Fault, What};
use super::fields::{self, Step};
use super::handlers::NeverTaken;

/// Something that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub kind: Kind,
    /// The state that it is about.
    pub state: String,
    /// A JSON pointer into the definition.
    pub pointer: String,
    /// The test that shows it, if one does.
    pub case: Option<String>,
    /// What goes wrong in it: nothing, if the test comes to it as it is.
    pub faults: Vec<Fault>,
    /// The errors that the execution ends with.
    pub errors: Vec<String>,
    pub cause: Option<String>,
    /// What the states in which something goes wrong answer, as the mocks of a test.
    pub mocks: Vec<(String, Vec<Mock>)>,
}

/// One answer of a mocked state.
#[derive(Clone, Debug, PartialEq)]
pub enum Mock {
    Result(Value),
    Error(String),
}

/// The kind of a finding or a note.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A state's own fields do not fit its data, and nothing catches that.
    BrokenData,
    /// An error that Lambda raises for a while is neither retried nor caught.
    NotRetried,
    /// Nothing ends the wait for an answer that never comes.
    WaitsForever,
    /// Nothing can come to an entry of `Retry` or `Catch`.
    NeverTaken(NeverTaken),
    /// No execution came to a state.
    NotReached {
        /// Whether what a task answers may lead there.
        behind_answers: bool,
    },
    /// A note: an answer without a field, or without the items of a list, leads to [`BrokenData`](Self::BrokenData).
    NeedsField,
    /// A note: the execution fails with an error of a task that nothing catches.
    Uncaught,
}

impl Kind {
    /// A name for programs and for `allow`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::BrokenData => "broken-data",
            Self::NotRetried => "not-retried",
            Self::WaitsForever => "waits-forever",
            Self::NeverTaken(_) => "never-taken",
            Self::NotReached { .. } => "not-reached",
            Self::NeedsField => "needs-field",
            Self::Uncaught => "uncaught",
        }
    }

    /// Whether it is something to repair, and not only to know.
    #[must_use]
    pub fn is_finding(&self) -> bool {
        !matches!(self, Self::NeedsField | Self::Uncaught)
    }
}

impl Finding {
    /// How `allow` names it.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}: {}", self.kind.name(), self.state)
    }

    /// What is wrong, without the place.
    #[must_use]
    pub fn message(&self) -> String {
        let state = &self.state;
        let errors = listed(&self.errors);
        match &self.kind {
            Kind::BrokenData => format!(
                "{}`{state}` fails with {errors}, which nothing catches",
                self.conditions()
            ),
            Kind::NotRetried => format!(
                "{errors} of `{state}` {} neither retried nor caught, so a transient fault of Lambda fails the execution",
                if self.errors.len() == 1 { "is" } else { "are" }
            ),
            Kind::WaitsForever => format!(
                "if nobody answers `{state}`, the execution waits for a year: neither it nor the state machine has a timeout"
            ),
            Kind::NeverTaken(never) => never.message(state),
            Kind::NotReached { behind_answers } => format!(
                "no execution came to `{state}`: no input {}of a test leads there",
                if *behind_answers {
                    "and no answer "
                } else {
                    ""
                }
            ),
            Kind::NeedsField => format!(
                "{}`{state}` fails with {errors}, which nothing catches",
                self.conditions()
            ),
            Kind::Uncaught => format!("nothing catches {errors} of `{state}`"),
        }
    }

    /// What can be done about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match &self.kind {
            Kind::BrokenData => "let the state read what is there, or catch the error",
            Kind::NotRetried => "add a `Retry` for these errors",
            Kind::WaitsForever => "add `TimeoutSeconds` or `HeartbeatSeconds` to the state",
            Kind::NeverTaken(never) if never.by.is_some() => {
                "move it before the other, or remove it"
            }
            Kind::NeverTaken(_) => "remove it",
            Kind::NotReached {
                behind_answers: false,
            } => "add a test whose input leads there",
            Kind::NotReached {
                behind_answers: true,
            } => "add a test whose input or mocked answer leads there",
            Kind::NeedsField | Kind::Uncaught => return None,
        })
    }

    fn conditions(&self) -> String {
        let faults: Vec<String> = self.faults.iter().map(Fault::to_string).collect();
        match faults.is_empty() {
            true => String::new(),
            false => format!("if {}, ", faults.join(" and then ")),
        }
    }
}

/// Such as `` `A`, `B` or `C` ``.
fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => "an error without a name".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

impl NeverTaken {
    fn message(&self, state: &str) -> String {
        let entry = |index: usize| format!("`{}[{index}]`", self.field);
        let errors = listed(&self.errors);
        match self.by {
            Some(by) => format!(
                "{} of `{state}` is never used: {} before it takes {errors}",
                entry(self.index),
                entry(by)
            ),
            None => format!(
                "{} of `{state}` is never used: {errors} cannot be handled there",
                entry(self.index)
            ),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = &self.state;
        match &self.what {
            What::Error { error, once: false } => write!(f, "`{state}` fails with `{error}`"),
            What::Error { error, once: true } => write!(f, "`{state}` fails once with `{error}`"),
            What::Silence => write!(f, "`{state}` times out"),
            What::NoHeartbeat => write!(f, "`{state}` sends no heartbeat"),
            What::NotWritten { once: false } => write!(f, "`{state}` cannot write its results"),
            What::NotWritten { once: true } => {
                write!(f, "`{state}` cannot write its results at first")
            }
            What::Missing { path, documented } => {
                let path = shown_in_answer(path);
                match documented {
                    true => write!(
                        f,
                        "the answer of `{state}` has no `{path}`, as the API may have it"
                    ),
                    false => write!(f, "the answer of `{state}` has no `{path}`"),
                }
            }
            What::Empty { path, documented } => {
                let path = shown_in_answer(path);
                match documented {
                    true => write!(
                        f,
                        "`{path}` in the answer of `{state}` is empty, as the API may have it"
                    ),
                    false => write!(f, "`{path}` in the answer of `{state}` is empty"),
                }
            }
        }
    }
}

/// The path of a field in an answer.
#[must_use]
pub(super) fn shown_in_answer(path: &[Step]) -> String {
    fields::shown(path)
}
