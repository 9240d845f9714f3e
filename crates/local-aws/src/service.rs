//! The interface between the server and each service. `services.rs` lists the services.

use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::fault::Fault;
use crate::http::answer::{Answer, Body};
use crate::http::api::Api;
use crate::http::call::{Call, PeerCall};
use crate::permission::Permission;
use crate::store::StoreError;

/// A future that a service returns.
pub(crate) type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

pub(crate) trait Service: Send + Sync + 'static {
    /// Its name and its protocol.
    fn api(&self) -> &'static Api;

    /// The permissions that the caller needs. `None` if the call needs none, or names no resource and so will be
    /// refused.
    fn permissions(&self, call: &Call) -> Option<Vec<Permission>>;

    /// Serves a call, or refuses it. An operation that is not implemented is refused by name.
    fn serve(self: Arc<Self>, call: Arc<Call>) -> Work<Result<Answer, Fault>>;

    /// Serves a call of another service here, such as a task's. The members of input and output are those of the API's
    /// model, blobs in base64. A service whose protocol is not AWS JSON serves it in its own way.
    fn call(self: Arc<Self>, call: PeerCall) -> Work<Result<Value, Fault>> {
        let call = Call::of_peer(self.api(), call);
        Box::pin(async move {
            match self.serve(Arc::new(call)).await?.body {
                Body::Json(value) => Ok(value),
                Body::XmlResult(_) | Body::Bytes(_) | Body::Empty => Ok(json!({})),
            }
        })
    }

    /// Finishes what a previous server left unfinished. Runs before the first call.
    fn recover(self: Arc<Self>) -> Work<Result<(), StoreError>> {
        Box::pin(ready(Ok(())))
    }

    /// Ends everything that runs in the background, and starts nothing more.
    fn stop(&self) {}

    /// Waits until everything that [`Service::stop`] ends has ended.
    fn stopped(self: Arc<Self>) -> Work<()> {
        Box::pin(ready(()))
    }
}
