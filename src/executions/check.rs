//! A run against what a test expects. Pure.

use std::time::Duration;

use super::calls::check_calls;
use super::compare::{diff, difference};
use super::mismatch::{Expectation, Mismatch, NO_HISTORY, of_lines, sentence};
use super::run::Run;
use super::status::Status;
use crate::config::{Expect, Written};
use crate::report::style::duration;

/// Everything in which the run differs from what is expected. `top_level` are the names of the
/// states that are not inside of others: these make the path.
pub fn check(run: &Run, expect: &Expect, top_level: &[String]) -> Vec<Mismatch> {
    if !run.status.is_ended() {
        return vec![still_running(run, expect)];
    }
    let mut mismatches: Vec<Mismatch> = [
        check_status(run, expect),
        check_path(run, expect, top_level),
        check_output(run, expect),
        check_error(run, expect),
        check_cause(run, expect),
    ]
    .into_iter()
    .flatten()
    .collect();
    let retries = expect.retries.iter();
    mismatches.extend(retries.filter_map(|(state, retries)| check_retries(run, state, retries)));
    mismatches.extend(check_calls(run, &expect.calls));
    mismatches.extend(check_duration(run, expect));
    mismatches
}

/// Nobody watches it any longer, so nothing else can be said of it.
fn still_running(run: &Run, expect: &Expect) -> Mismatch {
    let state = run.failed_state();
    let state = state.map(|state| format!(" in state `{}`", state.name));
    let state = state.unwrap_or_default();
    match &expect.max_duration {
        Some(Written { value, line }) => {
            let longest = duration(*value);
            let detail = format!("expected at most {longest}, still running{state}");
            sentence(Expectation::MaxDuration, *line, detail)
        }
        None => {
            let detail = format!(
                "still running{state}, and no longer watched; if it may take longer, set `max-duration`"
            );
            sentence(Expectation::MaxDuration, expect.line, detail)
        }
    }
}

fn check_status(run: &Run, expect: &Expect) -> Option<Mismatch> {
    let Written { value, line } = expect.status;
    (run.status != Status::Ended(value)).then(|| {
        let detail = expected(value.as_str(), run.status.as_str());
        sentence(Expectation::Status, line, detail)
    })
}

fn expected(expected: &str, found: &str) -> String {
    format!("expected {expected}, got {found}")
}

/// A state a line, so that a diff shows where the paths part.
fn check_path(run: &Run, expect: &Expect, top_level: &[String]) -> Option<Mismatch> {
    let Written { value, line } = expect.path.as_ref()?;
    let Some(history) = &run.history else {
        return Some(sentence(Expectation::Path, *line, NO_HISTORY));
    };
    let path = history.path(top_level);
    let detail = || diff(&lines(value.iter()), &lines(path.iter()));
    (path != *value).then(|| of_lines(Expectation::Path, *line, detail()))
}

fn lines(names: impl Iterator<Item = impl std::fmt::Display>) -> String {
    names.map(|name| format!("{name}\n")).collect()
}

/// An execution that should have succeeded and did not has no output, which needs no mention.
fn check_output(run: &Run, expect: &Expect) -> Option<Mismatch> {
    let Written { value, line } = expect.output.as_ref()?;
    let Some(output) = &run.output else {
        let as_expected = run.status == Status::Ended(expect.status.value);
        let detail = "the execution has no output";
        return as_expected.then(|| sentence(Expectation::Output, *line, detail));
    };
    Some(of_lines(
        Expectation::Output,
        *line,
        difference(value, output)?,
    ))
}

fn check_error(run: &Run, expect: &Expect) -> Option<Mismatch> {
    let Written { value, line } = expect.error.as_ref()?;
    let found = run.error.as_deref();
    let detail = || expected(value, found.unwrap_or("none"));
    (found != Some(value)).then(|| sentence(Expectation::Error, *line, detail()))
}

fn check_cause(run: &Run, expect: &Expect) -> Option<Mismatch> {
    let Written { value, line } = expect.cause.as_ref()?;
    let cause = run.cause.as_deref().unwrap_or_default();
    let found = match cause {
        "" => "none".to_owned(),
        cause => format!("`{cause}`"),
    };
    let detail = || format!("expected a match of `{}`, got {found}", value.as_str());
    (!value.is_match(cause)).then(|| sentence(Expectation::Cause, *line, detail()))
}

fn check_retries(run: &Run, state: &str, expected: &Written<u32>) -> Option<Mismatch> {
    let Written { value, line } = expected;
    let found = run.history.as_ref().map(|h| h.retries_of(state));
    let detail = match found {
        Some(Some(found)) if found == *value as usize => return None,
        Some(Some(found)) => format!("expected {value}, got {found}"),
        Some(None) => format!("expected {value}, but the state was not entered"),
        None => NO_HISTORY.to_owned(),
    };
    let what = Expectation::Retries(state.to_owned());
    Some(sentence(what, *line, detail))
}

fn check_duration(run: &Run, expect: &Expect) -> Option<Mismatch> {
    let Written { value, line } = expect.max_duration.as_ref()?;
    let took: Duration = run.duration();
    let detail = || {
        format!(
            "expected at most {}, took {}",
            duration(*value),
            duration(took)
        )
    };
    (took > *value).then(|| sentence(Expectation::MaxDuration, *line, detail()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::config::ExecutionStatus;
    use crate::executions::StateKind;
    use crate::executions::history::{History, tests::entered};

    fn run(states: &[&str], output: Value) -> Run {
        let mut history = History::default();
        for (id, state) in (1..).zip(states) {
            history.take(entered(id, 0, state, StateKind::Pass));
        }
        Run {
            output: Some(output),
            history: Some(history),
            ..Run::sample(Status::Ended(ExecutionStatus::Succeeded))
        }
    }

    fn at<T>(line: usize, value: T) -> Written<T> {
        Written { value, line }
    }

    fn expect() -> Expect {
        Expect::success(1)
    }

    #[test]
    fn an_output_may_hold_more_than_is_expected_and_not_less() {
        let run = run(
            &[],
            json!({"a": {"b": 1, "c": 2}, "d": [1, {"e": 2, "f": 3}]}),
        );
        let expect = Expect {
            output: Some(at(5, json!({"a": {"b": 1.0}, "d": [1, {"e": 2}]}))),
            ..expect()
        };
        assert_eq!(check(&run, &expect, &[]), []);
        let expect = Expect {
            output: Some(at(5, json!({"a": {"b": 1}, "d": [1]}))),
            ..expect
        };
        assert_eq!(check(&run, &expect, &[]).len(), 1);
    }

    #[test]
    fn the_difference_of_an_output_shows_only_what_was_asked_for() {
        let run = run(&[], json!({"id": "tx-1", "status": "DECLINED", "noise": 1}));
        let expect = Expect {
            output: Some(at(5, json!({"id": "tx-1", "status": "AUTHORIZED"}))),
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
            path: Some(at(3, vec!["A".to_owned(), "B".to_owned()])),
            ..expect()
        };
        let top_level = ["A", "B"].map(str::to_owned);
        assert_eq!(check(&run, &expect, &top_level), []);
        let expect = Expect {
            path: Some(at(3, vec!["B".to_owned()])),
            ..expect
        };
        assert_eq!(check(&run, &expect, &top_level)[0].detail, "+ A\n  B");
    }

    #[test]
    fn a_state_that_was_never_entered_has_not_even_no_retries() {
        let run = run(&["A"], json!(null));
        let retries = [("B".to_owned(), at(7, 0))].into();
        let expect = Expect {
            retries,
            ..expect()
        };
        assert_eq!(check(&run, &expect, &[]).len(), 1);
    }
}
