//! The interface between the server and each service. `services.rs` lists the services.

use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;

use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::http::answer::{Answer, Body, respond};
use crate::http::api::{Api, Protocol};
use crate::http::call::{Call, PeerCall};
use crate::models;
use crate::permission::Permission;
use crate::store::StoreError;

/// A future that a service returns.
pub(crate) type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A service, as it says what it does: most of all a table of its operations in [`Operations::dispatch`].
pub(crate) trait Operations: Send + Sync + Sized + 'static {
    /// Its name and its protocol.
    const API: &'static Api;

    /// The permissions that the caller needs. `None` if the call needs none, or names no resource and so will be
    /// refused.
    fn permissions(&self, call: &Call) -> Option<Vec<Permission>>;

    /// Serves a call, or refuses it. An operation that is not implemented is refused by name.
    fn dispatch(
        self: &Arc<Self>,
        call: &Call,
    ) -> impl Future<Output = Result<Answer, Fault>> + Send;

    /// Serves a call of another service here, such as a task's. The members of input and output are those of the API's
    /// model, blobs in base64, times in seconds.
    fn dispatch_peer(
        self: &Arc<Self>,
        call: PeerCall,
    ) -> impl Future<Output = Result<Value, Fault>> + Send {
        served_to_peer(self, call)
    }

    /// What is deployed there, for people: a line each.
    fn deployed(&self) -> Vec<String> {
        Vec::new()
    }

    /// Finishes what a previous server left unfinished. Runs before the first call.
    fn recover(self: &Arc<Self>) -> impl Future<Output = Result<(), StoreError>> + Send {
        ready(Ok(()))
    }

    /// Ends everything that runs in the background, and starts nothing more.
    fn stop(&self) {}

    /// Waits until everything that [`Operations::stop`] ends has ended.
    fn stopped(&self) -> impl Future<Output = ()> + Send {
        ready(())
    }
}

/// Any service, as the server sees it: what [`Operations`] has, with futures of one type.
pub(crate) trait Service: Send + Sync + 'static {
    fn api(&self) -> &'static Api;
    fn permissions(&self, call: &Call) -> Option<Vec<Permission>>;
    fn serve(self: Arc<Self>, call: Arc<Call>) -> Work<Result<Answer, Fault>>;
    fn call(self: Arc<Self>, call: PeerCall) -> Work<Result<Value, Fault>>;
    fn deployed(&self) -> Vec<String>;
    fn recover(self: Arc<Self>) -> Work<Result<(), StoreError>>;
    fn stop(&self);
    fn stopped(self: Arc<Self>) -> Work<()>;
}

impl<S: Operations> Service for S {
    fn api(&self) -> &'static Api {
        S::API
    }

    fn permissions(&self, call: &Call) -> Option<Vec<Permission>> {
        Operations::permissions(self, call)
    }

    fn serve(self: Arc<Self>, call: Arc<Call>) -> Work<Result<Answer, Fault>> {
        Box::pin(async move { self.dispatch(&call).await })
    }

    fn call(self: Arc<Self>, call: PeerCall) -> Work<Result<Value, Fault>> {
        Box::pin(async move { self.dispatch_peer(call).await })
    }

    fn deployed(&self) -> Vec<String> {
        Operations::deployed(self)
    }

    fn recover(self: Arc<Self>) -> Work<Result<(), StoreError>> {
        Box::pin(async move { Operations::recover(&self).await })
    }

    fn stop(&self) {
        Operations::stop(self);
    }

    fn stopped(self: Arc<Self>) -> Work<()> {
        Box::pin(async move { Operations::stopped(&*self).await })
    }
}

/// Serves the call as if it had come over HTTP.
pub(crate) async fn served_to_peer<S: Operations>(
    service: &Arc<S>,
    call: PeerCall,
) -> Result<Value, Fault> {
    let api = S::API;
    let json = matches!(api.protocol, Protocol::Json { .. });
    if json {
        let call = Call::of_peer(api, call);
        let answer = service.dispatch(&call).await?;
        return Ok(match answer.body {
            Body::Json(value) => value,
            Body::XmlResult(_) | Body::Bytes(_) | Body::Empty => json!({}),
        });
    }
    let missing = || Fault::not_implemented(api.name, &call.operation);
    let (model, operation) =
        models::with_operation(api.name, &call.operation).ok_or_else(missing)?;
    let request = models::request(model, operation, &call.input).ok_or_else(missing)?;
    let request_id = call.request_id.clone();
    let call = Call::of_request(api, call, &request);
    let answer = service.dispatch(&call).await?;
    let response = respond(Some(api), operation.name, &request_id, Ok(answer));
    let (head, body) = response.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes());
    let body = body.unwrap_or_default();
    let output = models::answered(model, operation, head.status.as_u16(), &head.headers, &body);
    // Faults were returned before.
    Ok(output.unwrap_or_default())
}
