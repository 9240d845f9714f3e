//! The kinds of things that executions reach.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use txflow_asl::Decision;
use txflow_asl::coverage::Part;

/// A kind of items.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    State,
    /// A rule of a Choice, or its `Default`.
    ChoiceRule,
    Retrier,
    Catcher,
    /// A branch of a Parallel, or what a Map does with its items.
    Branch,
}

impl Kind {
    pub const ALL: [Self; 5] = [
        Self::State,
        Self::ChoiceRule,
        Self::Retrier,
        Self::Catcher,
        Self::Branch,
    ];

    pub(super) fn of(part: Part) -> Self {
        match part {
            Part::State => Self::State,
            Part::Decision(Decision::Rule(_) | Decision::Default) => Self::ChoiceRule,
            Part::Decision(Decision::Retrier(_)) => Self::Retrier,
            Part::Decision(Decision::Catcher(_)) => Self::Catcher,
            Part::Branch(_) | Part::Processor => Self::Branch,
        }
    }

    /// `1 branch`, `3 branches`.
    pub fn counted(self, count: usize) -> String {
        let noun = match self {
            Self::State => "state",
            Self::ChoiceRule => "choice rule",
            Self::Retrier => "retrier",
            Self::Catcher => "catcher",
            Self::Branch => "branch",
        };
        let plural = match (count, self) {
            (1, _) => "",
            (_, Self::Branch) => "es",
            _ => "s",
        };
        format!("{count} {noun}{plural}")
    }
}
