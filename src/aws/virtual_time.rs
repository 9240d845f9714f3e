//! Asks the embedded AWS to skip the waits of the executions that a command starts.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use txflow_local_aws::Time;

/// Another command may run the server, and other commands may use it, so each call says it for itself.
#[derive(Debug)]
pub(super) struct VirtualTime;

impl Intercept for VirtualTime {
    fn name(&self) -> &'static str {
        "VirtualTime"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.request_mut().headers_mut();
        headers.insert(Time::HEADER, Time::Virtual.as_str());
        Ok(())
    }
}
