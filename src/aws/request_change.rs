//! Changes of requests before they are signed.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use txflow_local_aws::Time;

#[derive(Debug)]
pub(super) enum RequestChange {
    /// `StartSyncExecution` goes to `sync-states.<region>.amazonaws.com`. On an endpoint of the user's own, such as
    /// `http://127.0.0.1:4566`, the same prefix would make a host that does not exist.
    WithoutHostPrefix,
    /// Asks the embedded AWS to skip the waits of the executions that a command starts. Another command may run the server,
    /// and other commands may use it, so each call says it for itself.
    VirtualTime,
}

impl Intercept for RequestChange {
    fn name(&self) -> &'static str {
        match self {
            Self::WithoutHostPrefix => "WithoutHostPrefix",
            Self::VirtualTime => "VirtualTime",
        }
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        match self {
            Self::WithoutHostPrefix => {
                let uri = request.uri().replacen("://sync-", "://", 1);
                request.set_uri(uri)?;
            }
            Self::VirtualTime => {
                let headers = request.headers_mut();
                headers.insert(Time::HEADER, Time::Virtual.as_str());
            }
        }
        Ok(())
    }
}
