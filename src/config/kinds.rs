//! Types of settings that are neither plain text nor plain numbers.

use std::time::Duration;

use serde_json::{Value, json};
use toml::de::DeValue;

use super::node::Node;
use super::setting::{Definitions, Reader, Setting, integer};

/// How long CloudWatch Logs keeps events.
#[derive(Debug, Clone, Copy)]
pub(super) enum Retention {
    Days(i32),
    Forever,
}

impl Retention {
    /// The values that `PutRetentionPolicy` accepts.
    const DAYS: [i32; 22] = [
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557,
        2922, 3288, 3653,
    ];
    const FOREVER: &'static str = "forever";

    /// `None` keeps logs forever.
    pub fn of(days: Option<i32>) -> Self {
        days.map_or(Self::Forever, Self::Days)
    }

    pub fn days(self) -> Option<i32> {
        match self {
            Self::Days(days) => Some(days),
            Self::Forever => None,
        }
    }
}

impl Setting for Retention {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let days = match node.value() {
            DeValue::String(word) if word == Self::FOREVER => return Some(Self::Forever),
            DeValue::Integer(days) => integer(days).and_then(|days| i32::try_from(days).ok()),
            _ => {
                reader.wrong_type(node, "a number of days or `\"forever\"`");
                return None;
            }
        };
        let allowed = days.filter(|days| Self::DAYS.contains(days));
        if allowed.is_none() {
            let message = format!(
                "`{}` must be a number of days that CloudWatch Logs accepts, or `\"forever\"`",
                node.path()
            );
            let all = Self::DAYS.map(|days| days.to_string()).join(", ");
            reader.error(
                "out-of-range",
                node.place(),
                message,
                format!("one of {all}"),
            );
        }
        allowed.map(Self::Days)
    }

    fn schema(_: &mut Definitions) -> Value {
        let days = Self::DAYS.iter().map(|days| Value::from(*days));
        let all: Vec<Value> = days.chain([Self::FOREVER.into()]).collect();
        json!({ "enum": all })
    }
}

impl From<Retention> for Value {
    fn from(retention: Retention) -> Self {
        match retention {
            Retention::Days(days) => days.into(),
            Retention::Forever => Retention::FOREVER.into(),
        }
    }
}

/// A span of time in seconds, which may have a fraction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seconds(pub Duration);

impl Setting for Seconds {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let seconds: Option<f64> = match node.value() {
            DeValue::Integer(written) => written.as_str().parse().ok(),
            DeValue::Float(written) => written.as_str().parse().ok(),
            _ => {
                reader.wrong_type(node, "a number of seconds");
                return None;
            }
        };
        let duration = seconds
            .filter(|seconds| *seconds > 0.0)
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        if duration.is_none() {
            let message = format!("`{}` must be more than 0 seconds", node.path());
            reader.error("out-of-range", node.place(), message, None);
        }
        duration.map(Self)
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "number", "exclusiveMinimum": 0 })
    }
}
