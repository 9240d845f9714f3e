//! What a path finds, as both tell it.

use serde_json::Value;
use txflow_asl::jsonpath::{Found, JsonPath};

use crate::Question;

#[derive(Debug, PartialEq)]
pub enum Answer {
    Found(Value),
    /// With the message, which a failed state shows.
    Absent(String),
    Failed,
    Refused,
}

impl Answer {
    pub fn ours(question: &Question) -> Self {
        let Ok(path) = JsonPath::parse(&question.path) else {
            return Self::Refused;
        };
        let document: Value = serde_json::from_str(&question.document).unwrap();
        match path.find(&document).map(Found::into_value) {
            Ok(value) => Self::Found(value),
            Err(missing) if missing.is_absence() => Self::Absent(missing.to_string()),
            Err(_) => Self::Failed,
        }
    }

    /// Reads a line of the oracle.
    pub fn parse(line: &str) -> Self {
        match line.split_once('\t') {
            Some(("ok", value)) => Self::Found(serde_json::from_str(value).unwrap()),
            Some(("absent", message)) => Self::Absent(message.to_owned()),
            Some(("failed", _)) => Self::Failed,
            Some(("refused", _)) => Self::Refused,
            _ => panic!("not an answer: {line}"),
        }
    }
}
