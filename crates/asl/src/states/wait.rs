use std::time::Duration;

use serde_json::Value;

use super::Action;
use crate::Timestamp;
use crate::definition::{DefinitionError, Dynamic, Fields};
use crate::evaluation::Evaluation;
use crate::failure::Failure;
use crate::flow::Visit;
use crate::jsonpath::NotFound;
use crate::quantity::Quantity;
use crate::timestamp::duration;

/// As many seconds as 31 bits can count: some 68 years.
const MAX_WAIT: Duration = Duration::from_secs(i32::MAX as u64);

/// Waits for a duration or until a point in time.
#[derive(Debug)]
pub enum Wait {
    Seconds(Dynamic<f64>),
    /// RFC 3339 with an offset: `2026-01-02T03:04:05Z`.
    Timestamp(Dynamic<String>),
}

impl Wait {
    pub(crate) fn parse(fields: &Fields) -> Result<Self, DefinitionError> {
        if let Some(seconds) = Dynamic::number(fields, "Seconds")? {
            return Ok(Self::Seconds(seconds));
        }
        if let Some(moment) = Dynamic::text(fields, "Timestamp")? {
            return Ok(Self::Timestamp(moment));
        }
        Err(fields.error(
            "",
            "One of these fields is required: [Seconds, SecondsPath, Timestamp, TimestampPath]",
        ))
    }
}

impl Wait {
    pub(crate) fn run(&self, visit: Visit) -> Result<Action<'static>, Failure> {
        let effective = visit.effective_input()?;
        let evaluation = visit.evaluation(&effective);
        let until = match self {
            Self::Seconds(source) => {
                let seconds = evaluation.quantity(source, Quantity::Seconds)?;
                visit.now + duration(seconds)
            }
            // "Step Functions considers the time value up to seconds and truncates milliseconds."
            // Source: <https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html>
            Self::Timestamp(source) => moment(&evaluation, source)?.whole_seconds(),
        };
        if until > visit.now + MAX_WAIT {
            return Err(Failure::runtime("Wait state delay is too long."));
        }
        Ok(Action::WaitUntil(until))
    }
}

fn moment(evaluation: &Evaluation, source: &Dynamic<String>) -> Result<Timestamp, Failure> {
    const FORMAT: &str = "ISO-8601 extended offset date-time format string";
    match source {
        Dynamic::Path(path) => {
            let missing = |missing: NotFound| {
                if let Some(exhausted) = missing.exhausted() {
                    return Failure::exhausted("TimestampPath", exhausted);
                }
                Failure::runtime(format!(
                    "The TimestampPath parameter does not reference an input value: {path}"
                ))
            };
            let value = evaluation.find(path).map_err(missing)?;
            let parsed = value.as_str().and_then(Timestamp::parse_rfc3339);
            parsed.ok_or_else(|| {
                let shown = match &value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                Failure::runtime(format!(
                    "The TimestampPath parameter does not reference a valid {FORMAT}: {path} == {shown}"
                ))
            })
        }
        source => {
            let text = evaluation.text(source, "Timestamp")?;
            Timestamp::parse_rfc3339(&text).ok_or_else(|| {
                let cause = format!("The Timestamp field cannot be parsed as an {FORMAT}: {text}");
                match source {
                    Dynamic::Expression(_) => {
                        Failure::evaluation(Some("Timestamp".to_owned()), cause)
                    }
                    _ => Failure::runtime(cause),
                }
            })
        }
    }
}
