//! Answers that nobody could give: the history must show the task token of a state.

use txflow_asl::walk::placed_states;

use super::choices::StateMachineKind;
use super::definition::Definition;
use super::findings::Findings;
use super::mock_checks;
use super::task_token::{self, NoToken};
use super::test_keys::{MockAnswer, TaskAnswer, Test};

/// Checks the answers of a test. States that do not exist are found elsewhere.
pub(super) fn check(
    test: &str,
    keys: &Test,
    kind: StateMachineKind,
    definition: &Definition,
    findings: &mut Findings,
) {
    if keys.answer.entries.is_empty() {
        return;
    }
    let states = placed_states(&definition.template);
    for answer in &keys.answer.entries {
        let name = answer.name.as_str();
        let span = answer.at.clone();
        if kind == StateMachineKind::Express {
            let message = format!("the test `{test}` answers `{name}` of an EXPRESS state machine");
            let hint = "the token is read from the history, and AWS keeps none of an EXPRESS execution; use `mock`";
            findings.error("no-task-token", span, message, hint.to_owned());
            continue;
        }
        if keys.mock.entries.iter().any(|mock| mock.name == name) {
            let message = format!("the test `{test}` has both a mock and an answer for `{name}`");
            let hint =
                "a mocked state hands out no token, so nobody can answer it; keep one of them";
            findings.error("conflict", span, message, hint.to_owned());
            continue;
        }
        match task_token::find(&states, name) {
            None => {}
            Some(Ok(_)) => {
                let answers = answer.value.iter().flat_map(|answers| &answers.0);
                let answers: Vec<MockAnswer> = answers.map(as_mock).collect();
                mock_checks::check_attempts(
                    (test, "answers"),
                    (name, answer.at.clone()),
                    &answers,
                    &states,
                    findings,
                );
            }
            Some(Err(reason)) => {
                let message = format!("the test `{test}` answers `{name}`, which {}", why(reason));
                findings.error("no-task-token", span, message, advice(reason).to_owned());
            }
        }
    }
}

/// A retry does not care who failed the attempt.
fn as_mock(answer: &TaskAnswer) -> MockAnswer {
    match answer.clone() {
        TaskAnswer::Success(output) => MockAnswer::Result(output),
        TaskAnswer::Failure { error, cause } => MockAnswer::Error { error, cause },
    }
}

fn why(reason: NoToken) -> &'static str {
    match reason {
        NoToken::NoTask => "is not a Task",
        NoToken::NotWaiting => "does not wait for a task token",
        NoToken::Distributed => "runs inside a distributed `Map` state",
        NoToken::Nowhere => "hands out no task token",
        NoToken::InText => "hands out its task token only as a part of another value",
    }
}

fn advice(reason: NoToken) -> &'static str {
    match reason {
        NoToken::NoTask => "only Tasks wait for an answer",
        NoToken::NotWaiting => {
            "end its `Resource` in `.waitForTaskToken`, or call an activity; use `mock` for the result of a call"
        }
        NoToken::Distributed => {
            "its token is in the history of an execution of its own, which the test does not watch; use `mock`"
        }
        NoToken::Nowhere => {
            "name it in `Parameters` as `\"taskToken.$\": \"$$.Task.Token\"`, or in `Arguments` as `\"taskToken\": \"{% $states.context.Task.Token %}\"`"
        }
        NoToken::InText => {
            "make the token a value of its own, such as `\"taskToken.$\": \"$$.Task.Token\"`, so that the history shows it"
        }
    }
}
