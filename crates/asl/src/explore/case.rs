use std::collections::BTreeMap;

use serde_json::Value;

use crate::TaskResult;

/// A test: what starts an execution, and what its tasks are known to answer.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    pub input: Value,
    /// What answers the attempts of a state, by its name; the last answer is also for all attempts after it.
    pub mocks: BTreeMap<String, Vec<TaskResult>>,
    /// Executions of the test, with the members of `DescribeExecution` and of `GetExecutionHistory`: the execution itself
    /// first, and then those of its Distributed Maps.
    pub recorded: Vec<Value>,
    pub expected: Expected,
}

/// How a test expects its execution to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    Success,
    /// With this error, if the test says so.
    Failure {
        error: Option<String>,
    },
}

impl Expected {
    /// Whether an execution should fail with the error.
    pub(super) fn is(&self, failed_with: &str) -> bool {
        match self {
            Self::Success => false,
            Self::Failure { error } => error.as_ref().is_none_or(|error| error == failed_with),
        }
    }
}
