//! How Step Functions reports that the role of a state machine may not make a call.
//!
//! The errors of DynamoDB, Batch and Lambda were seen in reports of executions on AWS; the others here follow the pattern of
//! their SDKs' exceptions and are not confirmed. Of any other service the name is not known, so it is `States.TaskFailed`, by
//! which AWS lets any of them be caught.

use txflow_asl::definition::{Resource, ResourceKind};
use txflow_asl::{Arn, TaskError};

use super::caller::Caller;
use super::role_calls::RoleCall;
use crate::http::call::Scope;
use crate::iam::assumed_role;

/// The integration, the error, and how its SDK names the service, the status and the code.
#[rustfmt::skip]
const SERVICES: &[(&str, &str, &str, u16, &str)] = &[
    ("athena", "Athena.AmazonAthenaException", "AmazonAthena", 400, "AccessDeniedException"),
    ("batch", "Batch.AWSBatchException", "AWSBatch", 403, "AccessDeniedException"),
    ("codebuild", "CodeBuild.AWSCodeBuildException", "AWSCodeBuild", 400, "AccessDeniedException"),
    ("dynamodb", "DynamoDB.AmazonDynamoDBException", "AmazonDynamoDBv2", 400, "AccessDeniedException"),
    ("ecs", "ECS.AmazonECSException", "AmazonECS", 400, "AccessDeniedException"),
    ("glue", "Glue.AWSGlueException", "AWSGlue", 400, "AccessDeniedException"),
    ("lambda", "Lambda.AWSLambdaException", "AWSLambda", 403, "AccessDeniedException"),
    ("sagemaker", "SageMaker.AmazonSageMakerException", "AmazonSageMaker", 400, "AccessDeniedException"),
    ("sns", "SNS.AuthorizationErrorException", "AmazonSNS", 403, "AuthorizationError"),
    ("sqs", "SQS.AmazonSQSException", "AmazonSQS", 403, "AccessDenied"),
    ("states", "StepFunctions.AWSStepFunctionsException", "AWSStepFunctions", 400, "AccessDeniedException"),
];

/// The same for services that are called through `aws-sdk`, whose errors have another form.
#[rustfmt::skip]
const SDK_SERVICES: &[(&str, &str)] = &[
    ("dynamodb", "DynamoDb"),
    ("lambda", "Lambda"),
    ("s3", "S3"),
    ("secretsmanager", "SecretsManager"),
    ("sfn", "Sfn"),
    ("sns", "Sns"),
    ("sqs", "Sqs"),
    ("ssm", "Ssm"),
];

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
    let service = match &resource.kind {
        ResourceKind::Service { resource_type, .. } => resource_type.as_str(),
        _ => "lambda",
    };
    if let Some(service) = service.strip_prefix("aws-sdk:") {
        let mut services = SDK_SERVICES.iter();
        let name = services.find(|(name, _)| *name == service);
        let error = name.map(|(_, name)| format!("{name}.{name}Exception"));
        return TaskError {
            error: error.unwrap_or_else(unknown),
            cause: match name {
                Some((_, name)) => format!(
                    "{message} (Service: {name}, Status Code: 400, Request ID: {request_id})"
                ),
                None => message,
            },
        };
    }
    let mut services = SERVICES.iter();
    match services.find(|(name, ..)| *name == service) {
        Some((_, error, service, status, code)) => TaskError {
            error: (*error).to_owned(),
            cause: format!(
                "{message} (Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: {request_id}; Proxy: null)"
            ),
        },
        None => TaskError {
            error: unknown(),
            cause: message,
        },
    }
}

fn unknown() -> String {
    "States.TaskFailed".to_owned()
}
