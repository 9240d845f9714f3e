//! What a value of an event may be.

use std::net::IpAddr;

use serde_json::Value;
use txflow_asl::wildcards;

#[derive(Debug, Clone)]
pub(super) enum Condition {
    Is(Value),
    Exists(bool),
    Text(Comparison),
    /// None of these must hold.
    AnythingBut(Vec<Condition>),
    Numeric(NumberRange),
    /// An address, and how many of its bits count.
    Cidr(IpAddr, u8),
}

#[derive(Debug, Clone)]
pub(super) enum Comparison {
    Prefix(Text),
    Suffix(Text),
    Equals(Text),
    /// `*` stands for any text; `\*` and `\\` for themselves.
    Wildcard(String),
}

/// In lower case if case does not count.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub text: String,
    pub ignore_case: bool,
}

/// Each end, if there is one, and whether it is inside.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct NumberRange {
    least: Option<(f64, bool)>,
    most: Option<(f64, bool)>,
}

impl Condition {
    /// Whether the field of an event is as wanted; `None` if it does not exist.
    pub fn holds(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::Exists(wanted), value) => {
                // Only what has no fields of its own counts.
                let leaf = value.is_some_and(|value| !value.is_object());
                *wanted == leaf && (value.is_none() || leaf)
            }
            (_, None) => false,
            (_, Some(Value::Array(items))) => items.iter().any(|item| self.holds_for(item)),
            (_, Some(value)) => self.holds_for(value),
        }
    }

    fn holds_for(&self, value: &Value) -> bool {
        match self {
            Self::Is(wanted) => wanted == value,
            Self::Exists(wanted) => *wanted,
            Self::Text(comparison) => value.as_str().is_some_and(|text| comparison.holds(text)),
            Self::AnythingBut(none) => {
                !value.is_object() && !none.iter().any(|one| one.holds_for(value))
            }
            Self::Numeric(range) => value.as_f64().is_some_and(|number| range.contains(number)),
            Self::Cidr(network, bits) => {
                let address = value.as_str().and_then(|text| text.parse().ok());
                address.is_some_and(|address| is_in(address, *network, *bits))
            }
        }
    }
}

impl Comparison {
    fn holds(&self, value: &str) -> bool {
        match self {
            Self::Prefix(text) => text.folded(value).starts_with(&text.text),
            Self::Suffix(text) => text.folded(value).ends_with(&text.text),
            Self::Equals(text) => text.folded(value) == text.text,
            Self::Wildcard(pattern) => wildcards::matches(pattern, value),
        }
    }
}

impl Text {
    fn folded(&self, value: &str) -> String {
        if self.ignore_case {
            value.to_lowercase()
        } else {
            value.to_owned()
        }
    }
}

impl NumberRange {
    /// `false` if there is no such comparison, or no room for it.
    pub fn add(&mut self, operator: &str, number: f64) -> bool {
        let (least, most) = match operator {
            "=" => (Some((number, true)), Some((number, true))),
            ">" => (Some((number, false)), None),
            ">=" => (Some((number, true)), None),
            "<" => (None, Some((number, false))),
            "<=" => (None, Some((number, true))),
            _ => return false,
        };
        let taken =
            (least.is_some() && self.least.is_some()) || (most.is_some() && self.most.is_some());
        self.least = self.least.or(least);
        self.most = self.most.or(most);
        !taken
    }

    pub fn is_empty(&self) -> bool {
        match (self.least, self.most) {
            (Some((least, within)), Some((most, too))) => {
                least > most || (least >= most && !(within && too))
            }
            _ => false,
        }
    }

    fn contains(&self, number: f64) -> bool {
        let above = self
            .least
            .is_none_or(|(least, within)| number > least || (within && number >= least));
        let below = self
            .most
            .is_none_or(|(most, within)| number < most || (within && number <= most));
        above && below
    }
}

fn is_in(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let same = |a: u128, b: u128, length: u8| {
        let ignored = u32::from(length - bits);
        a.checked_shr(ignored) == b.checked_shr(ignored)
    };
    match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(a.to_bits().into(), b.to_bits().into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(a.to_bits(), b.to_bits(), 128),
        _ => false,
    }
}
