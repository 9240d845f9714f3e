//! Calls whose effect must not happen twice.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

use super::error::is_throttled;

/// Sends a call that failed with `E` again only if AWS says that it throttled it: then nothing has begun. A timeout, a 5xx
/// answer and a connection that breaks leave open whether it had its effect.
pub struct AtMostOnce<E>(PhantomData<E>);

impl<E> Default for AtMostOnce<E> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<E> fmt::Debug for AtMostOnce<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AtMostOnce")
    }
}

impl<E> ClassifyRetry for AtMostOnce<E>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    fn name(&self) -> &'static str {
        "AtMostOnce"
    }

    /// What it forbids, no other classifier allows.
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let error = error.as_operation_error();
        match error.and_then(|error| error.downcast_ref::<E>()) {
            Some(error) if is_throttled(error) => RetryAction::throttling_error(),
            _ => RetryAction::RetryForbidden,
        }
    }
}
