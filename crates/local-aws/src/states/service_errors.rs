//! How Step Functions reports the errors of the services that tasks call.
//!
//! An error has the name of the exception that the AWS SDK for Java throws: of its version 2 for `aws-sdk` integrations,
//! whose names follow from the models of the services (`Rds.DbInstanceNotFoundException`), and of version 1 for optimized
//! ones. A code that the model does not have has the exception of the whole service. The names of DynamoDB, SNS, S3, Batch
//! and Lambda were seen in recordings and reports of executions on AWS. If the name of an optimized integration is not known,
//! the error is `States.TaskFailed`, by which AWS lets any of them be caught.

use txflow_asl::definition::{Resource, ResourceKind};
use txflow_asl::{Arn, TaskError, integrations};

use super::caller::Caller;
use super::role_calls::RoleCall;
use crate::fault::Fault;
use crate::http::scope::Scope;
use crate::iam::assumed_role;
use crate::models;

/// How an optimized integration names its service.
struct Optimized {
    /// As in a `Resource`.
    integration: &'static str,
    /// Before the name of an error.
    prefix: &'static str,
    /// The error of a code that has no exception of its own.
    base: &'static str,
    /// In the cause.
    service: &'static str,
    /// The status and the code of a call that is denied.
    denied: (u16, &'static str),
}

const fn optimized(
    integration: &'static str,
    prefix: &'static str,
    base: &'static str,
    service: &'static str,
    denied: (u16, &'static str),
) -> Optimized {
    Optimized {
        integration,
        prefix,
        base,
        service,
        denied,
    }
}

#[rustfmt::skip]
const OPTIMIZED: &[Optimized] = &[
    optimized("athena", "Athena", "AmazonAthenaException", "AmazonAthena", (400, "AccessDeniedException")),
    optimized("batch", "Batch", "AWSBatchException", "AWSBatch", (403, "AccessDeniedException")),
    optimized("codebuild", "CodeBuild", "AWSCodeBuildException", "AWSCodeBuild", (400, "AccessDeniedException")),
    optimized("dynamodb", "DynamoDB", "AmazonDynamoDBException", "AmazonDynamoDBv2", (400, "AccessDeniedException")),
    optimized("ecs", "ECS", "AmazonECSException", "AmazonECS", (400, "AccessDeniedException")),
    optimized("events", "EventBridge", "AmazonEventBridgeException", "AmazonEventBridge", (400, "AccessDeniedException")),
    optimized("glue", "Glue", "AWSGlueException", "AWSGlue", (400, "AccessDeniedException")),
    optimized("lambda", "Lambda", "AWSLambdaException", "AWSLambda", (403, "AccessDeniedException")),
    optimized("sagemaker", "SageMaker", "AmazonSageMakerException", "AmazonSageMaker", (400, "AccessDeniedException")),
    optimized("sns", "SNS", "AmazonSNSException", "AmazonSNS", (403, "AuthorizationError")),
    optimized("sqs", "SQS", "AmazonSQSException", "AmazonSQS", (403, "AccessDenied")),
    optimized("states", "StepFunctions", "AWSStepFunctionsException", "AWSStepFunctions", (400, "AccessDeniedException")),
];

/// The error of a task whose call a service refused.
pub(super) fn service_error(resource: &Resource, fault: &Fault, request_id: &str) -> TaskError {
    let Fault {
        status,
        code,
        message,
        ..
    } = fault;
    let integration = match &resource.kind {
        ResourceKind::Service { resource_type, .. } => resource_type.as_str(),
        _ => "lambda",
    };
    let action = match &resource.kind {
        ResourceKind::Service { resource, .. } => resource.as_str(),
        _ => "invoke",
    };
    // The answer to a HEAD request has no body. What the SDK for Java makes up instead names what was asked for, also if it is
    // the bucket of an object that does not exist (its `ExceptionTranslationInterceptor` for S3).
    let (code, message) = match (integration, action, status) {
        ("aws-sdk:s3", "headObject", 404) => ("NoSuchKey", "The specified key does not exist."),
        ("aws-sdk:s3", "headBucket", 404) => {
            ("NoSuchBucket", "The specified bucket does not exist.")
        }
        _ => (*code, message.as_str()),
    };
    let called = integrations::called(integration, action);
    let model = called.and_then(|(service, _)| models::model(service));
    let exception = model.and_then(|model| model.exception(code));
    if let (true, Some(model)) = (integration.starts_with("aws-sdk:"), model) {
        let client = model.client;
        let exception = exception.map_or_else(|| format!("{client}Exception"), str::to_owned);
        let extended = match client {
            "S3" => format!(", Extended Request ID: {request_id}"),
            _ => String::new(),
        };
        return TaskError {
            error: format!("{client}.{exception}"),
            cause: format!(
                "{message} (Service: {client}, Status Code: {status}, Request ID: {request_id}{extended})"
            ),
        };
    }
    let Some(names) = optimized_names(integration) else {
        return unknown(message);
    };
    let exception = match exception {
        None => names.base.to_owned(),
        Some(_) if code.ends_with("Exception") => code.to_owned(),
        Some(_) => format!("{code}Exception"),
    };
    TaskError {
        error: format!("{}.{exception}", names.prefix),
        cause: format!(
            "{message} (Service: {}; Status Code: {status}; Error Code: {}; Request ID: {request_id}; Proxy: null)",
            names.service,
            fault.query_code().unwrap_or(code)
        ),
    }
}

/// The error of a task that could not be run. `Catch` does not match it: a caught error would hide that the state has not run.
pub(super) fn not_run(cause: String) -> TaskError {
    TaskError {
        error: "States.Runtime".to_owned(),
        cause,
    }
}

fn optimized_names(integration: &str) -> Option<&'static Optimized> {
    let mut all = OPTIMIZED.iter();
    all.find(|names| names.integration == integration)
}

/// The error of a task whose call was refused, for a reason in IAM's words.
pub(super) fn denied(
    caller: &Caller,
    resource: &Resource,
    call: &RoleCall,
    because: &str,
    request_id: &str,
) -> TaskError {
    let account = Scope::of_arn(&caller.role).account;
    let role = Arn::parse(&caller.role).map_or("", |role| role.name());
    let on = match call.resource.as_deref() {
        None | Some("*") => String::new(),
        Some(resource) => format!(" on resource: {resource}"),
    };
    let message = format!(
        "User: {} is not authorized to perform: {}{on} {because}",
        assumed_role(&account, role, &caller.execution),
        call.action,
    );
    let names = match &resource.kind {
        ResourceKind::Service { resource_type, .. } => optimized_names(resource_type),
        _ => optimized_names("lambda"),
    };
    let (status, code) = names.map_or((400, "AccessDeniedException"), |names| names.denied);
    service_error(resource, &Fault::new(status, code, message), request_id)
}

fn unknown(message: &str) -> TaskError {
    TaskError {
        error: "States.TaskFailed".to_owned(),
        cause: message.to_owned(),
    }
}
