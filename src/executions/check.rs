//! A run against what a test expects. Pure.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::run::{Run, Status};
use crate::config::Expect;

/// One expectation that was not met.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Mismatch {
    /// What was looked at, such as `output`.
    pub what: String,
    /// A sentence, or a diff of several lines.
    pub detail: String,
}

/// Everything in which the run differs from what is expected. `top_level` are the names of the
/// states that are not inside of others: these make the path.
pub fn check(run: &Run, expect: &Expect, top_level: &[String]) -> Vec<Mismatch> {
    let mut mismatches = Vec::new();
    let mut differs = |what: &str, detail: String| {
        mismatches.push(Mismatch {
            what: what.to_owned(),
            detail,
        });
    };
    if run.status != Status::Ended(expect.status) {
        differs(
            "status",
            expected(expect.status.as_str(), run.status.as_str()),
        );
    }
    if let Some(path) = &expect.path
        && let Some(detail) = check_path(run, path, top_level)
    {
        differs("path", detail);
    }
    // The output of an execution that should have succeeded and did not is no news.
    if let Some(output) = &expect.output
        && (run.status == Status::Ended(expect.status) || run.output.is_some())
        && let Some(detail) = check_output(run.output.as_ref(), output)
    {
        differs("output", detail);
    }
    if let Some(error) = &expect.error
        && run.error.as_ref() != Some(error)
    {
        differs(
            "error",
            expected(error, run.error.as_deref().unwrap_or("none")),
        );
    }
    if let Some(pattern) = &expect.cause {
        let cause = run.cause.as_deref().unwrap_or_default();
        if !pattern.is_match(cause) {
            let detail = format!("expected a match of `{}`, got `{cause}`", pattern.as_str());
            differs("cause", detail);
        }
    }
    for (state, retries) in &expect.retries {
        if let Some(detail) = check_retries(run, state, *retries) {
            differs(&format!("retries of `{state}`"), detail);
        }
    }
    if let Some(longest) = expect.max_duration
        && run.duration() > longest
    {
        let detail = format!("expected at most {longest:?}, took {:?}", run.duration());
        differs("duration", detail);
    }
    mismatches
}

fn expected(expected: &str, found: &str) -> String {
    format!("expected {expected}, got {found}")
}

fn check_path(run: &Run, expected: &[String], top_level: &[String]) -> Option<String> {
    let Some(history) = &run.history else {
        return Some("AWS gives no history of an EXPRESS execution".to_owned());
    };
    let names = history.states.iter().map(|state| state.name.as_str());
    let path: Vec<&str> = names
        .filter(|name| top_level.iter().any(|state| state == name))
        .collect();
    (path != expected).then(|| {
        format!(
            "expected {}, got {}",
            expected.join(" → "),
            path.join(" → ")
        )
    })
}

fn check_retries(run: &Run, state: &str, expected: u32) -> Option<String> {
    let Some(history) = &run.history else {
        return Some("AWS gives no history of an EXPRESS execution".to_owned());
    };
    match history.retries_of(state) {
        None => Some(format!(
            "expected {expected}, but the state was not entered"
        )),
        Some(found) if found != expected as usize => {
            Some(format!("expected {expected}, got {found}"))
        }
        Some(_) => None,
    }
}

fn check_output(output: Option<&Value>, expected: &Value) -> Option<String> {
    let Some(output) = output else {
        return Some("the execution has no output".to_owned());
    };
    if is_subset(expected, output) {
        return None;
    }
    // Only what was asked for is compared, so only that is shown.
    let found = restricted(output, expected);
    Some(diff(&format!("{expected:#}\n"), &format!("{found:#}\n")))
}

/// Objects may hold more keys than expected; everything else must be equal.
fn is_subset(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => expected
            .iter()
            .all(|(key, value)| found.get(key).is_some_and(|found| is_subset(value, found))),
        (Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len()
                && expected
                    .iter()
                    .zip(found)
                    .all(|(expected, found)| is_subset(expected, found))
        }
        // 1 and 1.0 are the same number in JSON.
        (Value::Number(expected), Value::Number(found)) => {
            expected == found || expected.as_f64() == found.as_f64()
        }
        _ => expected == found,
    }
}

/// `found` without the keys that `expected` does not name, in the order of `expected`.
fn restricted(found: &Value, expected: &Value) -> Value {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => expected
            .iter()
            .filter_map(|(key, value)| Some((key.clone(), restricted(found.get(key)?, value))))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        (Value::Array(found), Value::Array(expected)) if found.len() == expected.len() => found
            .iter()
            .zip(expected)
            .map(|(found, expected)| restricted(found, expected))
            .collect(),
        _ => found.clone(),
    }
}

/// Lines with `-` are expected and missing, lines with `+` are there instead.
fn diff(expected: &str, found: &str) -> String {
    let diff = TextDiff::from_lines(expected, found);
    let lines = diff.iter_all_changes().map(|change| {
        let sign = match change.tag() {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        format!("{sign} {}", change.value().trim_end_matches('\n'))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::ExecutionStatus;
    use crate::executions::history::{History, tests::entered};

    fn run(states: &[&str], output: Value) -> Run {
        let mut history = History::default();
        for (id, state) in (1..).zip(states) {
            history.take(entered(id, 0, state, "Pass"));
        }
        Run {
            execution_arn: "arn".to_owned(),
            status: Status::Ended(ExecutionStatus::Succeeded),
            input: None,
            output: Some(output),
            error: None,
            cause: None,
            started: 0.0,
            stopped: Some(2.0),
            version_arn: None,
            history: Some(history),
        }
    }

    fn expect() -> Expect {
        Expect {
            status: ExecutionStatus::Succeeded,
            path: None,
            output: None,
            error: None,
            cause: None,
            retries: std::collections::BTreeMap::new(),
            max_duration: None,
            line: 1,
        }
    }

    #[test]
    fn an_output_may_hold_more_than_is_expected_and_not_less() {
        let run = run(
            &[],
            json!({"a": {"b": 1, "c": 2}, "d": [1, {"e": 2, "f": 3}]}),
        );
        let expect = Expect {
            output: Some(json!({"a": {"b": 1.0}, "d": [1, {"e": 2}]})),
            ..expect()
        };
        assert_eq!(check(&run, &expect, &[]), []);
        let expect = Expect {
            output: Some(json!({"a": {"b": 1}, "d": [1]})),
            ..expect
        };
        assert_eq!(check(&run, &expect, &[]).len(), 1);
    }

    #[test]
    fn the_difference_of_an_output_shows_only_what_was_asked_for() {
        let run = run(&[], json!({"id": "tx-1", "status": "DECLINED", "noise": 1}));
        let expect = Expect {
            output: Some(json!({"id": "tx-1", "status": "AUTHORIZED"})),
            ..expect()
        };
        let mismatches = check(&run, &expect, &[]);
        assert_eq!(
            mismatches[0].detail,
            "  {\n    \"id\": \"tx-1\",\n-   \"status\": \"AUTHORIZED\"\n+   \"status\": \"DECLINED\"\n  }"
        );
    }

    #[test]
    fn the_path_is_that_of_the_states_that_are_not_inside_of_others() {
        let run = run(&["A", "Inner", "B"], json!(null));
        let expect = Expect {
            path: Some(vec!["A".to_owned(), "B".to_owned()]),
            ..expect()
        };
        let top_level = ["A", "B"].map(str::to_owned);
        assert_eq!(check(&run, &expect, &top_level), []);
        let expect = Expect {
            path: Some(vec!["B".to_owned()]),
            ..expect
        };
        assert_eq!(
            check(&run, &expect, &top_level)[0].detail,
            "expected B, got A → B"
        );
    }

    #[test]
    fn a_state_that_was_never_entered_has_not_even_no_retries() {
        let run = run(&["A"], json!(null));
        let retries = [("B".to_owned(), 0)].into();
        let expect = Expect {
            retries,
            ..expect()
        };
        assert_eq!(check(&run, &expect, &[]).len(), 1);
    }
}
