//! What distributed Maps read from S3 and write to it: ItemReader and ResultWriter.

mod csv;
mod read;
mod write;

pub(super) use read::parse_items;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;
use txflow_asl::definition::{Resource, ResourceKind};
use txflow_asl::{Payload, TaskError, TaskRequest};

use super::caller::Caller;
use super::integrations::Integrations;
use super::service_errors::service_error;
use crate::fault::Fault;
use crate::http::call::PeerCall;
use crate::http::scope::Scope;
use crate::service::Service;
use crate::upstreams::Upstream;

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

fn sdk(action: &str) -> Arc<Resource> {
    let arn = format!("arn:aws:states:::aws-sdk:s3:{action}");
    Arc::new(Resource::parse(&arn))
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
        let call_of_peer = PeerCall {
            operation: first.to_ascii_uppercase() + rest,
            input,
            scope: Scope::of_arn(&self.caller.source),
            request_id: request_id.clone(),
            time: None,
        };
        let called = match integrations.peers.upstreams.get("s3") {
            Some(upstream) => elsewhere(upstream, call_of_peer, body).await,
            None => integrations.objects.data(call_of_peer, body).await,
        };
        called
            .map_err(|fault| self.failed(service_error(&call.resource, &fault, &request_id).cause))
    }
}

/// A call of an S3 that is elsewhere. Bodies are in base64, as bytes are in JSON.
async fn elsewhere(
    upstream: Arc<Upstream>,
    mut call: PeerCall,
    body: Vec<Bytes>,
) -> Result<(Value, Bytes), Fault> {
    if !body.is_empty() {
        call.input["Body"] = STANDARD.encode(body.concat()).into();
    }
    let mut answer = upstream.call(call).await?;
    let body = match answer.get_mut("Body").map(Value::take) {
        Some(Value::String(encoded)) => STANDARD.decode(encoded).map_err(Fault::storage)?.into(),
        _ => Bytes::new(),
    };
    Ok((answer, body))
}
