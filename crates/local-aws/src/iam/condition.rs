//! Whether the condition of a statement holds.

use txflow_asl::policy::{Block, Comparison, Operator, Order, Quantifier, date, number};

use super::context::Context;
use super::pattern::Pattern;

/// One key of a condition block: operator, key and the values of which one must fit.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub(super) operator: Operator,
    pub(super) key: String,
    pub(super) values: Vec<Pattern>,
}

impl Condition {
    /// A key that a request does not have fails its condition, unless the operator ends in `IfExists` or is negated;
    /// with `ForAllValues` it holds, with `ForAnyValue` it fails.
    pub(super) fn holds(&self, context: &Context) -> bool {
        let operator = self.operator;
        let actual = Vec::from_iter(context.values(&self.key));
        if operator.comparison == Comparison::Null {
            let missing = actual.is_empty().to_string();
            return self.values.iter().any(|wanted| wanted.text() == missing);
        }
        if actual.is_empty() && operator.if_exists {
            return true;
        }
        let mut actual = actual.into_iter();
        let holds = |value: &str| {
            self.values.iter().any(|it| self.fits(it, value, context)) != operator.negated
        };
        match operator.quantifier {
            Some(Quantifier::ForAllValues) => actual.all(holds),
            Some(Quantifier::ForAnyValue) => actual.any(holds),
            None => match actual.next() {
                None => operator.negated,
                Some(value) => holds(value) || actual.any(holds),
            },
        }
    }

    fn fits(&self, wanted: &Pattern, actual: &str, context: &Context) -> bool {
        let compare = |wanted: Option<f64>, actual: Option<f64>, order: Order| {
            { wanted.zip(actual) }.is_some_and(|(wanted, actual)| order.holds(actual, wanted))
        };
        let literal = |any_case: bool| {
            let wanted = wanted.resolved(context);
            wanted.is_some_and(|wanted| match any_case {
                true => wanted.to_lowercase() == actual.to_lowercase(),
                false => wanted == actual,
            })
        };
        match self.operator.comparison {
            Comparison::StringEquals | Comparison::Binary => literal(false),
            Comparison::StringEqualsIgnoreCase => literal(true),
            Comparison::Bool => wanted.text().eq_ignore_ascii_case(actual),
            Comparison::StringLike => wanted.matches(actual, context),
            Comparison::Arn => wanted.matches_arn(actual, context),
            Comparison::Numeric(order) => compare(number(wanted.text()), number(actual), order),
            Comparison::Date(order) => compare(date(wanted.text()), date(actual), order),
            Comparison::IpAddress => {
                let block = Block::parse(wanted.text());
                { block.zip(actual.parse().ok()) }.is_some_and(|(block, it)| block.contains(it))
            }
            Comparison::Null => false,
        }
    }
}
