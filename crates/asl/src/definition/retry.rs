use serde_json::Value;

use super::fields::{DefinitionError, Fields};
use super::result_path::ResultPath;
use crate::template::Template;

/// One entry of `Retry`.
#[derive(Clone, Debug)]
pub struct Retrier {
    pub error_equals: Vec<String>,
    /// Seconds before the first retry. Default 1.
    pub interval_seconds: f64,
    /// Default 3; with 0, the error is never retried.
    pub max_attempts: u64,
    /// The factor by which the interval grows after each retry. Default 2.0.
    pub backoff_rate: f64,
    pub max_delay_seconds: Option<f64>,
    /// `JitterStrategy` is `FULL`: a random fraction of the interval.
    pub full_jitter: bool,
}

/// One entry of `Catch`.
#[derive(Clone, Debug)]
pub struct Catcher {
    pub error_equals: Vec<String>,
    pub next: String,
    pub result_path: ResultPath,
    pub assign: Option<Template>,
    /// JSONata's `Output`.
    pub output: Option<Template>,
}

impl Retrier {
    pub(crate) fn parse_all(state: &Fields) -> Result<Vec<Self>, DefinitionError> {
        each(state, "Retry", |fields| {
            Ok(Self {
                error_equals: parse_error_names(fields)?,
                interval_seconds: fields.number("IntervalSeconds")?.unwrap_or(1.0),
                max_attempts: fields.integer("MaxAttempts")?.unwrap_or(3),
                backoff_rate: fields.number("BackoffRate")?.unwrap_or(2.0),
                max_delay_seconds: fields.number("MaxDelaySeconds")?,
                full_jitter: fields.string("JitterStrategy")? == Some("FULL"),
            })
        })
    }

    /// Seconds to wait before the next retry after `attempts` earlier ones, without jitter.
    #[must_use]
    pub fn delay_seconds(&self, attempts: u64) -> f64 {
        let exponent = i32::try_from(attempts).unwrap_or(i32::MAX);
        let delay = self.interval_seconds * self.backoff_rate.powi(exponent);
        match self.max_delay_seconds {
            Some(most) => delay.min(most),
            None => delay,
        }
    }
}

impl Catcher {
    pub(crate) fn parse_all(state: &Fields) -> Result<Vec<Self>, DefinitionError> {
        each(state, "Catch", |fields| {
            Ok(Self {
                error_equals: parse_error_names(fields)?,
                next: fields.required_string("Next")?.to_owned(),
                result_path: ResultPath::parse(fields)?,
                assign: fields.template("Assign")?,
                output: fields.template("Output")?,
            })
        })
    }
}

fn parse_error_names(fields: &Fields) -> Result<Vec<String>, DefinitionError> {
    let missing = || fields.error("", "These fields are required: [ErrorEquals]");
    let names = fields.array("ErrorEquals")?.ok_or_else(missing)?;
    let names = names.iter().map(|name| match name {
        Value::String(name) => Ok(name.clone()),
        _ => Err(fields.error("ErrorEquals", "`ErrorEquals` must contain strings")),
    });
    names.collect()
}

fn each<T>(
    state: &Fields,
    key: &str,
    parse: impl Fn(&Fields) -> Result<T, DefinitionError>,
) -> Result<Vec<T>, DefinitionError> {
    let entries = state.array(key)?.unwrap_or_default();
    let entries = entries.iter().enumerate().map(|(i, entry)| {
        let place = format!("{key}[{i}]");
        parse(&state.child(&place, entry)?)
    });
    entries.collect()
}
