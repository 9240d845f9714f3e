//! The name of a step on the screen.

use schemars::JsonSchema;
use serde::Serialize;

/// `Creating`, `Created` and ``role `x` ``: the words for a step, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepName {
    /// The AWS operation.
    pub operation: &'static str,
    #[serde(skip)]
    pub doing: &'static str,
    #[serde(skip)]
    pub done: &'static str,
    pub object: String,
}
