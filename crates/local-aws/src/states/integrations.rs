//! What a Task can call here: functions, the other services of this server, and HTTP endpoints of this computer. Everything else is refused by name.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use txflow_asl::definition::ResourceKind;
use txflow_asl::integrations;
use txflow_asl::states::ItemsRead;
use txflow_asl::{Arn, Payload, Purpose, TaskError, TaskRequest, TaskResult};

use super::SERVICE;
use super::caller::Caller;
use super::executions::Parent;
use super::role_calls::role_calls;
use super::service_errors::{denied, not_run};
use crate::conditions::Conditions;
use crate::events::Connections;
use crate::fault::Fault;
use crate::http::scope::Scope;
use crate::iam::{Assumption, Iam, assumed_role};
use crate::lambda::{FunctionName, Invoked, Lambda, Origin};
use crate::peers::Peers;
use crate::s3::S3;

/// What tasks call.
#[derive(Clone)]
pub(super) struct Integrations {
    /// Says what the roles of state machines allow.
    pub(super) iam: Arc<Iam>,
    pub(super) functions: Arc<Lambda>,
    pub(super) objects: Arc<S3>,
    pub(super) peers: Arc<Peers>,
    pub(super) connections: Arc<Connections>,
    pub(super) conditions: Arc<Conditions>,
}

/// What an execution gets for what it asked for.
pub(super) enum Performed {
    Output(Payload),
    /// The items of a distributed Map.
    Items(ItemsRead),
}

impl Integrations {
    /// Does what an execution asks for; `parent` is that execution.
    pub(super) async fn perform(
        &self,
        caller: &Caller,
        request: &TaskRequest,
        parent: &Parent,
    ) -> Result<Performed, TaskError> {
        match &request.purpose {
            Purpose::Task => {
                let output = self.run(caller, request, Some(parent)).await?;
                Ok(Performed::Output(output))
            }
            Purpose::ReadItems { config, most } => {
                self.read_items(caller, request, config, *most).await
            }
            Purpose::WriteResults { config, results } => {
                let output = self.write_results(caller, request, config, results).await?;
                Ok(Performed::Output(output))
            }
        }
    }

    /// Does the work of a Task.
    pub(super) async fn run(
        &self,
        caller: &Caller,
        request: &TaskRequest,
        parent: Option<&Parent>,
    ) -> TaskResult {
        match &request.resource.kind {
            ResourceKind::LambdaFunction => {
                self.direct(caller, &request.resource.arn, &request.parameters)
                    .await
            }
            ResourceKind::Service {
                resource_type,
                resource,
                ..
            } if resource_type == "lambda" && resource.split('.').next() == Some("invoke") => {
                self.integrated(caller, &request.parameters).await
            }
            _ => {
                if let Some(result) = self.call_endpoint(caller, request).await {
                    return result;
                }
                if let Some(result) = self.call_service(caller, request, parent).await {
                    return result;
                }
                self.authorize(caller, request)?;
                Err(not_served(request))
            }
        }
    }

    /// Whether the state machine's role may make the calls of a task, also if a mock answers them. Of a role that does not
    /// exist nothing is known.
    pub(super) fn authorize(
        &self,
        caller: &Caller,
        request: &TaskRequest,
    ) -> Result<(), TaskError> {
        if !self.iam.has_role(&caller.role) {
            return Ok(());
        }
        self.assume(caller)?;
        for call in role_calls(caller, request) {
            let mut context: Vec<(&str, &str)> = { call.context.iter() }
                .map(|(key, value)| (*key, value.as_str()))
                .collect();
            context.push(("aws:RequestedRegion", &caller.region));
            let on = (call.action.as_str(), call.resource.as_deref());
            let permitted = self.iam.permits_call(SERVICE, &caller.role, on, &context);
            if let Err(because) = permitted {
                let request_id = self.conditions.random.uuid().to_string();
                return Err(denied(
                    caller,
                    &request.resource,
                    &call,
                    &because,
                    &request_id,
                ));
            }
        }
        Ok(())
    }

    /// Why a Distributed Map may not start its executions, which are executions of the same state machine. How AWS reports it
    /// is not known.
    pub(super) fn map_runs_denied(
        &self,
        caller: &Caller,
        state_machine: &str,
    ) -> Option<TaskError> {
        if !self.iam.has_role(&caller.role) {
            return None;
        }
        let action = "states:StartExecution";
        let permitted = self
            .iam
            .permits(SERVICE, &caller.role, action, state_machine);
        let because = permitted.err()?;
        let account = Scope::of_arn(&caller.role).account;
        let role = Arn::parse(&caller.role).map_or("", |role| role.name());
        let user = assumed_role(&account, role, &caller.execution);
        Some(TaskError {
            error: "StepFunctions.AWSStepFunctionsException".to_owned(),
            cause: format!(
                "User: {user} is not authorized to perform: {action} on resource: {state_machine} {because}"
            ),
        })
    }

    /// A function's ARN as `Resource`: the result is the function's response, unchanged.
    async fn direct(&self, caller: &Caller, function: &str, parameters: &Payload) -> TaskResult {
        let payload = Bytes::copy_from_slice(parameters.text().as_bytes());
        let invoked = self
            .invoke(caller, function, None, payload, Origin::default())
            .await?;
        let text = String::from_utf8_lossy(&invoked.outcome.payload).into_owned();
        if invoked.outcome.error.is_some() {
            let error = error_type(&text)?;
            return Err(TaskError { error, cause: text });
        }
        Payload::from_text(text.clone()).map_err(|_| unreadable(&text))
    }

    /// `lambda:invoke`: the result is the API's response, which contains the function's.
    async fn integrated(&self, caller: &Caller, parameters: &Payload) -> TaskResult {
        let parameters = parameters.value();
        let text = |member: &str| parameters[member].as_str().map(str::to_owned);
        let Some(function) = text("FunctionName") else {
            return Err(TaskError {
                error: "States.Runtime".to_owned(),
                cause: "The field 'FunctionName' must be a string".to_owned(),
            });
        };
        // A null is an empty event; a string is sent as the JSON text that it holds.
        let payload = match &parameters["Payload"] {
            Value::Null => Bytes::from_static(b"{}"),
            Value::String(text) => Bytes::copy_from_slice(text.as_bytes()),
            value => Bytes::from(value.to_string()),
        };
        let origin = Origin {
            trace_id: None,
            client_context: text("ClientContext"),
        };
        let qualifier = text("Qualifier");
        if text("InvocationType").as_deref() == Some("Event") {
            let (integrations, caller) = (self.clone(), caller.clone());
            tokio::spawn(async move {
                integrations
                    .invoke(&caller, &function, qualifier, payload, origin)
                    .await
                    .is_ok()
            });
            return Ok(Payload::from(self.answer(
                "$LATEST",
                &self.conditions.random.uuid().to_string(),
                202,
                None,
                json!(""),
            )));
        }
        let invoked = self
            .invoke(caller, &function, qualifier, payload, origin)
            .await?;
        let response = String::from_utf8_lossy(&invoked.outcome.payload).into_owned();
        if invoked.outcome.error.is_some() {
            let error = error_type(&response)?;
            let compact = serde_json::from_str::<Value>(&response)
                .map_or(response, |details| details.to_string());
            return Err(TaskError {
                error,
                cause: compact,
            });
        }
        let log =
            (parameters["LogType"] == "Tail").then(|| STANDARD.encode(&invoked.outcome.log_tail));
        let value = serde_json::from_str(&response).unwrap_or(Value::String(response.clone()));
        let mut answer = self.answer(&invoked.version, &invoked.request_id, 200, log, value);
        let length = Value::from(response.len().to_string());
        answer["SdkHttpMetadata"]["AllHttpHeaders"]["Content-Length"] = json!([length]);
        answer["SdkHttpMetadata"]["HttpHeaders"]["Content-Length"] = length;
        Ok(Payload::from(answer))
    }

    /// Refuses to act for a role that does not trust Step Functions, or not on behalf of this state machine.
    fn assume(&self, caller: &Caller) -> Result<(), TaskError> {
        let account = Scope::of_arn(&caller.source).account;
        let regional = format!("states.{}.amazonaws.com", caller.region);
        let assumes = |service: &str| {
            self.iam.assumable(
                &caller.role,
                &Assumption {
                    service,
                    account: &account,
                    source_arn: &caller.assumed_for,
                },
            )
        };
        if assumes(SERVICE) || assumes(&regional) {
            return Ok(());
        }
        Err(TaskError {
            error: "States.TaskFailed".to_owned(),
            cause: format!(
                "Neither the global service principal {SERVICE}, nor the regional one is authorized to assume the provided role."
            ),
        })
    }

    /// Invokes a function if the role may.
    async fn invoke(
        &self,
        caller: &Caller,
        function: &str,
        qualifier: Option<String>,
        payload: Bytes,
        origin: Origin,
    ) -> Result<Invoked, TaskError> {
        let scope = match function.starts_with("arn:") {
            true => Scope::of_arn(function),
            // A bare name is a function in the state machine's region and account. The role is in the same account.
            false => Scope {
                account: Scope::of_arn(&caller.role).account,
                region: caller.region.clone(),
            },
        };
        let mut name =
            FunctionName::parse(function, &scope).map_err(|fault| self.lambda_error(&fault))?;
        name.qualifier = name.qualifier.or(qualifier);
        self.assume(caller)?;
        let permitted = self.iam.permits(
            SERVICE,
            &caller.role,
            "lambda:InvokeFunction",
            &name.qualified(),
        );
        permitted.map_err(|because| self.lambda_error(&forbidden(caller, &name, &because)))?;
        let missing_version = name.qualifier.is_none().then(|| name.qualified());
        self.functions
            .invoke(&name, payload, origin)
            .await
            .map_err(|mut fault| {
                // This integration names the version that it asked for, even the implied one.
                if let (404, Some(arn)) = (fault.status, missing_version) {
                    fault.message = format!("Function not found: {arn}:$LATEST");
                }
                self.lambda_error(&fault)
            })
    }

    /// A refusal by Lambda, as Step Functions reports it.
    fn lambda_error(&self, fault: &Fault) -> TaskError {
        let error = match fault.code {
            // The SDK that Step Functions uses has no class of its own for this one.
            "AccessDeniedException" => "AWSLambdaException",
            code => code,
        };
        TaskError {
            error: format!("Lambda.{error}"),
            cause: format!(
                "{} (Service: AWSLambda; Status Code: {}; Error Code: {}; Request ID: {}; Proxy: null)",
                fault.message,
                fault.status,
                fault.code,
                self.conditions.random.uuid()
            ),
        }
    }

    /// The response of the Invoke API, as Step Functions passes it on.
    fn answer(
        &self,
        version: &str,
        request_id: &str,
        status: u16,
        log: Option<String>,
        payload: Value,
    ) -> Value {
        let mut headers: Vec<(&str, String)> = vec![
            ("X-Amz-Executed-Version", version.to_owned()),
            ("x-amzn-Remapped-Content-Length", "0".to_owned()),
            ("Connection", "keep-alive".to_owned()),
            ("x-amzn-RequestId", request_id.to_owned()),
            ("Content-Length", "0".to_owned()),
            ("Date", crate::clock::http(self.conditions.now())),
            ("X-Amzn-Trace-Id", self.functions.new_trace_id(false)),
            ("Content-Type", "application/json".to_owned()),
        ];
        if let Some(log) = &log {
            headers.insert(0, ("X-Amz-Log-Result", log.clone()));
        }
        let all: Map<_, _> = headers
            .iter()
            .map(|(name, text)| ((*name).to_owned(), json!([text])))
            .collect();
        let single: Map<_, _> = headers
            .into_iter()
            .map(|(name, text)| (name.to_owned(), json!(text)))
            .collect();
        let mut answer = json!({ "ExecutedVersion": version });
        if let Some(log) = log {
            answer["LogResult"] = json!(log);
        }
        answer["Payload"] = payload;
        answer["SdkHttpMetadata"] =
            json!({ "AllHttpHeaders": all, "HttpHeaders": single, "HttpStatusCode": status });
        answer["SdkResponseMetadata"] = json!({ "RequestId": request_id });
        answer["StatusCode"] = json!(status);
        answer
    }
}

fn not_served(request: &TaskRequest) -> TaskError {
    not_run(format!(
        "The local AWS does not implement `{}`. Mock the state `{}`, send the calls of {} to another emulator with \
         `upstream` in `[local]` of deploy.toml, or run it in a real account.",
        request.resource.arn,
        request.state_name,
        service_of(&request.resource.kind)
    ))
}

/// What to name a service that is elsewhere.
fn service_of(kind: &ResourceKind) -> String {
    let ResourceKind::Service { resource_type, .. } = kind else {
        return "its service".to_owned();
    };
    let name = resource_type.trim_start_matches("aws-sdk:");
    let prefix = integrations::service(name).map_or(name, |service| service.prefix);
    format!("`{prefix}`")
}

fn forbidden(caller: &Caller, name: &FunctionName, because: &str) -> Fault {
    let account = Scope::of_arn(&caller.role).account;
    let role = Arn::parse(&caller.role).map_or("", |role| role.name());
    let message = format!(
        "User: {} is not authorized to perform: lambda:InvokeFunction on resource: {} {because}",
        assumed_role(&account, role, &caller.execution),
        name.qualified()
    );
    Fault::new(403, "AccessDeniedException", message)
}

/// The type of a function's error, or the error to report if it has none.
fn error_type(payload: &str) -> Result<String, TaskError> {
    let details: Value = serde_json::from_str(payload).unwrap_or_default();
    match details["errorType"].as_str() {
        Some(error) => Ok(error.to_owned()),
        None => Err(TaskError {
            error: "Lambda.Unknown".to_owned(),
            cause: format!(
                "The cause could not be determined because Lambda did not return an error type. Returned payload: {payload}"
            ),
        }),
    }
}

fn unreadable(text: &str) -> TaskError {
    TaskError {
        error: "States.Runtime".to_owned(),
        cause: format!("The function's response is not valid JSON: {text}"),
    }
}
