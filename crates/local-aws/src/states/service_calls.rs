//! The tasks that call another service of this server: parameters to input, output to result, as Step Functions does.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use txflow_asl::definition::{Pattern, ResourceKind};
use txflow_asl::integrations::{self, Service};
use txflow_asl::{Payload, TaskError, TaskRequest, TaskResult};

use super::caller::Caller;
use super::executions::Parent;
use super::integrations::Integrations;
use super::jobs::{Job, KNOWN, LONGEST_PAUSE, PAUSE, State, job};
use super::running_job::RunningJob;
use super::sdk_values::{Form, Values};
use super::service_errors::{not_run, service_error};
use crate::fault::Fault;
use crate::http::call::PeerCall;
use crate::http::scope::Scope;
use crate::models;

/// An operation that a task names.
struct Target {
    service: &'static Service,
    values: Values,
}

impl Target {
    /// The result of a task whose job has ended: what describes the job.
    fn ended(&self, job: &Job, state: State, described: Value) -> TaskResult {
        let described = self.values.model.operation(job.describe).map(|operation| {
            let values = Values {
                operation,
                form: Form::Job,
                ..self.values
            };
            Value::Object(values.result(described))
        });
        let described = described.unwrap_or_default();
        let result = described.pointer(job.result).cloned().unwrap_or_default();
        let result = match self.values.operation.name {
            "StartBuild" => json!({ "Build": result }),
            _ => result,
        };
        match state {
            State::Succeeded => Ok(Payload::from(result)),
            _ => Err(TaskError {
                error: "States.TaskFailed".to_owned(),
                cause: result.to_string(),
            }),
        }
    }
}

impl Integrations {
    /// Runs a task that calls an operation of a service. `None` if it names none, or one that is not served here.
    pub(super) async fn call_service(
        &self,
        caller: &Caller,
        request: &TaskRequest,
        parent: Option<&Parent>,
    ) -> Option<TaskResult> {
        let target = target(request)?;
        let service = self.peers.get(target.service.prefix)?;
        if let Err(denied) = self.authorize(caller, request) {
            return Some(Err(denied));
        }
        let job = match waits_for_a_job(request) {
            false => None,
            true => match job(target.values.model.client, target.values.operation) {
                Some(job) => Some(job),
                None => return Some(Err(no_such_job(request))),
            },
        };
        let input = target.values.input(request.parameters.value());
        let request_id = self.conditions.random.uuid().to_string();
        let call = |operation: &str, input: Value| PeerCall {
            operation: operation.to_owned(),
            input,
            scope: Scope::of_arn(&caller.source),
            request_id: request_id.clone(),
            time: caller.time,
        };
        let failed = |fault: Fault| match fault.code {
            "NotImplemented" => None,
            code if code.starts_with("Upstream") => Some(Err(not_run(fault.message))),
            _ => Some(Err(service_error(&request.resource, &fault, &request_id))),
        };
        let start = call(target.values.operation.name, input.clone());
        let Some(job) = job else {
            return match Arc::clone(&service).call(start).await {
                Ok(output) => Some(self.result(&target, output, &request_id)),
                Err(fault) => failed(fault),
            };
        };
        let prefix = target.service.prefix;
        let mut running = RunningJob::start((self, caller), (&service, prefix), job, start, parent);
        let output = match running.started().await {
            Ok(output) => output,
            Err(fault) => return failed(fault),
        };
        let ask = (job.ask)(&input, &output);
        match self.result(&target, output, &request_id) {
            Ok(started) => {
                if let Some(parent) = parent {
                    parent.submitted(started).await;
                }
            }
            Err(failed) => return Some(Err(failed)),
        }
        let mut pause = PAUSE;
        loop {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            let asked = Arc::clone(&service).call(call(job.describe, ask.clone()));
            let described = match asked.await {
                Ok(described) => described,
                Err(fault) => {
                    running.ended();
                    return failed(fault);
                }
            };
            let state = job.state(&described);
            if state != State::Running {
                running.ended();
                return Some(target.ended(job, state, described));
            }
        }
    }

    fn result(&self, target: &Target, output: Value, request_id: &str) -> TaskResult {
        let failed = |error: &str| TaskError {
            error: error.to_owned(),
            cause: output.to_string(),
        };
        let optimized = target.values.form == Form::Optimized;
        let failures = output["FailedEntryCount"].as_u64();
        if optimized && target.values.operation.name == "PutEvents" && failures > Some(0) {
            return Err(failed("EventBridge.FailedEntry"));
        }
        let length = output.to_string().len();
        let mut members: Vec<(String, Value)> = target.values.result(output).into_iter().collect();
        if optimized {
            members.push((
                "SdkHttpMetadata".to_owned(),
                self.http(target, length, request_id),
            ));
            let metadata = json!({ "RequestId": request_id });
            members.push(("SdkResponseMetadata".to_owned(), metadata));
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
        }
        Ok(Payload::from(Value::Object(Map::from_iter(members))))
    }

    /// The head of the response, which only optimized integrations show.
    fn http(&self, target: &Target, length: usize, request_id: &str) -> Value {
        let content_type = match target.service.name {
            "sns" => "text/xml",
            "eventbridge" | "secretsmanager" | "ssm" => "application/x-amz-json-1.1",
            _ => "application/x-amz-json-1.0",
        };
        let date = crate::clock::http(self.conditions.now());
        let length = length.to_string();
        let mut headers = vec![
            ("x-amzn-RequestId", request_id),
            ("connection", "keep-alive"),
            ("Content-Length", length.as_str()),
            ("Date", date.as_str()),
            ("Content-Type", content_type),
        ];
        if target.service.name == "dynamodb" {
            headers[1].0 = "Connection";
            headers.insert(0, ("Server", "Server"));
            headers.push(("x-amz-crc32", "0"));
        }
        let all = headers.iter();
        let all: Map<String, Value> = all
            .map(|(name, text)| ((*name).to_owned(), json!([text])))
            .collect();
        let single = headers.iter();
        let single: Map<String, Value> = single
            .map(|(name, text)| ((*name).to_owned(), json!(text)))
            .collect();
        json!({ "AllHttpHeaders": all, "HttpHeaders": single, "HttpStatusCode": 200 })
    }
}

fn no_such_job(request: &TaskRequest) -> TaskError {
    not_run(format!(
        "The local AWS waits for the jobs of {KNOWN} only, and not for those of `{}`. Mock the state `{}`, or run it in a \
         real account.",
        request.resource.arn, request.state_name
    ))
}

/// Executions are waited for elsewhere, and no other service here has jobs: those are of other emulators.
fn waits_for_a_job(request: &TaskRequest) -> bool {
    let kind = &request.resource.kind;
    matches!(kind, ResourceKind::Service { pattern, .. } if *pattern == Pattern::Sync)
}

fn target(request: &TaskRequest) -> Option<Target> {
    let ResourceKind::Service {
        resource_type,
        resource,
        ..
    } = &request.resource.kind
    else {
        return None;
    };
    let action = resource.split('.').next().unwrap_or_default();
    let form = match resource_type.starts_with("aws-sdk:") {
        true => Form::Sdk,
        false => Form::Optimized,
    };
    let (service, operation) = integrations::called(resource_type, action)?;
    let (service, model) = (integrations::service(service)?, models::model(service)?);
    Some(Target {
        service,
        values: Values {
            model,
            operation: model.operation(operation)?,
            form,
        },
    })
}
