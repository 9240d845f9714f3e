//! The loop around a handler.

use std::str::FromStr;

use lambda_runtime::{LambdaEvent, Runtime, layers::TracingLayer, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::level_filters::LevelFilter;

use crate::Error;

/// Takes events from Lambda until Lambda ends the process, and gives each to `handle`.
///
/// The event is parsed here and not by the runtime, so that an input of the wrong shape fails as
/// `InvalidTransaction` and not with the Rust path of an error of the runtime.
pub async fn serve<I, O>(
    handle: impl Fn(I) -> Result<O, Error>,
) -> Result<(), lambda_runtime::Error>
where
    I: DeserializeOwned,
    O: Serialize,
{
    log_as_json();
    let service = service_fn(async |event: LambdaEvent<Value>| answer(&handle, event.payload));
    Runtime::new(service).layer(TracingLayer::new()).run().await
}

fn answer<I, O>(handle: impl Fn(I) -> Result<O, Error>, event: Value) -> Result<O, Error>
where
    I: DeserializeOwned,
{
    // Taken from the event as it came: also an event that does not parse is found by its id.
    let transaction_id = event
        .get("transactionId")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let result = serde_json::from_value(event)
        .map_err(Error::from)
        .and_then(handle);
    match &result {
        Ok(_) => tracing::info!(transactionId = transaction_id, "answered"),
        Err(error) => tracing::error!(
            transactionId = transaction_id,
            errorType = error.error_type(),
            transient = error.is_transient(),
            "{error}"
        ),
    }
    result
}

/// One JSON object a line, as CloudWatch Logs Insights takes apart on its own. Lambda's own
/// setting for the level is followed.
#[expect(clippy::disallowed_methods, reason = "Lambda's own setting")]
fn log_as_json() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").ok();
    let level = level.and_then(|level| LevelFilter::from_str(&level).ok());
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_max_level(level.unwrap_or(LevelFilter::INFO))
        .init();
}
