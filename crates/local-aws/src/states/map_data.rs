//! What distributed Maps read from S3 and write to it: ItemReader and ResultWriter.

mod csv;
mod read;
mod write;

pub(super) use read::parse_items;

use bytes::Bytes;
use serde_json::Value;
use txflow_asl::definition::{Resource, ResourceKind};
use txflow_asl::{Payload, TaskError, TaskRequest};

use super::caller::Caller;
use super::integrations::Integrations;
use super::service_errors::service_error;
use crate::http::call::{PeerCall, Scope};

/// The request as that of a task with the same call, of which it is known what it needs and how it fails.
pub(super) fn as_sdk_call(request: &TaskRequest) -> TaskRequest {
    TaskRequest {
        resource: match &request.resource.kind {
            ResourceKind::Service { resource, .. } => sdk(resource),
            _ => request.resource.clone(),
        },
        ..request.clone()
    }
}

fn sdk(action: &str) -> std::sync::Arc<Resource> {
    let arn = format!("arn:aws:states:::aws-sdk:s3:{action}");
    std::sync::Arc::new(Resource::parse(&arn))
}

/// Reads and writes objects in the name of a role.
struct Objects<'a> {
    integrations: &'a Integrations,
    caller: &'a Caller,
    request: &'a TaskRequest,
    /// The error that a failure is.
    error: &'static str,
}

impl Objects<'_> {
    fn failed(&self, cause: impl Into<String>) -> TaskError {
        TaskError {
            error: self.error.to_owned(),
            cause: cause.into(),
        }
    }

    /// Makes a call that the role may make.
    async fn call(
        &self,
        action: &str,
        input: Value,
        body: Vec<Bytes>,
    ) -> Result<(Value, Bytes), TaskError> {
        let integrations = self.integrations;
        let call = TaskRequest {
            resource: sdk(action),
            parameters: Payload::from(input.clone()),
            ..self.request.clone()
        };
        let permitted = integrations.authorize(self.caller, &call);
        permitted.map_err(|denied| self.failed(denied.cause))?;
        let request_id = integrations.conditions.random.uuid().to_string();
        let (first, rest) = action.split_at_checked(1).unwrap_or_default();
        let called = integrations.objects.data(
            PeerCall {
                operation: first.to_ascii_uppercase() + rest,
                input,
                scope: Scope::of_arn(&self.caller.source),
                request_id: request_id.clone(),
            },
            body,
        );
        called
            .await
            .map_err(|fault| self.failed(service_error(&call.resource, &fault, &request_id).cause))
    }
}
