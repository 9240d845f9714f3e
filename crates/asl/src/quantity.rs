//! Numeric fields: seconds, iterations, failures.

use serde_json::Value;

use crate::definition::Dynamic;
use crate::evaluation::{Evaluation, Place};
use crate::failure::Failure;
use crate::jsonpath::NotFound;
use crate::limits::MAX_SECONDS;

/// A field that is a number, or refers to one with a `Path` or an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    Seconds,
    TimeoutSeconds,
    HeartbeatSeconds,
    MaxConcurrency,
    ToleratedFailureCount,
    ToleratedFailurePercentage,
    MaxItems,
    MaxItemsPerBatch,
    MaxInputBytesPerBatch,
}

impl Quantity {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Seconds => "Seconds",
            Self::TimeoutSeconds => "TimeoutSeconds",
            Self::HeartbeatSeconds => "HeartbeatSeconds",
            Self::MaxConcurrency => "MaxConcurrency",
            Self::ToleratedFailureCount => "ToleratedFailureCount",
            Self::ToleratedFailurePercentage => "ToleratedFailurePercentage",
            Self::MaxItems => "MaxItems",
            Self::MaxItemsPerBatch => "MaxItemsPerBatch",
            Self::MaxInputBytesPerBatch => "MaxInputBytesPerBatch",
        }
    }

    fn is_time(self) -> bool {
        matches!(
            self,
            Self::Seconds | Self::TimeoutSeconds | Self::HeartbeatSeconds
        )
    }

    /// Reads the number that a path refers to. Unless the field is a time, a string with a whole number is valid too.
    fn read(self, value: &Value) -> Option<f64> {
        match value {
            Value::Number(number) => {
                let whole = number.is_i64() || number.is_u64();
                let fits = whole || self == Self::ToleratedFailurePercentage;
                number.as_f64().filter(|_| fits)
            }
            #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
            Value::String(text) if !self.is_time() => text.parse::<i64>().ok().map(|n| n as f64),
            _ => None,
        }
    }

    fn not_a_number(self, path: &str, shown: &str) -> String {
        let name = self.name();
        if self.is_time() {
            return format!(
                "The {name}Path parameter cannot be parsed as a long value: {path} == {shown}"
            );
        }
        let kind = match self {
            Self::ToleratedFailurePercentage => "float",
            _ => "integer",
        };
        format!(
            "The {name}Path field refers to value \"{shown}\" which is not a valid {kind}: {path}"
        )
    }

    /// Describes what is wrong with a number that is too small or too large for the field.
    fn out_of_range(self, number: f64, path: &str) -> Option<String> {
        let name = self.name();
        match self {
            Self::ToleratedFailurePercentage if !(0.0..=100.0).contains(&number) => {
                Some(format!("{name} must be between 0 and 100."))
            }
            _ if self.is_time() && number > MAX_SECONDS => Some(format!(
                "The {name}Path parameter references a value above {MAX_SECONDS}: {path} == {number}"
            )),
            _ if number >= 0.0 => None,
            Self::ToleratedFailureCount => Some(format!("{name} cannot be negative.")),
            _ if self.is_time() => Some(format!(
                "The {name}Path parameter references a negative value: {path} == {number}"
            )),
            _ => Some(format!(
                "Expected non-negative integer for {name}, got '{number}' instead."
            )),
        }
    }
}

impl Quantity {
    /// Like [`out_of_range`](Self::out_of_range), for the result of an expression, which may have a fraction as well.
    fn out_of_range_in_jsonata(self, number: f64, expression: &str) -> Option<String> {
        let name = self.name();
        let whole = number.fract() == 0.0 || self == Self::ToleratedFailurePercentage;
        if self.is_time() {
            let fits = whole && (0.0..=MAX_SECONDS).contains(&number);
            return (!fits).then(|| {
                format!(
                    "The JSONata expression '{expression}' specified for the field '{name}' returned a value that is not an integer between 0 and {MAX_SECONDS}: {number}"
                )
            });
        }
        match whole {
            true => self.out_of_range(number, expression),
            false => Some(format!(
                "Expected non-negative integer for {name}, got '{number}' instead."
            )),
        }
    }
}

impl Evaluation<'_> {
    pub(crate) fn quantity(
        &self,
        source: &Dynamic<f64>,
        quantity: Quantity,
    ) -> Result<f64, Failure> {
        let name = quantity.name();
        let path = match source {
            Dynamic::Literal(number) => return Ok(*number),
            Dynamic::Expression(expression) => {
                let value = self.typed(expression, "number", Place::field(name))?;
                let number = value.as_f64().unwrap_or_default();
                return match quantity.out_of_range_in_jsonata(number, expression.source()) {
                    None => Ok(number),
                    Some(cause) => Err(Failure::evaluation(Some(name.to_owned()), cause)),
                };
            }
            // None of these fields takes an intrinsic function.
            Dynamic::Intrinsic(call) => {
                let cause = format!(
                    "The field '{name}Path' must be a path, but was: {}",
                    call.as_str()
                );
                return Err(Failure::runtime(cause));
            }
            Dynamic::Path(path) => path,
        };
        let missing = |missing: NotFound| {
            if let Some(exhausted) = missing.exhausted() {
                return Failure::exhausted(&format!("{name}Path"), exhausted);
            }
            // Only a Wait says it in words of its own.
            Failure::runtime(match quantity {
                Quantity::Seconds => {
                    format!("The {name}Path parameter does not reference an input value: {path}")
                }
                _ => format!("Invalid path '{path}' : {missing}"),
            })
        };
        let value = self.find(path).map_err(missing)?;
        let shown = match &value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let number = quantity.read(&value);
        let number =
            number.ok_or_else(|| Failure::runtime(quantity.not_a_number(path.as_str(), &shown)))?;
        match quantity.out_of_range(number, path.as_str()) {
            None => Ok(number),
            Some(cause) => Err(Failure::runtime(cause)),
        }
    }

    /// Like [`quantity`](Self::quantity), for a field that may be absent.
    pub(crate) fn optional_quantity(
        &self,
        source: Option<&Dynamic<f64>>,
        quantity: Quantity,
    ) -> Result<Option<f64>, Failure> {
        let number = source.map(|source| self.quantity(source, quantity));
        number.transpose()
    }
}
