use serde_json::json;

use crate::Payload;
use crate::budget::Exhausted;
use crate::limits::MAX_HISTORY_EVENTS;

/// Why a state, or the work inside it, did not succeed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
    pub(crate) origin: Origin,
}

/// Cuts a cause off: causes show values, and AWS limits their length.
fn shortened(mut cause: String) -> String {
    if cause.len() > MAX_CAUSE {
        cause.truncate(cause.floor_char_boundary(MAX_CAUSE));
        cause.push('…');
    }
    cause
}

/// In bytes, leaving room for the prefix that names the state.
const MAX_CAUSE: usize = 32_000;

/// The source of a failure, which decides how it is reported and whether it can be caught.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A task, a Fail state or a branch. It is reported unchanged.
    #[default]
    Work,
    /// The state's own fields do not fit its data. The cause is prefixed with the state's name.
    Definition,
    /// Like `Definition`, but in a JSONata field, which also records an event.
    Evaluation {
        /// The field, such as `Output/total`; `None` if the state's input is at fault.
        location: Option<String>,
    },
    /// One of the two above, after its cause has been prefixed. It may propagate to the enclosing states.
    Attributed,
    /// A state of which a test says that it is not a Task.
    OtherThanTask,
    /// A missed heartbeat.
    Heartbeat,
    /// A service limit. It cannot be caught.
    Limit,
}

impl Failure {
    pub(crate) fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self {
            error: Some(error.into()),
            cause: Some(cause.into()),
            origin: Origin::Work,
        }
    }

    /// `States.Runtime`, which nothing catches.
    pub(crate) fn runtime(cause: impl Into<String>) -> Self {
        Self::definition("States.Runtime", cause)
    }

    /// `States.Runtime`: a path or a template exceeds the budget of an evaluation.
    pub(crate) fn exhausted(field: &str, exhausted: Exhausted) -> Self {
        Self::runtime(format!(
            "The evaluation of the field '{field}' was ended: {exhausted}"
        ))
    }

    /// An error of a state's own fields.
    pub(crate) fn definition(error: &str, cause: impl Into<String>) -> Self {
        Self {
            origin: Origin::Definition,
            ..Self::new(error, shortened(cause.into()))
        }
    }

    /// `States.QueryEvaluationError`, in a field if there is a `location`.
    pub(crate) fn evaluation(location: Option<String>, cause: impl Into<String>) -> Self {
        Self {
            origin: Origin::Evaluation { location },
            ..Self::new("States.QueryEvaluationError", shortened(cause.into()))
        }
    }

    /// `States.Timeout`, of a task or of a missed heartbeat.
    pub(crate) fn timeout(origin: Origin) -> Self {
        Self {
            error: Some("States.Timeout".into()),
            cause: None,
            origin,
        }
    }

    /// `States.Runtime`: the history has no room for more.
    pub(crate) fn history_full() -> Self {
        Self {
            origin: Origin::Limit,
            ..Self::new(
                "States.Runtime",
                format!(
                    "The execution reached the maximum number of history events ({MAX_HISTORY_EVENTS})."
                ),
            )
        }
    }

    /// `States.ExceedToleratedFailureThreshold`, of a distributed Map.
    pub(crate) fn tolerated_failures_exceeded() -> Self {
        Self::new(
            "States.ExceedToleratedFailureThreshold",
            "The specified tolerated failure threshold was exceeded",
        )
    }

    /// `States.DataLimitExceeded`: `what` is a state's name or a resource.
    pub(crate) fn too_large(what: &str) -> Self {
        Self::new(
            "States.DataLimitExceeded",
            format!(
                "The state/task '{what}' returned a result with a size exceeding the maximum number of bytes service limit."
            ),
        )
    }

    /// Prefixes the cause with the state in which the failure occurred, if its origin asks for that.
    pub(crate) fn in_state(mut self, name: &str, entered_event: u64) -> Self {
        if matches!(self.origin, Origin::Definition | Origin::Evaluation { .. })
            && let Some(cause) = &mut self.cause
        {
            self.origin = Origin::Attributed;
            cause.insert_str(0, &format!(
                "An error occurred while executing the state '{name}' (entered at the event id #{entered_event}). "
            ));
        }
        self
    }

    /// The input of a Catch: the error output.
    pub(crate) fn output(&self) -> Payload {
        let missing = match &self.error {
            Some(_) => json!(""),
            None => json!(null),
        };
        let text =
            |text: &Option<String>| text.as_ref().map_or(missing.clone(), |text| json!(text));
        let output = json!({ "Error": text(&self.error), "Cause": text(&self.cause) });
        Payload::from(output)
    }

    /// Whether it is a `States.Runtime` of the engine: the definition does not fit the data, and no Retry or Catch
    /// applies.
    pub(crate) fn is_runtime(&self) -> bool {
        self.error.as_deref() == Some("States.Runtime") && self.origin != Origin::Work
    }

    /// Whether an `ErrorEquals` with these names matches this failure.
    pub(crate) fn matches(&self, names: &[String]) -> bool {
        let error = self.error.as_deref().unwrap_or_default();
        if error == "States.Runtime" || self.origin == Origin::Limit {
            return false;
        }
        names.iter().any(|name| match name.as_str() {
            "States.ALL" => true,
            "States.TaskFailed" => {
                error != "States.Timeout" && self.origin != Origin::OtherThanTask
            }
            "States.HeartbeatTimeout" if self.origin == Origin::Heartbeat => true,
            name => name == error,
        })
    }
}
