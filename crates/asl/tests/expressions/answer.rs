//! What an expression gives, as both tell it.

use serde_json::{Value, json};
use txflow_asl::jsonata::{EvaluationError, Expression};

use crate::Question;

#[derive(Debug, PartialEq)]
pub enum Answer {
    Value(Value),
    Nothing,
    /// A function.
    Unsupported,
    /// With the code and the message. Without a code it is an exception of JavaScript, whose words are not ours.
    Refused(Option<String>, String),
    Failed(Option<String>, String),
}

impl Answer {
    pub fn ours(question: &Question) -> Self {
        let with_words = |code: Option<&str>, message: String| match code {
            Some(code) => (Some(code.to_owned()), message),
            None => (None, String::new()),
        };
        let expression = match Expression::parse(&question.expression) {
            Ok(expression) => expression,
            Err(error) => {
                let (code, message) = with_words(error.code, error.message);
                return Self::Refused(code, message);
            }
        };
        let document: Value = serde_json::from_str(&question.document).unwrap();
        match expression.evaluate_on(&document) {
            Ok(value) => Self::Value(floats(value)),
            Err(EvaluationError::Undefined) => Self::Nothing,
            Err(EvaluationError::Unsupported) => Self::Unsupported,
            Err(EvaluationError::Threw(code, message)) => {
                let (code, message) = with_words(code, message);
                Self::Failed(code, message)
            }
        }
    }

    /// Reads a line of the oracle.
    pub fn parse(line: &str) -> Self {
        let answer: Value = serde_json::from_str(line).unwrap();
        let code = |field: &str| answer[field].as_str().map(str::to_owned);
        let message = answer["message"].as_str().unwrap_or_default().to_owned();
        match answer
            .as_object()
            .and_then(|fields| fields.keys().next())
            .map(String::as_str)
        {
            Some("value") => Self::Value(floats(answer["value"].clone())),
            Some("nothing") => Self::Nothing,
            Some("unsupported") => Self::Unsupported,
            Some("refused") => Self::Refused(code("refused"), message),
            Some("failed") => Self::Failed(code("failed"), message),
            _ => panic!("not an answer: {line}"),
        }
    }
}

/// All numbers as floats, which they are in JSONata.
fn floats(value: Value) -> Value {
    match value {
        Value::Number(number) => {
            json!(
                number
                    .as_f64()
                    .map(|number| if number == 0.0 { 0.0 } else { number })
            )
        }
        Value::Array(items) => items.into_iter().map(floats).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, floats(value)))
            .collect(),
        value => value,
    }
}
