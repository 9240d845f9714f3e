//! What a Task calls, and with which role.

use serde_json::{Map, Value};

use super::at::At;
use super::checker::{CheckContext, Checker};
use super::placeholder::has_placeholder;
use super::report::Mark;
use super::{expression, template};
use crate::definition::{Pattern, Resource, ResourceKind};
use crate::{Arn, FunctionReference};

impl<'s> Checker<'s> {
    pub(super) fn resource(&mut self, value: &'s Value, at: &At<'_>, context: CheckContext) {
        let Some(text) = self.text(value, at) else {
            return;
        };
        if has_placeholder(text) {
            return;
        }
        if !is_arn(text) {
            self.report.value(at, "Value is not a valid resource ARN");
            return;
        }
        let resource = Resource::parse(text);
        if let Some(message) = unsupported(&resource) {
            self.report.value(at, message);
        } else if context.express
            && let Some(message) = not_in_express(&resource.kind)
        {
            self.report.value(at, message);
        }
    }

    pub(super) fn credentials(&mut self, value: &'s Value, at: &At<'_>, context: CheckContext) {
        match value.as_object() {
            None if context.is_jsonata() => {
                expression::check(self, value, at, context, "Object");
            }
            None => self.report.value(at, "Expected value of type Object"),
            Some(fields) => {
                template::check(self, value, at, context);
                require(self, fields, "RoleArn", at, context);
            }
        }
    }
}

/// Whether a Task can call it. A Lambda ARN must be that of a function.
fn is_arn(text: &str) -> bool {
    let Some(arn) = Arn::parse(text) else {
        return false;
    };
    let complete = [arn.partition, arn.service, arn.resource]
        .iter()
        .all(|part| !part.is_empty());
    complete && (arn.service != "lambda" || FunctionReference::parse(text).is_some())
}

/// Optimized integrations that cannot wait for a job to end.
const WITHOUT_SYNC: &[&str] = &["apigateway", "dynamodb", "events", "lambda", "sns", "sqs"];

/// Optimized integrations that cannot wait for a task token.
const WITHOUT_TOKEN: &[&str] = &[
    "athena",
    "batch",
    "codebuild",
    "databrew",
    "dynamodb",
    "elasticmapreduce",
    "emr-containers",
    "emr-serverless",
    "glue",
    "mediaconvert",
    "sagemaker",
];

fn unsupported(resource: &Resource) -> Option<String> {
    let ResourceKind::Service {
        resource_type,
        pattern,
        ..
    } = &resource.kind
    else {
        return None;
    };
    let service = resource_type.as_str();
    let supported = match pattern {
        Pattern::RequestResponse => true,
        Pattern::Sync => !WITHOUT_SYNC.contains(&service) && !service.starts_with("aws-sdk:"),
        Pattern::WaitForTaskToken => !WITHOUT_TOKEN.contains(&service),
    };
    let arn = &resource.arn;
    (!supported).then(|| format!("The resource provided {arn} is not recognized"))
}

fn not_in_express(kind: &ResourceKind) -> Option<&'static str> {
    match kind {
        ResourceKind::Activity => Some("Express state machine does not support Activity ARN"),
        ResourceKind::Service { pattern, .. } => match pattern {
            Pattern::RequestResponse => None,
            Pattern::Sync => {
                Some("Express state machine does not support '.sync' service integration")
            }
            // AWS's message ends with a space.
            Pattern::WaitForTaskToken => Some(
                "Express state machine does not support '.waitForTaskToken' service integration ",
            ),
        },
        ResourceKind::LambdaFunction | ResourceKind::Other => None,
    }
}

/// The required fields in requests of optimized integrations.
const REQUIRED: &[(&str, &str, &[&str])] = &[
    ("dynamodb", "getItem", &["TableName", "Key"]),
    ("dynamodb", "putItem", &["TableName", "Item"]),
    ("ecs", "runTask", &["TaskDefinition"]),
    ("events", "putEvents", &["Entries"]),
    ("glue", "startJobRun", &["JobName"]),
    ("lambda", "invoke", &["FunctionName"]),
    ("sns", "publish", &["Message"]),
    ("sqs", "sendMessage", &["QueueUrl", "MessageBody"]),
    ("states", "startExecution", &["StateMachineArn"]),
];

/// Checks the request of a service integration.
pub(super) fn check_parameters(
    checker: &mut Checker<'_>,
    state: &Map<String, Value>,
    at: &At<'_>,
    context: CheckContext,
) {
    let Some(arn) = state.get("Resource").and_then(Value::as_str) else {
        return;
    };
    let kind = Resource::parse(arn).kind;
    if kind == ResourceKind::Activity && state.contains_key("Credentials") {
        let message = "The field 'Credentials' is not supported for activities";
        checker.report.value(&at.key("Credentials"), message);
    }
    let ResourceKind::Service {
        resource_type,
        resource,
        ..
    } = kind
    else {
        return;
    };
    if resource_type.starts_with("aws-sdk:") {
        return;
    }
    let name = match context.is_jsonata() {
        true => "Arguments",
        false => "Parameters",
    };
    let Some(request) = state.get(name) else {
        let message = format!("{name} field is required for resource ARN: {arn}");
        checker.report.schema(at, Mark::Key, message);
        return;
    };
    let action = resource.split('.').next().unwrap_or_default();
    let required = REQUIRED
        .iter()
        .find(|(service, name, _)| *service == resource_type && *name == action);
    if let (Some((_, _, fields)), Some(request)) = (required, request.as_object()) {
        for field in *fields {
            require(checker, request, field, &at.key(name), context);
        }
    }
}

/// Reports a field that AWS requires in a request, if it is missing.
fn require(
    checker: &mut Checker<'_>,
    request: &Map<String, Value>,
    field: &str,
    at: &At<'_>,
    context: CheckContext,
) {
    let dynamic = !context.is_jsonata() && request.contains_key(&format!("{field}.$"));
    if !dynamic && !request.contains_key(field) {
        let message = format!("The field '{field}' is required but was missing");
        checker.report.schema(at, Mark::Key, message);
    }
}
