use serde_json::{Value, json};

use crate::Arn;

/// What a Task calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The field as written.
    pub arn: String,
    pub kind: ResourceKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// A function's own ARN: `arn:aws:lambda:…:function:name`.
    LambdaFunction,
    /// `arn:aws:states:…:activity:name`.
    Activity,
    /// A service integration: `arn:aws:states:::lambda:invoke`.
    Service {
        /// `lambda` or `aws-sdk:s3`: `resourceType` in events.
        resource_type: String,
        /// `invoke.waitForTaskToken`: `resource` in events.
        resource: String,
        pattern: Pattern,
    },
    /// Anything else, such as a placeholder. It cannot be executed.
    Other,
}

/// When a service integration is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// When the call returns.
    RequestResponse,
    /// `.sync`, `.sync:2`: when the job that the call started ends.
    Sync,
    /// When someone reports success or failure with the token that the call was given.
    WaitForTaskToken,
}

impl Resource {
    #[must_use]
    pub fn parse(arn: &str) -> Self {
        Self {
            arn: arn.to_owned(),
            kind: kind(arn).unwrap_or(ResourceKind::Other),
        }
    }

    /// Whether the result of the task is the response of Lambda's API, with that of the function in it.
    #[must_use]
    pub fn answers_with_payload(&self) -> bool {
        matches!(
            &self.kind,
            ResourceKind::Service { resource_type, pattern: Pattern::RequestResponse, .. }
                if resource_type == "lambda"
        )
    }

    /// The result of the task if what it calls returns `value`: that itself, but for a function, whose value is put into the
    /// response of Lambda's API. A value that is such a response stays as it is, since `TestState` and Step Functions Local
    /// take that.
    #[must_use]
    pub fn mocked_result(&self, value: Value) -> Value {
        if self.answers_with_payload() && !is_response(&value) {
            json!({ "ExecutedVersion": "$LATEST", "Payload": value, "StatusCode": 200 })
        } else {
            value
        }
    }

    /// Whether the job's own input and output are JSON in the result, rather than texts.
    #[must_use]
    pub(crate) fn parses_output(&self) -> bool {
        matches!(&self.kind, ResourceKind::Service { resource, .. } if resource.ends_with(".sync:2"))
    }
}

/// Whether a value is a response of Lambda's API: it has a `Payload`, and nothing that the API does not have.
fn is_response(value: &Value) -> bool {
    let members = [
        "ExecutedVersion",
        "FunctionError",
        "LogResult",
        "Payload",
        "SdkHttpMetadata",
        "SdkResponseMetadata",
        "StatusCode",
    ];
    value.as_object().is_some_and(|object| {
        object.contains_key("Payload") && object.keys().all(|key| members.contains(&key.as_str()))
    })
}

fn kind(arn: &str) -> Option<ResourceKind> {
    let arn = Arn::parse(arn)?;
    match (arn.service, arn.resource_type()) {
        ("lambda", _) => return Some(ResourceKind::LambdaFunction),
        ("states", Some("activity")) => return Some(ResourceKind::Activity),
        ("states", _) => {}
        _ => return None,
    }
    // The action itself may contain a colon: `startExecution.sync:2`.
    let prefix = if arn.resource.starts_with("aws-sdk:") {
        2
    } else {
        1
    };
    let (at, _) = arn.resource.match_indices(':').nth(prefix - 1)?;
    let (resource_type, resource) = (&arn.resource[..at], &arn.resource[at + 1..]);
    let pattern = match resource.split_once('.').map(|(_, suffix)| suffix) {
        None => Pattern::RequestResponse,
        Some("waitForTaskToken") => Pattern::WaitForTaskToken,
        Some(suffix) if suffix.starts_with("sync") => Pattern::Sync,
        Some(_) => return None,
    };
    Some(ResourceKind::Service {
        resource_type: resource_type.to_owned(),
        resource: resource.to_owned(),
        pattern,
    })
}
