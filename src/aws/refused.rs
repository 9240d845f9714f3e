//! Nothing listens at the endpoint.

use std::error::Error;
use std::io;

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

/// Whether a connection was refused.
pub(super) fn is_refused(causes: &[&(dyn Error + 'static)]) -> bool {
    let mut causes = causes.iter();
    causes.any(|cause| {
        let error = cause.downcast_ref::<io::Error>();
        error.is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    })
}

/// Gives up at once. An embedded AWS that was there and is not any more has ended with its command.
#[derive(Debug)]
pub(super) struct UnlessRefused;

impl ClassifyRetry for UnlessRefused {
    fn name(&self) -> &'static str {
        "UnlessRefused"
    }

    /// What it forbids, no other classifier allows.
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = context.output_or_error().and_then(Result::err);
        let error = error.and_then(|error| error.as_connector_error());
        let mut causes: Vec<&(dyn Error + 'static)> = Vec::new();
        let mut next: Option<&(dyn Error + 'static)> = error.map(|error| error as _);
        while let Some(cause) = next {
            causes.push(cause);
            next = cause.source();
        }
        if is_refused(&causes) {
            RetryAction::RetryForbidden
        } else {
            RetryAction::NoActionIndicated
        }
    }
}
