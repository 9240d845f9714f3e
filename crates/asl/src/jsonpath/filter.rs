use std::cmp::Ordering;

use serde_json::Value;

use super::{Found, Segment, eval};

/// `[?(…)]`: which items of a list to keep.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    Any(Vec<Filter>),
    All(Vec<Filter>),
    Not(Box<Filter>),
    Exists(Vec<Segment>),
    Compare(Operand, Comparison, Operand),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    /// A path from `@`, the item.
    Path(Vec<Segment>),
    Literal(Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// Longer signs first, so that `<=` is not read as `<`.
    pub(super) const SIGNS: [(&'static str, Self); 6] = [
        ("==", Self::Equal),
        ("!=", Self::NotEqual),
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        ("<", Self::Less),
        (">", Self::Greater),
    ];
}

impl Filter {
    pub(super) fn keeps(&self, item: &Value) -> bool {
        match self {
            Self::Any(list) => list.iter().any(|f| f.keeps(item)),
            Self::All(list) => list.iter().all(|f| f.keeps(item)),
            Self::Not(inner) => !inner.keeps(item),
            Self::Exists(path) => match eval::find(path, item) {
                Ok(Found::One(_)) => true,
                Ok(Found::Many(found)) => !found.is_empty(),
                Err(_) => false,
            },
            Self::Compare(left, comparison, right) => match (left.value(item), right.value(item)) {
                (Some(left), Some(right)) => compare(&left, *comparison, &right),
                _ => false,
            },
        }
    }
}

impl Operand {
    fn value(&self, item: &Value) -> Option<Value> {
        match self {
            Self::Literal(value) => Some(value.clone()),
            Self::Path(path) => eval::find(path, item).ok().map(Found::into_value),
        }
    }
}

fn compare(left: &Value, comparison: Comparison, right: &Value) -> bool {
    let order = match (left, right) {
        (Value::Number(a), Value::Number(b)) => a.as_f64().partial_cmp(&b.as_f64()),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (a, b) => (a == b).then_some(Ordering::Equal),
    };
    match comparison {
        Comparison::Equal => order == Some(Ordering::Equal),
        Comparison::NotEqual => order != Some(Ordering::Equal),
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::LessOrEqual => order.is_some_and(Ordering::is_le),
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
    }
}
