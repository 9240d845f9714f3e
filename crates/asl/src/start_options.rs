use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::{Cancellation, Payload, Redrive, TaskError};

/// How to start an execution. Take [`StartOptions::new`] and set the fields that matter.
#[derive(Clone, Debug)]
pub struct StartOptions {
    pub input: Payload,
    pub kind: ExecutionKind,
    /// Whether the caller waits for it, as in `StartSyncExecution`: its `$$.Execution` has no `RedriveCount`.
    pub synchronous: bool,
    /// The execution's ARN: `$$.Execution.Id`.
    pub execution_arn: String,
    pub name: String,
    pub role_arn: String,
    pub state_machine_arn: String,
    pub state_machine_name: String,
    /// Set if the execution was started on a version, or through an alias.
    pub state_machine_version_arn: Option<String>,
    pub state_machine_alias_arn: Option<String>,
    pub region: String,
    /// The seed of all randomness in the execution: jitter, UUIDs, task tokens. With the same seed and the same
    /// reports, an execution runs in the same way.
    pub seed: u64,
    /// Which activities there are. Without it, all that are named.
    pub activities: Option<Activities>,
    /// Why no Distributed Map may start its executions, if so. Only the caller knows what the role allows.
    pub map_runs_denied: Option<TaskError>,
    /// Set if the execution goes on after a redrive: what has succeeded is not run again.
    pub redrive: Option<Redrive>,
    /// Ends a running evaluation, so that stopping the execution does not have to wait for it.
    pub cancellation: Cancellation,
}

/// Tells by its ARN whether an activity exists, at the time of the question.
#[derive(Clone)]
pub struct Activities(Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl Activities {
    pub fn new(exists: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(exists))
    }

    pub(crate) fn has(&self, arn: &str) -> bool {
        (self.0)(arn)
    }
}

impl fmt::Debug for Activities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Activities")
    }
}

/// The type of the state machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExecutionKind {
    /// At most 25,000 events.
    #[default]
    Standard,
    Express,
}

impl StartOptions {
    /// An execution with this input and placeholder names and ARNs.
    #[must_use]
    pub fn new(input: impl Into<Payload>) -> Self {
        const ACCOUNT: &str = "arn:aws:states:us-east-1:123456789012";
        Self {
            input: input.into(),
            kind: ExecutionKind::Standard,
            synchronous: false,
            execution_arn: format!("{ACCOUNT}:execution:StateMachine:execution"),
            name: "execution".into(),
            role_arn: "arn:aws:iam::123456789012:role/StepFunctionsRole".into(),
            state_machine_arn: format!("{ACCOUNT}:stateMachine:StateMachine"),
            state_machine_name: "StateMachine".into(),
            state_machine_version_arn: None,
            state_machine_alias_arn: None,
            region: "us-east-1".into(),
            seed: 0,
            activities: None,
            map_runs_denied: None,
            redrive: None,
            cancellation: Cancellation::default(),
        }
    }
}

impl Default for StartOptions {
    fn default() -> Self {
        Self::new(Value::Object(serde_json::Map::new()))
    }
}
