//! How the conditions of a Choice are evaluated.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::choice::{Comparison, Condition, Operand, Ordered, Test};
use crate::Timestamp;
use crate::evaluation::{Evaluation, Place};
use crate::failure::Failure;
use crate::jsonpath::JsonPath;

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
            Self::StringMatches(pattern) => {
                value.as_str().is_some_and(|text| matches(pattern, text))
            }
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

/// `*` stands for any characters, `\*` for an asterisk and `\\` for a backslash.
fn matches(pattern: &str, text: &str) -> bool {
    let pattern = pattern_parts(pattern);
    let text: Vec<char> = text.chars().collect();
    // Where to resume if an asterisk has matched too little: the asterisk, and the position in the text where its match
    // starts.
    let mut retry: Option<(usize, usize)> = None;
    let (mut p, mut t) = (0, 0);
    while t < text.len() {
        match pattern.get(p) {
            Some(PatternPart::Any) => {
                retry = Some((p, t));
                p += 1;
            }
            Some(PatternPart::Char(c)) if *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match &mut retry {
                Some((star, from)) => {
                    *from += 1;
                    p = *star + 1;
                    t = *from;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|part| *part == PatternPart::Any)
}

#[derive(PartialEq)]
enum PatternPart {
    Any,
    Char(char),
}

fn pattern_parts(pattern: &str) -> Vec<PatternPart> {
    let mut parts = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '*' => PatternPart::Any,
            '\\' => PatternPart::Char(chars.next().unwrap_or('\\')),
            c => PatternPart::Char(c),
        });
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_characters() {
        assert!(matches("*", ""));
        assert!(matches("log-*.txt", "log-2026.txt"));
        assert!(matches("*a*b", "xaxbxb"));
        assert!(!matches("log-*.txt", "log-2026.csv"));
        assert!(!matches("a", "ab"));
    }

    #[test]
    fn an_escaped_star_is_a_star() {
        assert!(matches(r"a\*b", "a*b"));
        assert!(!matches(r"a\*b", "axb"));
        assert!(matches(r"\\*", r"\x"));
    }
}
