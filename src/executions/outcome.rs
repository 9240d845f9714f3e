//! What became of a state, or of an execution.

use schemars::JsonSchema;
use serde::Serialize;

/// What became of a state, or of an execution, from the best to the worst.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    #[default]
    Succeeded,
    /// It failed, or something inside of it did, and the execution went on.
    Caught,
    /// A failure elsewhere or a stop cut it off.
    Aborted,
    Running,
    Failed,
}

impl Outcome {
    pub const ALL: [Self; 5] = [
        Self::Succeeded,
        Self::Caught,
        Self::Aborted,
        Self::Running,
        Self::Failed,
    ];

    /// In words, since colour is never the only signal; also the name of its style in a picture.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Caught => "caught",
            Self::Aborted => "aborted",
            Self::Running => "running",
            Self::Failed => "failed",
        }
    }
}
