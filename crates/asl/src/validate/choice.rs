//! The rules of a Choice state.

use serde_json::{Map, Value};

use super::at::At;
use super::checker::{CheckContext, Checker};
use super::fields::COMMENT;
use super::report::Mark;
use super::schema::{Field, Kind, Reference, Rule, Shape, both, jsonata, jsonpath};

pub(super) static CHOICE_RULE: Shape = Shape {
    fields: &[
        &COMPARISON,
        OPERATORS,
        &[
            jsonata("Condition", Kind::Condition),
            both("Next", Kind::StateName),
            both("Assign", Kind::Assign),
            jsonata("Output", Kind::Template),
        ],
    ],
    rules: &[Rule::Required(&["Next"])],
    also: Some(one_comparison),
};

/// A rule inside `And`, `Or` or `Not`, which has no transition.
static NESTED_RULE: Shape = Shape {
    fields: &[&COMPARISON, OPERATORS],
    rules: &[],
    also: Some(one_comparison),
};

// A static, because nested rules are recursive: a constant would have to contain itself.
static COMPARISON: [Field; 5] = [
    COMMENT,
    jsonpath("Variable", VARIABLE),
    jsonpath("And", Kind::List(&NESTED_RULE)),
    jsonpath("Or", Kind::List(&NESTED_RULE)),
    jsonpath("Not", Kind::Object(&NESTED_RULE)),
];

const VARIABLE: Kind = Kind::ReferencePath(Reference {
    null: false,
    context: true,
    variable: true,
});

const NUMBER: Kind = Kind::Decimal {
    min: f64::MIN,
    max: f64::MAX,
    expression: false,
};

const OPERATORS: &[Field] = &[
    jsonpath("StringEquals", Kind::TextOrPath),
    jsonpath("StringEqualsPath", VARIABLE),
    jsonpath("StringLessThan", Kind::TextOrPath),
    jsonpath("StringLessThanPath", VARIABLE),
    jsonpath("StringGreaterThan", Kind::TextOrPath),
    jsonpath("StringGreaterThanPath", VARIABLE),
    jsonpath("StringLessThanEquals", Kind::TextOrPath),
    jsonpath("StringLessThanEqualsPath", VARIABLE),
    jsonpath("StringGreaterThanEquals", Kind::TextOrPath),
    jsonpath("StringGreaterThanEqualsPath", VARIABLE),
    jsonpath("StringMatches", Kind::Text),
    jsonpath("NumericEquals", NUMBER),
    jsonpath("NumericEqualsPath", VARIABLE),
    jsonpath("NumericLessThan", NUMBER),
    jsonpath("NumericLessThanPath", VARIABLE),
    jsonpath("NumericGreaterThan", NUMBER),
    jsonpath("NumericGreaterThanPath", VARIABLE),
    jsonpath("NumericLessThanEquals", NUMBER),
    jsonpath("NumericLessThanEqualsPath", VARIABLE),
    jsonpath("NumericGreaterThanEquals", NUMBER),
    jsonpath("NumericGreaterThanEqualsPath", VARIABLE),
    jsonpath("BooleanEquals", Kind::Boolean),
    jsonpath("BooleanEqualsPath", VARIABLE),
    jsonpath("TimestampEquals", Kind::Timestamp),
    jsonpath("TimestampEqualsPath", VARIABLE),
    jsonpath("TimestampLessThan", Kind::Timestamp),
    jsonpath("TimestampLessThanPath", VARIABLE),
    jsonpath("TimestampGreaterThan", Kind::Timestamp),
    jsonpath("TimestampGreaterThanPath", VARIABLE),
    jsonpath("TimestampLessThanEquals", Kind::Timestamp),
    jsonpath("TimestampLessThanEqualsPath", VARIABLE),
    jsonpath("TimestampGreaterThanEquals", Kind::Timestamp),
    jsonpath("TimestampGreaterThanEqualsPath", VARIABLE),
    jsonpath("IsNull", Kind::Boolean),
    jsonpath("IsPresent", Kind::Boolean),
    jsonpath("IsNumeric", Kind::Boolean),
    jsonpath("IsString", Kind::Boolean),
    jsonpath("IsBoolean", Kind::Boolean),
    jsonpath("IsTimestamp", Kind::Boolean),
];

const SELECTORS: &[&str] = &["And", "Or", "Not", "Variable", "Condition"];

fn one_comparison(
    checker: &mut Checker<'_>,
    rule: &Map<String, Value>,
    at: &At<'_>,
    _: CheckContext,
) {
    let selectors = SELECTORS.iter().filter(|name| rule.contains_key(**name));
    if selectors.count() != 1 {
        let message = format!(
            "The object must have only one of the following fields, [{}]",
            SELECTORS.join(", ")
        );
        checker.report.schema(at, Mark::Value, message);
        return;
    }
    let operators = OPERATORS
        .iter()
        .filter(|field| rule.contains_key(field.name));
    let operators = operators.count();
    if rule.contains_key("Variable") && operators != 1 {
        let names: Vec<&str> = OPERATORS.iter().map(|field| field.name).collect();
        let opening = if operators == 0 {
            "This object should have only one of the following fields"
        } else {
            "There should only be one of the following fields"
        };
        let message = format!("{opening}: [{}]", names.join(", "));
        checker.report.schema(at, Mark::Value, message);
    }
}
