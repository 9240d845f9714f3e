//! Reports that the SDK sends a request again.

use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

/// Called with the operation and why the attempt before failed.
pub type OnRetry = Arc<dyn Fn(&str, &str) + Send + Sync>;

#[derive(Clone)]
pub(super) struct TellRetries(pub OnRetry);

impl fmt::Debug for TellRetries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TellRetries")
    }
}

/// Why the attempt before failed; kept in the request's own bag from one attempt to the next.
#[derive(Debug)]
struct LastFailure(String);

impl Storable for LastFailure {
    type Storer = StoreReplace<Self>;
}

impl Intercept for TellRetries {
    fn name(&self) -> &'static str {
        "TellRetries"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(LastFailure(cause)) = bag.load::<LastFailure>() {
            let operation = bag.load::<Metadata>().map_or("a call", Metadata::name);
            (self.0)(operation, cause);
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(Err(error)) = context.output_or_error() {
            let status = context
                .response()
                .map(|response| response.status().as_u16());
            let cause = match status {
                Some(429) => "too many requests".to_owned(),
                Some(status) => format!("HTTP status {status}"),
                None if error.is_timeout_error() => "no response in time".to_owned(),
                None => "no answer".to_owned(),
            };
            bag.interceptor_state().store_put(LastFailure(cause));
        }
        Ok(())
    }
}
