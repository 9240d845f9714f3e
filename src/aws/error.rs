//! What an AWS call failed with, classified by code, and by message if AWS gives one code
//! several meanings. The only place that reads either.

use std::error::Error;
use std::time::Duration;

use aws_config::imds::client::error::ImdsError;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::refused::is_refused;
use crate::world::one_line;

/// The result of a call over the wire.
pub type Response = aws_smithy_runtime_api::http::Response;

/// The errors that an operation of a service may respond with.
pub trait ServiceError: ProvideErrorMetadata + Error + Send + Sync + 'static {}

impl<E: ProvideErrorMetadata + Error + Send + Sync + 'static> ServiceError for E {}

/// A failed call. Its text is AWS's own: the SDK's `Display` says only `service error`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct AwsError {
    pub operation: &'static str,
    /// AWS's error code; `None` if there was no response.
    pub code: Option<String>,
    pub message: String,
    pub request_id: Option<String>,
    pub class: Class,
}

impl std::fmt::Display for AwsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (operation, message) = (self.operation, one_line(&self.message));
        match &self.code {
            Some(code) => write!(f, "{operation} failed with {}: {message}", one_line(code))?,
            None => write!(f, "{operation} failed: {message}")?,
        }
        if let Some(request_id) = &self.request_id {
            write!(f, " (request id {})", one_line(request_id))?;
        }
        Ok(())
    }
}

/// What an error means to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    NotFound,
    AlreadyExists,
    /// The role, or what it permits, has not propagated yet.
    RoleNotReady,
    /// Another change to the same resource is in progress, or EC2 throttles Lambda.
    Busy,
    /// An alias that somebody else made points at the version to delete.
    InUse,
    /// The resource has changed since it was read: someone else is deploying.
    ChangedMeanwhile,
    Throttled,
    Denied,
    /// There are no credentials.
    NoCredentials,
    /// The credentials are expired or wrong, or cannot be read.
    Credentials,
    /// Resources of this type do not have the operation.
    NotSupported,
    /// There was no response.
    Unreachable,
    /// Nothing listens at the endpoint.
    Refused,
    Other,
}

/// Turns an SDK error of `operation` into an [`AwsError`].
pub fn failed<E>(operation: &'static str) -> impl FnOnce(SdkError<E, Response>) -> AwsError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    move |error| {
        let request_id = error.raw_response().and_then(request_id);
        let Some(service) = error.as_service_error() else {
            return unanswered(operation, &error);
        };
        let Some(code) = service.code() else {
            return AwsError {
                operation,
                code: None,
                message: error.raw_response().map(not_from_aws).unwrap_or_default(),
                request_id,
                class: Class::Unreachable,
            };
        };
        // Some services write `Message` although the model says `message`.
        let message = service.message().unwrap_or("(no message)").to_owned();
        AwsError {
            operation,
            class: classify(operation, code, &message),
            code: Some(code.to_owned()),
            message,
            request_id,
        }
    }
}

impl AwsError {
    /// A call that was given up after its time limit.
    pub fn late(operation: &'static str, limit: Duration) -> Self {
        Self {
            operation,
            code: None,
            message: format!("no response within {} s", limit.as_secs()),
            request_id: None,
            class: Class::Unreachable,
        }
    }

    /// An error that AWS reports inside a response, as one of a part that it left out.
    pub fn reported(operation: &'static str, code: Option<&str>, message: Option<&str>) -> Self {
        let message = message.unwrap_or("(no message)").to_owned();
        Self {
            operation,
            class: classify(operation, code.unwrap_or_default(), &message),
            code: code.map(str::to_owned),
            message,
            request_id: None,
        }
    }

    /// The IAM action that is not allowed, if AWS names it: `lambda:CreateFunction`.
    pub fn denied_action(&self) -> Option<&str> {
        if self.class != Class::Denied {
            return None;
        }
        let (_, rest) = self.message.split_once("not authorized to perform: ")?;
        rest.split_whitespace().next()
    }
}

/// Whether a text, such as the cause of an execution that failed, tells of something that no policy of its role allows. For
/// some seconds that is what AWS says of a policy that was just written.
pub fn no_policy_allows(text: &str) -> bool {
    text.contains("no identity-based policy allows")
}

/// Whether a text, such as the cause of an execution that failed, tells of a function that is not ready to run: nobody has
/// invoked it for weeks, and an invocation wakes it.
pub fn is_not_ready(text: &str) -> bool {
    text.contains("The function is currently in the following state:")
}

/// Whether AWS refused a call because there were too many, before it began.
pub(super) fn is_throttled(error: &impl ProvideErrorMetadata) -> bool {
    let (code, message) = (error.code(), error.message());
    code.is_some_and(|code| classify("", code, message.unwrap_or_default()) == Class::Throttled)
}

/// `None` for a read of something that does not exist.
pub fn found<T>(result: Result<T, AwsError>) -> Result<Option<T>, AwsError> {
    match result {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.class == Class::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn request_id(response: &Response) -> Option<String> {
    ["x-amzn-requestid", "x-amz-request-id"]
        .iter()
        .find_map(|header| response.headers().get(*header))
        .map(str::to_owned)
}

/// There was no response, or not one that AWS sends.
fn unanswered<E>(operation: &'static str, error: &SdkError<E, Response>) -> AwsError
where
    E: std::error::Error + Send + Sync + 'static,
{
    let causes = causes(error);
    let credentials = causes
        .iter()
        .find_map(|cause| cause.downcast_ref::<CredentialsError>());
    let innermost = causes.last().copied().unwrap_or(error);
    let (class, message) = match (credentials, error) {
        (Some(error), _) => no_credentials(error),
        (None, SdkError::TimeoutError(_)) => (Class::Unreachable, TOO_LATE.to_owned()),
        (None, SdkError::DispatchFailure(failure)) if failure.is_timeout() => {
            (Class::Unreachable, TOO_LATE.to_owned())
        }
        (None, SdkError::DispatchFailure(_)) if is_refused(&causes) => (
            Class::Refused,
            format!("no connection: {}", first_line(innermost)),
        ),
        (None, SdkError::DispatchFailure(_)) => {
            let cause = first_line(innermost);
            (Class::Unreachable, format!("no connection: {cause}"))
        }
        // A response that was read to its end and not understood is an error of the service.
        (None, SdkError::ResponseError(_)) if stalled(&causes) => {
            (Class::Unreachable, TOO_LATE.to_owned())
        }
        (None, SdkError::ResponseError(_)) => (Class::Unreachable, CUT_OFF.to_owned()),
        (None, _) => (Class::Other, first_line(innermost)),
    };
    AwsError {
        operation,
        code: None,
        message,
        request_id: None,
        class,
    }
}

const NO_CREDENTIALS: &str = "no AWS credentials were found";
const TOO_LATE: &str = "no response in time";
const CUT_OFF: &str = "the response was cut off";

/// Whether the SDK abandoned a response because it stalled.
fn stalled(causes: &[&(dyn Error + 'static)]) -> bool {
    // The SDK's type for this is private.
    causes.iter().any(|cause| {
        cause
            .to_string()
            .starts_with("minimum throughput was specified")
    })
}

fn no_credentials(error: &CredentialsError) -> (Class, String) {
    let causes = causes(error);
    // The last provider in the chain, even on a machine that has no metadata service, or denies it to this
    // user. No other provider had credentials.
    let of_machine = causes.iter().any(|cause| cause.is::<ImdsError>());
    match error {
        CredentialsError::CredentialsNotLoaded(_) => {
            (Class::NoCredentials, NO_CREDENTIALS.to_owned())
        }
        _ if of_machine => (Class::NoCredentials, NO_CREDENTIALS.to_owned()),
        CredentialsError::ProviderTimedOut(_) => (
            Class::Credentials,
            "the credentials did not load in time".to_owned(),
        ),
        _ => {
            let causes: Vec<String> = causes.into_iter().map(first_line).collect();
            let text = format!("the credentials cannot be used: {}", causes.join(": "));
            (Class::Credentials, text)
        }
    }
}

/// Such as a web server at a mistyped endpoint, or a proxy in between.
fn not_from_aws(response: &Response) -> String {
    let status = response.status().as_u16();
    format!("the response does not come from AWS (HTTP status {status})")
}

/// The causes of an error, the innermost last.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause);
        next = cause.source();
    }
    causes
}

/// The texts of the SDK go on with lists and Debug forms.
fn first_line(error: &(dyn Error + 'static)) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}

fn classify(operation: &str, code: &str, message: &str) -> Class {
    // That a role is not ready is only in the message; the code is that of a wrong
    // parameter or of missing rights. Lambda encrypts environment variables, also with AWS's own key, and KMS learns of
    // a role as late as other services do.
    const ROLE_NOT_READY: [&str; 7] = [
        "cannot be assumed by Lambda",
        "does not have permissions",
        "authorized to assume the provided role",
        "must allow AWS EventBridge Scheduler to assume the role",
        "not authorized to access the Log Destination",
        "is not authorized to create managed-rule",
        "does not refer to a valid principal",
    ];
    if ROLE_NOT_READY.iter().any(|text| message.contains(text)) {
        return Class::RoleNotReady;
    }
    if message.contains("Rate exceeded") {
        return Class::Throttled;
    }
    // The code is that of a wrong parameter, so the SDK does not send the request again. EventBridge removes the targets of a
    // rule a little later than it says.
    const BUSY: [&str; 2] = [
        "throttled by EC2",
        "Rule can't be deleted since it has targets",
    ];
    if BUSY.iter().any(|text| message.contains(text)) {
        return Class::Busy;
    }
    match code {
        "ResourceNotFoundException"
        | "ResourceNotFound"
        | "NoSuchEntity"
        | "NoSuchEntityException"
        | "StateMachineDoesNotExist"
        | "ExecutionDoesNotExist" => Class::NotFound,
        // What Step Functions calls the ARN of a state machine that does not exist if its versions are asked for. That of an
        // execution comes from users, and may be malformed.
        "InvalidArn" if !operation.contains("Execution") => Class::NotFound,
        "EntityAlreadyExists"
        | "EntityAlreadyExistsException"
        | "ResourceAlreadyExistsException"
        | "StateMachineAlreadyExists"
        | "ExecutionAlreadyExists" => Class::AlreadyExists,
        // One code means both "the name is taken" and "an update is in progress".
        "ResourceConflictException" | "ConflictException" if already_exists(message) => {
            Class::AlreadyExists
        }
        // It stays in use until somebody changes the alias, so waiting would not help.
        "ResourceConflictException" | "ConflictException" if in_use(message) => Class::InUse,
        // PublishStateMachineVersion names the revision that it is based on. That one does not come back either.
        "ConflictException" if message.contains("The current State Machine revision is") => {
            Class::ChangedMeanwhile
        }
        "ResourceConflictException"
        | "ConflictException"
        | "StateMachineDeleting"
        | "OperationAbortedException"
        | "DeleteConflict"
        | "DeleteConflictException"
        | "ConcurrentModification"
        | "ConcurrentModificationException" => Class::Busy,
        "StateMachineTypeNotSupported" => Class::NotSupported,
        "PreconditionFailedException" => Class::ChangedMeanwhile,
        // PublishVersion names the code that `$LATEST` must hold.
        "InvalidParameterValueException" if message.contains("CodeSHA256") => {
            Class::ChangedMeanwhile
        }
        "TooManyRequestsException"
        | "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "RequestLimitExceeded" => Class::Throttled,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => Class::Denied,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException" => Class::Credentials,
        _ => Class::Other,
    }
}

fn already_exists(message: &str) -> bool {
    // Lambda says `Function already exist`, without the last letter.
    message.contains("already exist")
}

/// An alias that somebody else created points at the version to delete.
fn in_use(message: &str) -> bool {
    message.contains("aliases reference it") || message.contains("referenced by an alias")
}

#[cfg(test)]
mod tests;
