use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::{Found, NotFound, Segment, eval};
use crate::budget::Budget;

/// `[?(…)]`: selects the items of a list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    Any(Vec<Filter>),
    All(Vec<Filter>),
    Not(Box<Filter>),
    Exists(Vec<Segment>),
    Compare(FilterOperand, FilterOperator, FilterOperand),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FilterOperand {
    /// A path from `@`, the item.
    Path(Vec<Segment>),
    Literal(Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FilterOperator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl FilterOperator {
    /// Longer symbols first, so that `<=` is not parsed as `<`.
    pub(super) const BY_SYMBOL: [(&'static str, Self); 6] = [
        ("==", Self::Equal),
        ("!=", Self::NotEqual),
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        ("<", Self::Less),
        (">", Self::Greater),
    ];
}

impl Filter {
    /// # Errors
    /// If the budget is used up.
    pub(super) fn keeps(&self, item: &Value, budget: &Budget) -> Result<bool, NotFound> {
        budget.step(1)?;
        Ok(match self {
            Self::Any(list) => {
                for filter in list {
                    if filter.keeps(item, budget)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::All(list) => {
                for filter in list {
                    if !filter.keeps(item, budget)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Not(inner) => !inner.keeps(item, budget)?,
            Self::Exists(path) => match find(path, item, budget)? {
                Some(Found::One(_)) => true,
                Some(Found::Many(found)) => !found.is_empty(),
                None => false,
            },
            Self::Compare(left, comparison, right) => {
                match (left.value(item, budget)?, right.value(item, budget)?) {
                    (Some(left), Some(right)) => compare(&left, *comparison, &right),
                    _ => false,
                }
            }
        })
    }
}

impl FilterOperand {
    fn value<'v>(
        &'v self,
        item: &'v Value,
        budget: &Budget,
    ) -> Result<Option<Cow<'v, Value>>, NotFound> {
        Ok(match self {
            Self::Literal(value) => Some(Cow::Borrowed(value)),
            Self::Path(path) => match find(path, item, budget)? {
                Some(Found::One(value)) => Some(Cow::Borrowed(value)),
                Some(found) => Some(Cow::Owned(found.into_value_within(budget)?)),
                None => None,
            },
        })
    }
}

/// `None` if the path finds nothing.
fn find<'v>(
    path: &[Segment],
    item: &'v Value,
    budget: &Budget,
) -> Result<Option<Found<'v>>, NotFound> {
    match eval::find(path, item, budget) {
        Ok(found) => Ok(Some(found)),
        Err(missing) if missing.exhausted().is_some() => Err(missing),
        Err(_) => Ok(None),
    }
}

fn compare(left: &Value, comparison: FilterOperator, right: &Value) -> bool {
    let order = match (left, right) {
        (Value::Number(a), Value::Number(b)) => a.as_f64().partial_cmp(&b.as_f64()),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (a, b) => (a == b).then_some(Ordering::Equal),
    };
    match comparison {
        FilterOperator::Equal => order == Some(Ordering::Equal),
        FilterOperator::NotEqual => order != Some(Ordering::Equal),
        FilterOperator::Less => order == Some(Ordering::Less),
        FilterOperator::LessOrEqual => order.is_some_and(Ordering::is_le),
        FilterOperator::Greater => order == Some(Ordering::Greater),
        FilterOperator::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
    }
}
