//! A rule of a `Choice` state as a few words.

use serde_json::Value;

/// The author's own words if there are some, else the condition: `$.type = "REFUND"`.
pub(super) fn rule(rule: &Value) -> String {
    match rule.get("Comment").and_then(Value::as_str) {
        Some(comment) if !comment.trim().is_empty() => comment.trim().to_owned(),
        _ => condition(rule),
    }
}

/// What stands inside the `{% %}` of JSONata; other text as it is.
pub(super) fn expression(text: &str) -> &str {
    let inner = text.trim().strip_prefix("{%");
    let inner = inner.and_then(|inner| inner.strip_suffix("%}"));
    inner.unwrap_or(text).trim()
}

fn condition(rule: &Value) -> String {
    if let Some(condition) = rule.get("Condition") {
        return match condition.as_str() {
            Some(text) => expression(text).to_owned(),
            None => condition.to_string(),
        };
    }
    for (key, word) in [("And", " and "), ("Or", " or ")] {
        if let Some(parts) = rule.get(key).and_then(Value::as_array) {
            let parts: Vec<String> = parts.iter().map(nested).collect();
            return parts.join(word);
        }
    }
    if let Some(inner) = rule.get("Not") {
        return format!("not {}", nested(inner));
    }
    let variable = rule.get("Variable").and_then(Value::as_str);
    let variable = variable.unwrap_or_default();
    let mut members = rule.as_object().into_iter().flatten();
    match members.find(|(key, _)| !["Variable", "Next", "Comment"].contains(&key.as_str())) {
        Some((operator, operand)) => comparison(variable, operator, operand),
        None => variable.to_owned(),
    }
}

fn nested(rule: &Value) -> String {
    let compound = ["And", "Or", "Not"]
        .iter()
        .any(|key| rule.get(key).is_some());
    if compound {
        format!("({})", condition(rule))
    } else {
        condition(rule)
    }
}

fn comparison(variable: &str, operator: &str, operand: &Value) -> String {
    if let Some(what) = operator.strip_prefix("Is") {
        let not = if *operand == Value::Bool(false) {
            "not "
        } else {
            ""
        };
        return format!("{variable} is {not}{}", what.to_lowercase());
    }
    let (operator, operand) = match operator.strip_suffix("Path") {
        Some(operator) => (operator, operand.as_str().unwrap_or_default().to_owned()),
        None => (operator, operand.to_string()),
    };
    const WORDS: [(&str, &str); 6] = [
        ("GreaterThanEquals", "≥"),
        ("LessThanEquals", "≤"),
        ("GreaterThan", ">"),
        ("LessThan", "<"),
        ("Equals", "="),
        ("Matches", "matches"),
    ];
    let word = WORDS.iter().find(|(end, _)| operator.ends_with(end));
    let word = word.map_or(operator, |(_, word)| word);
    format!("{variable} {word} {operand}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_condition_reads_as_one_would_say_it() {
        let said = [
            (
                json!({"Variable": "$.type", "StringEquals": "REFUND", "Next": "A"}),
                r#"$.type = "REFUND""#,
            ),
            (
                json!({"Variable": "$.n", "NumericLessThanEqualsPath": "$.m"}),
                "$.n ≤ $.m",
            ),
            (
                json!({"Variable": "$.n", "NumericGreaterThan": 2}),
                "$.n > 2",
            ),
            (
                json!({"Variable": "$.n", "IsPresent": false}),
                "$.n is not present",
            ),
            (
                json!({"Variable": "$.n", "StringMatches": "a*"}),
                r#"$.n matches "a*""#,
            ),
            (json!({"Condition": "{% $n > 1 %}", "Next": "A"}), "$n > 1"),
            (
                json!({"Not": {"And": [{"Variable": "$.a", "IsNull": true}, {"Variable": "$.b", "BooleanEquals": true}]}}),
                "not ($.a is null and $.b = true)",
            ),
            (
                json!({"Comment": " a large order ", "Condition": "{% $n > 1 %}"}),
                "a large order",
            ),
        ];
        for (given, expected) in said {
            assert_eq!(rule(&given), expected);
        }
    }

    #[test]
    fn what_is_not_a_rule_stops_nothing() {
        for odd in [
            json!(null),
            json!({}),
            json!({"And": 1}),
            json!({"Condition": true}),
        ] {
            let _ = rule(&odd);
        }
    }
}
