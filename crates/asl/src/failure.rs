use serde_json::json;

use crate::Payload;
use crate::budget::Exhausted;

/// Why a state, or what runs in it, did not succeed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
    pub(crate) origin: Origin,
}

/// Values are shown in causes, and AWS has a limit for those.
fn shortened(mut cause: String) -> String {
    if cause.len() > MAX_CAUSE {
        cause.truncate(cause.floor_char_boundary(MAX_CAUSE));
        cause.push('…');
    }
    cause
}

/// In bytes, with room for what is put in front.
const MAX_CAUSE: usize = 32_000;

/// What a failure came from, which says how it is told and whether it can be caught.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A task, a Fail state, a branch: it is told as it is.
    #[default]
    Work,
    /// The state's own fields did not fit its data. The cause gets the state's name put in
    /// front.
    Definition,
    /// As `Definition`, in a JSONata field: it has an event of its own.
    Evaluation {
        /// The field, such as `Output/total`.
        location: String,
        /// The expression itself failed, not what was then done with its result.
        by_expression: bool,
    },
    /// One of the two before, once the state it happened in is in its cause. It may go on to
    /// the states around that one.
    Told,
    /// A missed heartbeat.
    Heartbeat,
    /// A limit of the service. It cannot be caught.
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

    /// `States.Runtime`: a path or a template takes more than an evaluation may.
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

    /// `States.QueryEvaluationError` in the field `location`.
    pub(crate) fn evaluation(location: impl Into<String>, cause: impl Into<String>) -> Self {
        Self {
            origin: Origin::Evaluation {
                location: location.into(),
                by_expression: true,
            },
            ..Self::new("States.QueryEvaluationError", shortened(cause.into()))
        }
    }

    /// The result of a JSONata expression is of no use for its field.
    pub(crate) fn evaluation_result(location: &str, cause: impl Into<String>) -> Self {
        Self {
            origin: Origin::Evaluation {
                location: location.into(),
                by_expression: false,
            },
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

    /// The failure with the state it happened in, where its origin asks for that.
    pub(crate) fn in_state(mut self, name: &str, entered_event: u64) -> Self {
        if matches!(self.origin, Origin::Definition | Origin::Evaluation { .. })
            && let Some(cause) = &mut self.cause
        {
            self.origin = Origin::Told;
            cause.insert_str(0, &format!(
                "An error occurred while executing the state '{name}' (entered at the event id #{entered_event}). "
            ));
        }
        self
    }

    /// What a Catch gets.
    pub(crate) fn output(&self) -> Payload {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let output = json!({ "Error": text(&self.error), "Cause": text(&self.cause) });
        Payload::from(output)
    }

    /// `States.Runtime`: the definition does not fit the data, and nothing can help that.
    pub(crate) fn is_runtime(&self) -> bool {
        self.error.as_deref() == Some("States.Runtime") && self.origin != Origin::Work
    }

    /// Whether an `ErrorEquals` with these names is about this failure.
    pub(crate) fn matches(&self, names: &[String]) -> bool {
        let error = self.error.as_deref().unwrap_or_default();
        if error == "States.Runtime" || self.origin == Origin::Limit {
            return false;
        }
        names.iter().any(|name| match name.as_str() {
            "States.ALL" => true,
            "States.TaskFailed" => error != "States.Timeout",
            "States.HeartbeatTimeout" if self.origin == Origin::Heartbeat => true,
            name => name == error,
        })
    }
}
