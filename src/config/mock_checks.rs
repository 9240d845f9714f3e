//! Mocks and answers that can never be used, or that no service returns. A test with one would say something that it does not
//! test.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;
use txflow_asl::definition::Resource;
use txflow_asl::test_state::{FieldValidationMode, check_result};
use txflow_asl::walk::{PlacedState, placed_states};

use super::Definition;
use super::findings::Findings;
use super::test_keys::{Mock, MockAnswer, Test};

/// How often a retrier tries if it does not say.
const MAX_ATTEMPTS: u64 = 3;

/// Checks the mocks of a test. States that do not exist are found elsewhere.
pub(super) fn check(test: &str, keys: &Test, definition: &Definition, findings: &mut Findings) {
    if keys.mock.entries.is_empty() {
        return;
    }
    let states = placed_states(&definition.template);
    for mock in &keys.mock.entries {
        let name = mock.name.as_str();
        let state = { states.iter() }.find(|state| state.names.last() == Some(&name));
        let (Some(state), Some(Mock(answers))) = (state, &mock.value) else {
            continue;
        };
        let place = (name, mock.at.clone());
        if let Some(unused) = wrong_kind(state.value, answers) {
            unused.report((test, "mocks"), place, findings);
            continue;
        }
        if let Some(problem) = impossible(state.value, answers) {
            let message = format!(
                "the test `{test}` mocks a result of `{name}` that its service never returns"
            );
            findings.error("impossible-mock", mock.at.clone(), message, problem);
        }
        check_attempts((test, "mocks"), place, answers, &states, findings);
    }
}

/// Finds what a test says of an attempt of a state that is never made. `verb` is what it does with the attempt, and `at`
/// where it says so.
pub(super) fn check_attempts(
    (test, verb): (&str, &str),
    (name, at): (&str, Range<usize>),
    answers: &[MockAnswer],
    states: &[PlacedState<'_>],
    findings: &mut Findings,
) {
    let state = states
        .iter()
        .find(|state| state.names.last() == Some(&name));
    let runs_once = |state: &&PlacedState<'_>| state.names.len() == 1 && !runs_again(states, name);
    if let Some(unused) = state
        .filter(runs_once)
        .and_then(|state| superfluous(state.value, answers))
    {
        unused.report((test, verb), (name, at), findings);
    }
}

struct Unused {
    what: String,
    hint: String,
}

impl Unused {
    fn report(
        self,
        (test, verb): (&str, &str),
        (name, at): (&str, Range<usize>),
        findings: &mut Findings,
    ) {
        let what = self.what;
        let message = format!("the test `{test}` {verb} {what} of `{name}`, which is never used");
        findings.error("unused-mock", at, message, self.hint);
    }
}

/// A Task calls something. Of a `Map` state only what its reader reads can be mocked.
fn wrong_kind(state: &Value, answers: &[MockAnswer]) -> Option<Unused> {
    let kind = state["Type"].as_str().unwrap_or_default();
    // What is not known yet is not judged.
    if kind.is_empty() || kind.contains("${") {
        return None;
    }
    let reads = kind == "Map" && state.get("ItemReader").is_some();
    let items = { answers.iter() }.any(|answer| matches!(answer, MockAnswer::Items(_)));
    let hint = match (kind, reads, items) {
        ("Task", _, false) | ("Map", true, _) => return None,
        ("Task", ..) => "a Task has a `result` or an `error`; `items` are what a `Map` state reads".to_owned(),
        ("Map", false, _) => "only a `Map` state with an `ItemReader` reads something that can be mocked; mock the states inside of it".to_owned(),
        _ => format!("a {kind} state calls nothing; only Tasks do, and `Map` states with an `ItemReader`"),
    };
    Some(Unused {
        what: "the response".to_owned(),
        hint,
    })
}

/// Why a result cannot be one of the service that a Task calls, as `TestState` checks it. What a test leaves out is no
/// problem.
fn impossible(state: &Value, answers: &[MockAnswer]) -> Option<String> {
    let resource = Resource::parse(state["Resource"].as_str()?);
    // What a function returns is put into the response of Lambda's API.
    if resource.answers_with_payload() {
        return None;
    }
    answers.iter().find_map(|answer| match answer {
        MockAnswer::Result(result) => {
            let refused = check_result(&resource, result, FieldValidationMode::Present).err()?;
            let (_, problem) = refused.split_once(": ").unwrap_or(("", &refused));
            Some(problem.to_owned())
        }
        MockAnswer::Error { .. } | MockAnswer::Items(_) => None,
    })
}

/// Whether an execution may come to a state a second time, by its transitions.
fn runs_again(states: &[PlacedState<'_>], name: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut ahead = vec![name];
    while let Some(next) = ahead.pop() {
        let state = states.iter().find(|state| state.names == [next]);
        for next in state.into_iter().flat_map(|state| transitions(state.value)) {
            if next == name {
                return true;
            }
            if seen.insert(next) {
                ahead.push(next);
            }
        }
    }
    false
}

fn transitions(state: &Value) -> impl Iterator<Item = &str> {
    let rules = ["Choices", "Catch"].into_iter();
    let rules = rules
        .filter_map(|field| state.get(field)?.as_array())
        .flatten();
    let of_rules = rules.filter_map(|rule| rule.get("Next"));
    let own = ["Next", "Default"]
        .into_iter()
        .filter_map(|field| state.get(field));
    of_rules.chain(own).filter_map(Value::as_str)
}

/// The first response behind the last attempt that a state can make, if it is entered once.
fn superfluous(state: &Value, answers: &[MockAnswer]) -> Option<Unused> {
    let retriers = retriers(state)?;
    let mut retried = vec![0; retriers.len()];
    let last = answers.len().checked_sub(1)?;
    for (attempt, answer) in (1..).zip(&answers[..last]) {
        let hint = match answer {
            // What is made of the result may fail, and be retried.
            MockAnswer::Result(_) | MockAnswer::Items(_) if makes_something(state) => return None,
            MockAnswer::Result(_) | MockAnswer::Items(_) => {
                format!("the state succeeds with the response to attempt {attempt}")
            }
            MockAnswer::Error { error, .. } => {
                match retriers.iter().position(|retrier| retrier.takes(error)) {
                    Some(at) if retried[at] < retriers[at].max_attempts => {
                        retried[at] += 1;
                        continue;
                    }
                    Some(_) => {
                        format!("the `Retry` for `{error}` gives up after attempt {attempt}")
                    }
                    None => format!("no `Retry` of the state is for the error `{error}`"),
                }
            }
        };
        return Some(Unused {
            what: format!("attempt {}", attempt + 1),
            hint,
        });
    }
    None
}

fn makes_something(state: &Value) -> bool {
    let fields = [
        "ResultSelector",
        "ResultPath",
        "OutputPath",
        "Output",
        "Assign",
    ];
    fields.iter().any(|field| state.get(field).is_some())
}

struct Retrier<'a> {
    errors: Vec<&'a str>,
    max_attempts: u64,
}

impl Retrier<'_> {
    fn takes(&self, error: &str) -> bool {
        self.errors.iter().any(|taken| match *taken {
            "States.ALL" => !matches!(error, "States.Runtime" | "States.DataLimitExceeded"),
            "States.TaskFailed" => error != "States.Timeout",
            taken => taken == error,
        })
    }
}

/// `None` if placeholders keep them unknown.
fn retriers(state: &Value) -> Option<Vec<Retrier<'_>>> {
    let Some(retry) = state.get("Retry") else {
        return Some(Vec::new());
    };
    let retriers = retry.as_array()?.iter().map(|retrier| {
        let errors = retrier.get("ErrorEquals")?.as_array()?.iter();
        let errors: Option<Vec<&str>> = errors
            .map(|error| error.as_str().filter(|error| !error.contains("${")))
            .collect();
        Some(Retrier {
            errors: errors?,
            max_attempts: match retrier.get("MaxAttempts") {
                Some(attempts) => attempts.as_u64()?,
                None => MAX_ATTEMPTS,
            },
        })
    });
    retriers.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(error: &str) -> MockAnswer {
        MockAnswer::Error {
            error: error.to_owned(),
            cause: None,
        }
    }

    fn result() -> MockAnswer {
        MockAnswer::Result(json!(1))
    }

    fn what(state: &Value, answers: &[MockAnswer]) -> Option<String> {
        superfluous(state, answers).map(|unused| unused.what)
    }

    #[test]
    fn a_response_behind_the_last_attempt_is_never_used() {
        let retry = json!({ "Retry": [
            { "ErrorEquals": ["Busy"], "MaxAttempts": 1 },
            { "ErrorEquals": ["States.ALL"] },
        ]});
        let plain = json!({});
        let second = Some("attempt 2".to_owned());
        assert_eq!(what(&plain, &[error("A")]), None);
        assert_eq!(what(&plain, &[error("A"), result()]), second);
        assert_eq!(what(&plain, &[result(), result()]), second);
        assert_eq!(what(&retry, &[error("Busy"), result()]), None);
        let twice = [error("Busy"), error("Busy"), result()];
        assert_eq!(what(&retry, &twice), Some("attempt 3".to_owned()));
        let mixed = [error("Busy"), error("A"), error("A"), error("A"), result()];
        assert_eq!(what(&retry, &mixed), None);
        assert_eq!(what(&retry, &[error("States.Runtime"), result()]), second);
        let unknown = json!({ "Retry": [{ "ErrorEquals": ["${error}"] }] });
        assert_eq!(what(&unknown, &[error("A"), result()]), None);
        let selects = json!({ "ResultSelector": {} });
        assert_eq!(what(&selects, &[result(), result()]), None);
    }

    #[test]
    fn a_state_in_a_loop_runs_again() {
        let definition = json!({ "States": {
            "Ask": { "Type": "Task", "Next": "Done?" },
            "Done?": { "Type": "Choice", "Choices": [{ "Next": "End" }], "Default": "Ask" },
            "End": { "Type": "Task", "Catch": [{ "Next": "Fail" }] },
            "Fail": { "Type": "Fail" },
        }});
        let states = placed_states(&definition);
        assert!(runs_again(&states, "Ask"));
        assert!(!runs_again(&states, "End"));
    }

    #[test]
    fn only_what_calls_or_reads_something_can_be_mocked() {
        let kind = |state: Value, answer: MockAnswer| wrong_kind(&state, &[answer]).is_some();
        let items = || MockAnswer::Items(json!([1]));
        assert!(!kind(json!({ "Type": "Task" }), result()));
        assert!(kind(json!({ "Type": "Task" }), items()));
        assert!(kind(json!({ "Type": "Choice" }), result()));
        assert!(kind(json!({ "Type": "Map" }), items()));
        assert!(!kind(json!({ "Type": "Map", "ItemReader": {} }), items()));
        assert!(!kind(
            json!({ "Type": "Map", "ItemReader": {} }),
            error("S3.NoSuchKey")
        ));
    }
}
