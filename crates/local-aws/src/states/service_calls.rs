//! The tasks that call another service of this server: parameters to input, output to result, as Step Functions does.

use serde_json::{Map, Number, Value, json};
use txflow_asl::definition::{Pattern, ResourceKind};
use txflow_asl::integrations::{self, MemberKind, Operation, Service};
use txflow_asl::{Payload, TaskError, TaskRequest, TaskResult};

use super::caller::Caller;
use super::integrations::Integrations;
use super::service_errors::{not_run, service_error};
use crate::http::call::{PeerCall, Scope};

/// An operation that a task names.
struct Target {
    service: &'static Service,
    operation: Operation,
    form: Form,
}

/// The two kinds of integrations, whose results look different.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Optimized,
    Sdk,
}

impl Integrations {
    /// Runs a task that calls an operation of a service. `None` if it names none, or one that is not served here.
    pub(super) async fn call_service(
        &self,
        caller: &Caller,
        request: &TaskRequest,
    ) -> Option<TaskResult> {
        let target = target(request)?;
        let service = self.peers.get(target.service.prefix)?;
        if let Err(denied) = self.authorize(caller, request) {
            return Some(Err(denied));
        }
        if waits_for_a_job(request) {
            let cause = format!(
                "The local AWS does not wait for the jobs of other emulators, as `{}` does. Mock the state `{}`, or run it \
                 in a real account.",
                request.resource.arn, request.state_name
            );
            return Some(Err(not_run(cause)));
        }
        let request_id = self.conditions.random.uuid().to_string();
        let called = service.call(PeerCall {
            operation: target.operation.name.to_owned(),
            input: input(&target, request.parameters.value()),
            scope: Scope::of_arn(&caller.source),
            request_id: request_id.clone(),
        });
        match called.await {
            Ok(output) => Some(self.result(&target, output, &request_id)),
            Err(fault) if fault.code == "NotImplemented" => None,
            Err(fault) if fault.code.starts_with("Upstream") => Some(Err(not_run(fault.message))),
            Err(fault) => Some(Err(service_error(&request.resource, &fault, &request_id))),
        }
    }

    fn result(&self, target: &Target, output: Value, request_id: &str) -> TaskResult {
        let failed = |error: &str| TaskError {
            error: error.to_owned(),
            cause: output.to_string(),
        };
        let optimized = target.form == Form::Optimized;
        let failures = output["FailedEntryCount"].as_u64();
        if optimized && target.operation.name == "PutEvents" && failures > Some(0) {
            return Err(failed("EventBridge.FailedEntry"));
        }
        let length = output.to_string().len();
        let mut members: Vec<(String, Value)> = match output {
            Value::Object(members) => members
                .into_iter()
                .map(|(name, value)| {
                    let value = with_iso_times(&name, value);
                    (capitalized(&name), value)
                })
                .collect(),
            _ => Vec::new(),
        };
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

/// Services write times as seconds, Step Functions as text.
fn with_iso_times(member: &str, value: Value) -> Value {
    match value {
        Value::Number(seconds) if ["Date", "Time"].iter().any(|end| member.ends_with(end)) => {
            iso(&seconds).map_or(Value::Number(seconds), Value::from)
        }
        Value::Array(items) => { items.into_iter() }
            .map(|item| with_iso_times(member, item))
            .collect(),
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| {
                let value = with_iso_times(&name, value);
                (name, value)
            });
            Value::Object(members.collect())
        }
        value => value,
    }
}

fn iso(seconds: &Number) -> Option<String> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates"
    )]
    let millis = (seconds.as_f64()? * 1000.0).round() as u64;
    Some(crate::clock::iso(millis))
}

/// Executions are waited for elsewhere, and no other service here has jobs.
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
    if let Some(service) = resource_type.strip_prefix("aws-sdk:") {
        let service = integrations::service(service)?;
        return Some(Target {
            service,
            operation: integrations::operation(service, action)?,
            form: Form::Sdk,
        });
    }
    let (service, operation) = integrations::optimized(resource_type, action)?.operation;
    let service = integrations::service(service)?;
    Some(Target {
        service,
        operation: integrations::operations(service).find(|known| known.name == operation)?,
        form: Form::Optimized,
    })
}

/// The members of a request, as the API has them. What should be a string and is not is sent as JSON text.
fn input(target: &Target, parameters: &Value) -> Value {
    let Value::Object(parameters) = parameters else {
        return json!({});
    };
    let texts: Vec<&str> = { target.operation.members() }
        .filter(|member| member.kind == MemberKind::Text)
        .map(|member| member.name)
        .collect();
    let members = parameters.iter().map(|(name, value)| {
        let value = match (target.service.name, name.as_str()) {
            // An object is the JSON text of any value, so a string keeps its quotes.
            ("s3", "Body") => json!(value.to_string()),
            (_, name) if texts.contains(&name) => as_text(value),
            _ => value.clone(),
        };
        (spelled(target.service, name), value)
    });
    let mut input = Value::Object(members.collect());
    if let ("PutEvents", Some(entries)) = (
        target.operation.name,
        input.get_mut("Entries").and_then(Value::as_array_mut),
    ) {
        for entry in entries {
            if let Some(detail) = entry.get_mut("Detail") {
                *detail = as_text(detail);
            }
        }
    }
    input
}

fn as_text(value: &Value) -> Value {
    match value {
        Value::Object(_) | Value::Array(_) | Value::Number(_) | Value::Bool(_) => {
            json!(value.to_string())
        }
        _ => value.clone(),
    }
}

/// Step Functions writes all members in `PascalCase`; these services do not.
fn spelled(service: &Service, member: &str) -> String {
    match service.name {
        "sfn" => {
            let (first, rest) = member.split_at_checked(1).unwrap_or_default();
            first.to_ascii_lowercase() + rest
        }
        _ => member.to_owned(),
    }
}

fn capitalized(name: &str) -> String {
    let (first, rest) = name.split_at_checked(1).unwrap_or_default();
    first.to_ascii_uppercase() + rest
}
