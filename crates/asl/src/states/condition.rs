//! How the conditions of a Choice are evaluated.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::choice::{Comparison, Condition, Operand, Ordered, Test};
use crate::evaluation::{Evaluation, Place};
use crate::failure::Failure;
use crate::jsonpath::JsonPath;
use crate::{Timestamp, wildcards};

impl Condition {
    pub(super) fn holds(&self, evaluation: &Evaluation, place: Place) -> Result<bool, Failure> {
        match self {
            Self::Constant(constant) => Ok(*constant),
            Self::Expression(expression) => {
                let value = evaluation.typed(expression, "boolean", place.inner("Condition"))?;
                Ok(value == Value::Bool(true))
            }
            Self::Not(inner) => Ok(!inner.holds(evaluation, place)?),
            Self::And(list) => {
                for condition in list {
                    if !condition.holds(evaluation, place)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Or(list) => {
                for condition in list {
                    if condition.holds(evaluation, place)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Test { variable, test } => test.holds(variable, evaluation),
        }
    }
}

impl Test {
    fn holds(&self, variable: &JsonPath, evaluation: &Evaluation) -> Result<bool, Failure> {
        if let Self::IsPresent(expected) = self {
            return match evaluation.find(variable) {
                Ok(_) => Ok(*expected),
                Err(missing) => match missing.exhausted() {
                    Some(exhausted) => Err(Failure::exhausted("Variable", exhausted)),
                    None => Ok(!*expected),
                },
            };
        }
        let value = find(variable, evaluation)?;
        Ok(match self {
            Self::IsPresent(expected) => *expected,
            Self::IsNull(expected) => value.is_null() == *expected,
            Self::IsBoolean(expected) => value.is_boolean() == *expected,
            Self::IsNumeric(expected) => value.is_number() == *expected,
            Self::IsString(expected) => value.is_string() == *expected,
            Self::IsTimestamp(expected) => timestamp(&value).is_some() == *expected,
            Self::StringMatches(pattern) => value
                .as_str()
                .is_some_and(|text| wildcards::matches(pattern, text)),
            Self::Compare {
                comparison,
                ordered,
                operand,
            } => {
                let order = match operand {
                    Operand::Literal(literal) => ordered.compare(&value, literal),
                    Operand::Path(path) => ordered.compare(&value, &find(path, evaluation)?),
                };
                order.is_some_and(|order| comparison.holds(order))
            }
        })
    }
}

fn find(path: &JsonPath, evaluation: &Evaluation) -> Result<Value, Failure> {
    evaluation.find(path).map_err(|missing| {
        if let Some(exhausted) = missing.exhausted() {
            return Failure::exhausted("Variable", exhausted);
        }
        Failure::runtime(format!(
            "Invalid path '{path}': The choice state's condition path references an invalid value."
        ))
    })
}

impl Ordered {
    /// The order of two values of this type; `None` if one has another type.
    fn compare(self, left: &Value, right: &Value) -> Option<Ordering> {
        match (self, left, right) {
            (Self::String, Value::String(left), Value::String(right)) => {
                Some(left.encode_utf16().cmp(right.encode_utf16()))
            }
            (Self::Boolean, Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
            (Self::Numeric, Value::Number(left), Value::Number(right)) => {
                compare_numbers(left, right)
            }
            (Self::Timestamp, left, right) => Some(timestamp(left)?.cmp(&timestamp(right)?)),
            _ => None,
        }
    }
}

fn compare_numbers(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

fn timestamp(value: &Value) -> Option<Timestamp> {
    Timestamp::parse_rfc3339(value.as_str()?)
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equals => order.is_eq(),
            Self::LessThan => order.is_lt(),
            Self::LessThanEquals => order.is_le(),
            Self::GreaterThan => order.is_gt(),
            Self::GreaterThanEquals => order.is_ge(),
        }
    }
}
