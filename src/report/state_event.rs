//! What `--json` says of a state of an execution.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::style::seconds;
use crate::executions::StateChange;

/// Which state it is.
#[derive(Serialize, JsonSchema)]
pub(super) struct StateName<'a> {
    state: &'a str,
    /// Which item of the `Map` state around it, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<i32>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct FailedAttempt<'a> {
    #[serde(flatten)]
    state: StateName<'a>,
    /// From 1; 0 if it failed outside of any attempt.
    attempt: usize,
    error: &'a str,
    cause: &'a str,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Retry<'a> {
    #[serde(flatten)]
    state: StateName<'a>,
    attempt: usize,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct StateExit<'a> {
    #[serde(flatten)]
    state: StateName<'a>,
    #[serde(rename = "seconds", serialize_with = "seconds")]
    #[schemars(with = "f64")]
    elapsed: Duration,
    retries: usize,
}

impl<'a> StateName<'a> {
    fn of(change: &'a StateChange) -> Self {
        Self {
            state: &change.state.name,
            item: change.state.iteration,
        }
    }
}

pub(super) fn entered<S: Serializer>(
    change: &StateChange,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    StateName::of(change).serialize(serializer)
}

pub(super) fn attempt_failed<S: Serializer>(
    change: &StateChange,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let failure = change.state.failure();
    let failed = FailedAttempt {
        state: StateName::of(change),
        attempt: change.state.attempts.len(),
        error: failure.map_or("", |failure| &failure.error),
        cause: failure.map_or("", |failure| &failure.cause),
    };
    failed.serialize(serializer)
}

pub(super) fn retried<S: Serializer>(
    change: &StateChange,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let retry = Retry {
        state: StateName::of(change),
        attempt: change.state.attempts.len(),
    };
    retry.serialize(serializer)
}

pub(super) fn exited<S: Serializer>(
    change: &StateChange,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let exit = StateExit {
        state: StateName::of(change),
        elapsed: change.state.duration(),
        retries: change.state.retries(),
    };
    exit.serialize(serializer)
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use crate::executions::{
        Attempt, Failure, Outcome, StateChange, StateEvent, StateKind, StateRun,
    };
    use crate::report::Event;
    use crate::report::lines::line;
    use crate::report::style::since_1970;

    /// A change of the state `Buy`, whose attempts failed with these errors, or did not if one is empty.
    pub fn change(event: StateEvent, errors: &[&str]) -> StateChange {
        let failure = |error: &str| {
            (!error.is_empty()).then(|| Failure {
                error: error.to_owned(),
                cause: "none left".to_owned(),
            })
        };
        let attempts = errors.iter().map(|error| Attempt {
            submitted: false,
            execution_arn: None,
            scheduled: since_1970(10.0),
            ended: Some(since_1970(11.0)),
            failure: failure(error),
            call: None,
            function_arn: None,
            request_id: None,
        });
        StateChange {
            event,
            index: 0,
            state: StateRun {
                name: "Buy".to_owned(),
                kind: StateKind::Task,
                parent: None,
                iteration: Some(3),
                entered: since_1970(10.0),
                exited: Some(since_1970(11.5)),
                input: None,
                output: None,
                attempts: attempts.collect(),
                failure: None,
                map_run: None,
            },
            outcome: Outcome::Succeeded,
        }
    }

    #[test]
    fn each_event_of_a_test_has_its_line_and_its_json() {
        let elapsed = Duration::from_millis(1500);
        let events: Vec<(Event, Option<&str>, Value)> = vec![
            (
                Event::TestsStarted {
                    tests: vec!["BUY".to_owned()],
                },
                None,
                json!({ "event": "tests-started", "tests": ["BUY"] }),
            ),
            (
                Event::TestStarted {
                    test: "BUY".to_owned(),
                },
                None,
                json!({ "event": "test-started", "test": "BUY" }),
            ),
            (
                Event::of_state("BUY", change(StateEvent::Entered, &[])),
                None,
                json!({ "event": "state-entered", "test": "BUY", "state": "Buy", "item": 3 }),
            ),
            (
                Event::of_state(
                    "BUY",
                    change(StateEvent::AttemptFailed, &["Busy", "OutOfStock"]),
                ),
                Some("         BUY Buy (item 3) (attempt 2): OutOfStock: none left"),
                json!({
                    "event": "attempt-failed",
                    "test": "BUY",
                    "state": "Buy",
                    "item": 3,
                    "attempt": 2,
                    "error": "OutOfStock",
                    "cause": "none left",
                }),
            ),
            (
                Event::of_state("BUY", change(StateEvent::Retried, &["Busy", ""])),
                Some("         BUY Buy (item 3) tried again, attempt 2"),
                json!({
                    "event": "state-retried",
                    "test": "BUY",
                    "state": "Buy",
                    "item": 3,
                    "attempt": 2,
                }),
            ),
            (
                Event::of_state("BUY", change(StateEvent::Exited, &["Busy", "Busy", ""])),
                Some("         BUY Buy (item 3) 1.50 s, 2 retries"),
                json!({
                    "event": "state-exited",
                    "test": "BUY",
                    "state": "Buy",
                    "item": 3,
                    "seconds": 1.5,
                    "retries": 2,
                }),
            ),
            (
                Event::TestRepeated {
                    test: "BUY".to_owned(),
                },
                Some("     Running test BUY once more: a policy was not in force yet"),
                json!({ "event": "test-repeated", "test": "BUY" }),
            ),
            (
                Event::TestFinished {
                    test: "BUY".to_owned(),
                    passed: false,
                    elapsed,
                    status: None,
                },
                None,
                json!({ "event": "test-finished", "test": "BUY", "passed": false, "seconds": 1.5 }),
            ),
            (
                Event::TestsFinished,
                None,
                json!({ "event": "tests-finished" }),
            ),
        ];
        for (event, text, data) in events {
            let line = line(&event);
            let line = line.map(|line| crate::world::plain(&line));
            assert_eq!(line.as_deref(), text);
            assert_eq!(serde_json::to_value(&event).unwrap(), data);
        }
    }
}
