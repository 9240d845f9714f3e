use serde_json::{Map, Value, json};

use super::{Event, EventKind, MapRunEvent, StateType, TaskEvent};
use crate::Payload;
use crate::definition::{Resource, ResourceKind};

impl Event {
    /// The name in `HistoryEventType`, such as `PassStateEntered`.
    #[must_use]
    pub fn type_name(&self) -> String {
        type_name(&self.kind)
    }

    /// The event as `GetExecutionHistory` returns it in AWS's JSON protocols, with the timestamp in seconds since 1970.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let type_name = self.type_name();
        let mut event = Map::new();
        #[expect(clippy::cast_precision_loss, reason = "exact for some 285,000 years")]
        let seconds = self.timestamp.as_millis() as f64 / 1000.0;
        event.insert("timestamp".into(), seconds.into());
        event.insert("type".into(), type_name.as_str().into());
        event.insert("id".into(), self.id.into());
        event.insert("previousEventId".into(), self.previous_event_id.into());
        if let Some(details) = details(&self.kind) {
            event.insert(details_name(&self.kind, &type_name), details);
        }
        Value::Object(event)
    }
}

fn type_name(kind: &EventKind) -> String {
    let fixed = match kind {
        EventKind::StateEntered { state_type, .. } => {
            return format!("{}StateEntered", state_type.name());
        }
        EventKind::StateExited { state_type, .. } => {
            return format!("{}StateExited", state_type.name());
        }
        EventKind::StateAborted { state_type } => {
            return format!("{}StateAborted", state_type.name());
        }
        EventKind::Task { resource, event } => {
            return format!("{}{}", prefix(resource), event.name());
        }
        EventKind::ExecutionStarted { .. } => "ExecutionStarted",
        EventKind::ExecutionRedriven { .. } => "ExecutionRedriven",
        EventKind::ExecutionSucceeded { .. } => "ExecutionSucceeded",
        EventKind::ExecutionFailed { .. } => "ExecutionFailed",
        EventKind::ExecutionTimedOut { .. } => "ExecutionTimedOut",
        EventKind::ExecutionAborted { .. } => "ExecutionAborted",
        EventKind::EvaluationFailed { .. } => "EvaluationFailed",
        EventKind::ParallelStateStarted => "ParallelStateStarted",
        EventKind::ParallelStateSucceeded => "ParallelStateSucceeded",
        EventKind::ParallelStateFailed => "ParallelStateFailed",
        EventKind::MapStateStarted { .. } => "MapStateStarted",
        EventKind::MapStateSucceeded => "MapStateSucceeded",
        EventKind::MapStateFailed => "MapStateFailed",
        EventKind::MapIterationStarted { .. } => "MapIterationStarted",
        EventKind::MapIterationSucceeded { .. } => "MapIterationSucceeded",
        EventKind::MapIterationFailed { .. } => "MapIterationFailed",
        EventKind::MapIterationAborted { .. } => "MapIterationAborted",
        EventKind::MapRun(MapRunEvent::Started { .. }) => "MapRunStarted",
        EventKind::MapRun(MapRunEvent::Redriven { .. }) => "MapRunRedriven",
        EventKind::MapRun(MapRunEvent::Succeeded) => "MapRunSucceeded",
        EventKind::MapRun(MapRunEvent::Failed { .. }) => "MapRunFailed",
        EventKind::MapRun(MapRunEvent::Aborted) => "MapRunAborted",
    };
    fixed.to_owned()
}

/// `passStateEntered` and so on share one details field; every other type has its own.
fn details_name(kind: &EventKind, type_name: &str) -> String {
    match kind {
        EventKind::StateEntered { .. } => "stateEnteredEventDetails".into(),
        EventKind::StateExited { .. } => "stateExitedEventDetails".into(),
        _ => {
            let (first, rest) = type_name.split_at(1);
            format!("{}{rest}EventDetails", first.to_ascii_lowercase())
        }
    }
}

/// `None` for the types of events that have no field for details in the API. All others show it, also if it is empty.
fn details(kind: &EventKind) -> Option<Value> {
    Some(match kind {
        EventKind::ExecutionStarted {
            input,
            role_arn,
            state_machine_version_arn,
            state_machine_alias_arn,
        } => {
            let mut details = with_payload("input", input);
            details.insert("roleArn".into(), role_arn.as_ref().into());
            put_text(
                &mut details,
                "stateMachineAliasArn",
                state_machine_alias_arn.as_deref(),
            );
            put_text(
                &mut details,
                "stateMachineVersionArn",
                state_machine_version_arn.as_deref(),
            );
            details.into()
        }
        EventKind::ExecutionRedriven { redrive_count } => json!({ "redriveCount": redrive_count }),
        EventKind::ExecutionSucceeded { output } => with_payload("output", output).into(),
        EventKind::ExecutionFailed { error, cause }
        | EventKind::ExecutionTimedOut { error, cause }
        | EventKind::ExecutionAborted { error, cause }
        | EventKind::MapRun(MapRunEvent::Failed { error, cause }) => {
            failure(error.as_deref(), cause.as_deref())
        }
        EventKind::StateEntered { name, input, .. } => {
            let mut details = with_payload("input", input);
            details.insert("name".into(), name.as_ref().into());
            details.into()
        }
        EventKind::StateExited {
            name,
            output,
            assigned_variables,
            ..
        } => {
            let mut details = with_payload("output", output);
            details.insert("name".into(), name.as_ref().into());
            if let Some(assigned) = assigned_variables {
                let assigned: Map<String, Value> = assigned
                    .iter()
                    .map(|(name, text)| (name.clone(), text.as_str().into()))
                    .collect();
                details.insert("assignedVariables".into(), assigned.into());
                details.insert("assignedVariablesDetails".into(), not_truncated());
            }
            details.into()
        }
        EventKind::EvaluationFailed {
            state,
            location,
            error,
            cause,
        } => {
            let mut details = Map::new();
            details.insert("state".into(), state.as_ref().into());
            details.insert("error".into(), error.as_str().into());
            details.insert("cause".into(), cause.as_str().into());
            put_text(&mut details, "location", location.as_deref());
            details.into()
        }
        EventKind::Task { resource, event } => return task_details(resource, event),
        EventKind::MapStateStarted { length } => json!({ "length": length }),
        EventKind::MapIterationStarted { name, index }
        | EventKind::MapIterationSucceeded { name, index }
        | EventKind::MapIterationFailed { name, index }
        | EventKind::MapIterationAborted { name, index } => {
            json!({ "name": name.as_ref(), "index": index })
        }
        EventKind::MapRun(MapRunEvent::Started { map_run_arn }) => {
            json!({ "mapRunArn": map_run_arn.as_ref() })
        }
        EventKind::MapRun(MapRunEvent::Redriven {
            map_run_arn,
            redrive_count,
        }) => {
            json!({ "mapRunArn": map_run_arn.as_ref(), "redriveCount": redrive_count })
        }
        EventKind::StateAborted { .. }
        | EventKind::ParallelStateStarted
        | EventKind::ParallelStateSucceeded
        | EventKind::ParallelStateFailed
        | EventKind::MapStateSucceeded
        | EventKind::MapStateFailed
        | EventKind::MapRun(MapRunEvent::Succeeded | MapRunEvent::Aborted) => return None,
    })
}

fn task_details(resource: &Resource, event: &TaskEvent) -> Option<Value> {
    let mut details = match event {
        TaskEvent::Scheduled {
            region,
            parameters,
            timeout_in_seconds,
            heartbeat_in_seconds,
            credentials,
        } => {
            let mut details = match &resource.kind {
                ResourceKind::Service { .. } => {
                    let mut details = Map::new();
                    details.insert("region".into(), region.as_ref().into());
                    details.insert("parameters".into(), parameters.text().into());
                    details
                }
                _ => {
                    let mut details = with_payload("input", parameters);
                    details.insert("resource".into(), resource.arn.as_str().into());
                    details
                }
            };
            put_number(&mut details, "timeoutInSeconds", *timeout_in_seconds);
            put_number(&mut details, "heartbeatInSeconds", *heartbeat_in_seconds);
            if let Some(credentials) = credentials {
                let role = credentials.get("RoleArn").and_then(Value::as_str);
                let mut shown = Map::new();
                put_text(&mut shown, "roleArn", role);
                details.insert("taskCredentials".into(), shown.into());
            }
            details
        }
        TaskEvent::Started { worker_name } => {
            let mut details = Map::new();
            put_text(&mut details, "workerName", worker_name.as_deref());
            details
        }
        TaskEvent::Submitted { output } | TaskEvent::Succeeded { output } => {
            with_payload("output", output)
        }
        TaskEvent::ScheduleFailed { error, cause }
        | TaskEvent::StartFailed { error, cause }
        | TaskEvent::SubmitFailed { error, cause }
        | TaskEvent::Failed { error, cause }
        | TaskEvent::TimedOut { error, cause } => {
            let mut details = Map::new();
            put_text(&mut details, "error", error.as_deref());
            put_text(&mut details, "cause", cause.as_deref());
            details
        }
    };
    if let ResourceKind::Service {
        resource_type,
        resource,
        ..
    } = &resource.kind
    {
        details.insert("resourceType".into(), resource_type.as_str().into());
        details.insert("resource".into(), resource.as_str().into());
    }
    // The API has no field for the details of this one.
    let is_bare = matches!(resource.kind, ResourceKind::LambdaFunction)
        && matches!(event, TaskEvent::Started { .. });
    (!is_bare).then(|| details.into())
}

/// The prefix of the names of a task's events.
fn prefix(resource: &Resource) -> &'static str {
    match resource.kind {
        ResourceKind::LambdaFunction => "LambdaFunction",
        ResourceKind::Activity => "Activity",
        ResourceKind::Service { .. } | ResourceKind::Other => "Task",
    }
}

impl TaskEvent {
    fn name(&self) -> &'static str {
        match self {
            Self::Scheduled { .. } => "Scheduled",
            Self::ScheduleFailed { .. } => "ScheduleFailed",
            Self::Started { .. } => "Started",
            Self::StartFailed { .. } => "StartFailed",
            Self::Submitted { .. } => "Submitted",
            Self::SubmitFailed { .. } => "SubmitFailed",
            Self::Succeeded { .. } => "Succeeded",
            Self::Failed { .. } => "Failed",
            Self::TimedOut { .. } => "TimedOut",
        }
    }
}

impl StateType {
    /// The value of `Type`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "Pass",
            Self::Task => "Task",
            Self::Choice => "Choice",
            Self::Wait => "Wait",
            Self::Succeed => "Succeed",
            Self::Fail => "Fail",
            Self::Parallel => "Parallel",
            Self::Map => "Map",
        }
    }
}

fn with_payload(name: &str, payload: &Payload) -> Map<String, Value> {
    let mut details = Map::new();
    details.insert(name.into(), payload.text().into());
    details.insert(format!("{name}Details"), not_truncated());
    details
}

fn failure(error: Option<&str>, cause: Option<&str>) -> Value {
    let mut details = Map::new();
    put_text(&mut details, "error", error);
    put_text(&mut details, "cause", cause);
    details.into()
}

fn put_text(details: &mut Map<String, Value>, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        details.insert(name.into(), text.into());
    }
}

fn put_number(details: &mut Map<String, Value>, name: &str, number: Option<u64>) {
    if let Some(number) = number {
        details.insert(name.into(), number.into());
    }
}

fn not_truncated() -> Value {
    json!({ "truncated": false })
}
