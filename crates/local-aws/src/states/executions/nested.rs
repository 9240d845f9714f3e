//! `states:startExecution`: an execution that another one starts, and may wait for.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use txflow_asl::definition::{Pattern, ResourceKind};
use txflow_asl::{ExecutionKind, Payload, TaskError, TaskRequest, TaskResult};

use super::parent::Parent;
use super::record::Record;
use super::start::StartExecution;
use crate::clock;
use crate::fault::Fault;
use crate::states::States;
use crate::states::caller::Caller;
use crate::states::running_job::aborted;
use crate::states::service_errors::service_error;

/// Boxed, since an execution that starts another one would otherwise be a type that contains itself.
pub(super) type Nested = Pin<Box<dyn Future<Output = TaskResult> + Send>>;

/// How a task starts an execution.
struct Way {
    pattern: Pattern,
    /// Whether input and output are JSON in the result, as of `.sync:2`, or strings.
    as_json: bool,
}

impl Way {
    fn of(request: &TaskRequest) -> Option<Way> {
        match &request.resource.kind {
            ResourceKind::Service {
                resource_type,
                resource,
                pattern,
            } if resource_type == "states"
                && resource.split('.').next() == Some("startExecution") =>
            {
                Some(Way {
                    pattern: *pattern,
                    as_json: resource.ends_with(".sync:2"),
                })
            }
            _ => None,
        }
    }
}

impl States {
    /// The work of a task that starts an execution; `None` for any other task.
    pub(super) fn nested(
        self: &Arc<Self>,
        caller: &Arc<Caller>,
        request: &TaskRequest,
        parent: &Parent,
    ) -> Option<Nested> {
        let way = Way::of(request)?;
        let start = Start {
            states: Arc::clone(self),
            caller: Arc::clone(caller),
            request: request.clone(),
            parent: parent.clone(),
        };
        Some(Box::pin(start.run(way)))
    }
}

struct Start {
    states: Arc<States>,
    caller: Arc<Caller>,
    request: TaskRequest,
    /// The execution whose task this is.
    parent: Parent,
}

impl Start {
    async fn run(self, way: Way) -> TaskResult {
        let integrations = &self.states.integrations;
        integrations.authorize(&self.caller, &self.request)?;
        let parameters = self.request.parameters.value();
        let machine = text(parameters, "StateMachineArn").unwrap_or_default();
        // Step Functions leaves a missing or null input to the API.
        let input = match &parameters["Input"] {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            value => Some(value.to_string()),
        };
        let request = StartExecution {
            state_machine_arn: machine,
            name: text(parameters, "Name"),
            input,
            trace_header: text(parameters, "TraceHeader"),
        };
        let started = self.states.read_start(request, self.caller.time);
        let start = started.map_err(|fault| self.failed(&fault))?;
        let express = start.target.machine.execution_kind() == ExecutionKind::Express;
        if express && way.pattern == Pattern::Sync {
            let message = "This operation is not supported by this type of state machine";
            return Err(self.failed(&Fault::bad("StateMachineTypeNotSupported", message)));
        }
        let begun = self.states.start(start).await;
        let (arn, at) = begun.map_err(|fault| self.failed(&fault))?;
        let answer = self.answer(&arn, at);
        if way.pattern != Pattern::Sync {
            return Ok(Payload::from(answer));
        }
        let child = Child {
            states: Arc::clone(&self.states),
            arn,
            parent: self.parent.arn.clone(),
        };
        self.parent.submitted(Payload::from(answer)).await;
        child.ended().await;
        let record = self.states.record(&child.arn).ok().flatten();
        drop(child);
        match record {
            Some(record) => result(&record, way.as_json, self.states.conditions.now()),
            None => Err(self.failed(&Fault::new(
                500,
                "InternalFailure",
                "The local AWS is stopping.",
            ))),
        }
    }

    /// The response of the StartExecution API, as Step Functions passes it on.
    fn answer(&self, arn: &str, started: clock::Millis) -> Value {
        let conditions = &self.states.conditions;
        let request_id = conditions.random.uuid().to_string();
        let length = json!({ "executionArn": arn, "startDate": clock::seconds(started) });
        let headers = [
            ("x-amzn-RequestId", request_id.clone()),
            ("connection", "keep-alive".to_owned()),
            ("Content-Length", length.to_string().len().to_string()),
            ("Date", clock::http(conditions.now())),
            ("Content-Type", "application/x-amz-json-1.0".to_owned()),
        ];
        let all: Map<String, Value> = { headers.iter() }
            .map(|(name, text)| ((*name).to_owned(), json!([text])))
            .collect();
        let single: Map<String, Value> = { headers.into_iter() }
            .map(|(name, text)| (name.to_owned(), json!(text)))
            .collect();
        json!({
            "ExecutionArn": arn,
            "SdkHttpMetadata": { "AllHttpHeaders": all, "HttpHeaders": single, "HttpStatusCode": 200 },
            "SdkResponseMetadata": { "RequestId": request_id },
            "StartDate": clock::iso(started),
        })
    }

    /// A refusal by Step Functions, as it reports that of any service.
    fn failed(&self, fault: &Fault) -> TaskError {
        let request_id = self.states.conditions.random.uuid().to_string();
        service_error(&self.request.resource, fault, &request_id)
    }
}

/// An execution that another one waits for. It is stopped if that no longer does.
struct Child {
    states: Arc<States>,
    arn: String,
    /// The ARN of the one that waits.
    parent: String,
}

impl Child {
    async fn ended(&self) {
        let ended = self.states.executions.ended(&self.arn);
        // Nobody answers if it has ended before.
        let _ = ended.await;
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let cause = aborted(&self.parent);
        self.states.executions.stop(&self.arn, cause);
    }
}

/// What a task that waited gets: the description of the execution, with names as Step Functions writes them here. One that
/// did not succeed is described with its input as it stands, also by `.sync:2`.
fn result(record: &Record, as_json: bool, now: clock::Millis) -> TaskResult {
    let described = record.describe(now);
    let succeeded = record.status == "SUCCEEDED";
    let members = described.as_object().into_iter().flatten();
    let members = members.map(|(name, value)| {
        let value = match (name.as_str(), value) {
            ("startDate", _) => json!(record.started),
            ("stopDate", _) => json!(record.stopped),
            ("inputDetails" | "outputDetails", value) => json!({ "Included": value["included"] }),
            ("input" | "output", Value::String(text)) if as_json && succeeded => {
                serde_json::from_str(text).unwrap_or_else(|_| json!(text))
            }
            (_, value) => value.clone(),
        };
        (capitalized(name), value)
    });
    let mut members: Vec<(String, Value)> = members.collect();
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    let members: Map<String, Value> = members.into_iter().collect();
    let result = Value::Object(members);
    if succeeded {
        return Ok(Payload::from(result));
    }
    Err(TaskError {
        error: "States.TaskFailed".to_owned(),
        cause: result.to_string(),
    })
}

fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn text(parameters: &Value, member: &str) -> Option<String> {
    parameters[member].as_str().map(str::to_owned)
}
