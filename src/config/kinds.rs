//! Types of settings that are neither plain text nor plain numbers.

use std::time::Duration;

use serde_json::{Value, json};
use toml::de::DeValue;

use super::node::Node;
use super::setting::{Definitions, Reader, Setting, integer};
use crate::canary::{Decimal, Shares};

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

/// A number with up to two digits behind the point, within bounds in hundredths.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number<const MIN: u32, const MAX: u32>(pub Decimal);

impl<const MIN: u32, const MAX: u32> Number<MIN, MAX> {
    const BOUNDS: (Decimal, Decimal) = (Decimal::hundredths(MIN), Decimal::hundredths(MAX));
}

impl<const MIN: u32, const MAX: u32> Setting for Number<MIN, MAX> {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let (DeValue::Integer(_) | DeValue::Float(_)) = node.value() else {
            reader.wrong_type(node, "a number");
            return None;
        };
        let written = match node.value() {
            DeValue::Integer(written) => written.as_str(),
            DeValue::Float(written) => written.as_str(),
            _ => return None,
        };
        let (least, most) = Self::BOUNDS;
        let number = written.parse().ok();
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let expected = format!("{least} to {most}, with up to two digits behind the point");
            reader.out_of_range(node, &expected, written);
        }
        number.map(Self)
    }

    fn schema(_: &mut Definitions) -> Value {
        let (least, most) = Self::BOUNDS;
        json!({ "type": "number", "minimum": least.value(), "maximum": most.value() })
    }
}

impl<const MIN: u32, const MAX: u32> From<Number<MIN, MAX>> for Value {
    fn from(number: Number<MIN, MAX>) -> Self {
        number.0.value().into()
    }
}

/// The shares of a canary.
#[derive(Debug, Clone)]
pub(super) struct ShareList(pub Shares);

impl Setting for ShareList {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(items) = node.value().as_array() else {
            reader.wrong_type(node, "an array");
            return None;
        };
        let share = |item: &DeValue<'_>| u8::try_from(integer(item.as_integer()?)?).ok();
        let shares = items.iter().map(|item| share(item.get_ref())).collect();
        let shares = Option::<Vec<u8>>::and_then(shares, |shares| Shares::new(shares).ok());
        if shares.is_none() {
            let message = format!("`{}` must be {}", node.path(), Shares::EXPECTED);
            reader.error("out-of-range", node.place(), message, None);
        }
        shares.map(Self)
    }

    fn schema(_: &mut Definitions) -> Value {
        let share = json!({ "type": "integer", "minimum": 1, "maximum": 100 });
        json!({ "type": "array", "items": share, "minItems": 1, "maxItems": 6, "uniqueItems": true })
    }
}
