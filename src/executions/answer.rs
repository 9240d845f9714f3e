//! Plays the one who holds the task tokens of an execution, as its test says.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_sfn::operation::send_task_failure::SendTaskFailureError;
use aws_sdk_sfn::operation::send_task_success::SendTaskSuccessError;
use serde_json::Value;

use super::document::json;
use super::history::{Attempt, History, StateRun, TaskCall};
use super::mismatch::{Expectation, Mismatch, sentence};
use crate::aws::{AtMostOnce, Aws, AwsError, Class, failed};
use crate::config::{TaskAnswer, Written, token_pointer};

/// What the tasks of one execution are answered.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    states: BTreeMap<String, StateAnswers>,
    /// The attempts that were answered, or whose token was refused.
    done: BTreeSet<AttemptId>,
    /// Those whose answer was sent, and perhaps lost.
    uncertain: BTreeSet<AttemptId>,
    refused: Vec<Mismatch>,
}

/// A state and its attempt, by their places in the history.
type AttemptId = (usize, usize);

#[derive(Debug, Clone)]
struct StateAnswers {
    /// Where the parameters hold the token. `None` if the definition does not say it.
    pointer: Option<String>,
    /// For successive attempts, the last one for all after it as well.
    answers: Written<Vec<TaskAnswer>>,
    given: usize,
}

impl Answers {
    /// `answers` are those of a test, by the state's name.
    pub fn new(answers: &BTreeMap<String, Written<Vec<TaskAnswer>>>, definition: &Value) -> Self {
        let states = answers.iter().map(|(state, answers)| {
            let answers = StateAnswers {
                pointer: token_pointer(definition, state),
                answers: answers.clone(),
                given: 0,
            };
            (state.clone(), answers)
        });
        Self {
            states: states.collect(),
            ..Self::default()
        }
    }

    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// Answers each task that waits and was not answered before. Says whether there was one.
    ///
    /// # Errors
    ///
    /// If AWS refuses a call for another reason than its token.
    pub(super) async fn give(&mut self, aws: &Aws, history: &History) -> Result<bool, AwsError> {
        let mut gave = false;
        for (number, state) in history.states.iter().enumerate() {
            let Some(answers) = self.states.get_mut(&state.name) else {
                continue;
            };
            for (attempt, made) in state.attempts.iter().enumerate() {
                let id = (number, attempt);
                if self.done.contains(&id) || !waits(state, made) {
                    continue;
                }
                gave = true;
                let Some(token) = answers.token(made) else {
                    let detail = "the history does not show its task token, so nobody answered";
                    self.done.insert(id);
                    self.refused.push(answers.refused(&state.name, detail));
                    continue;
                };
                match send_answer(aws, &token, answers.next()).await {
                    Ok(()) => {}
                    // It may have arrived: the next look at the history tells.
                    Err(error) if error.class == Class::Unreachable => {
                        self.uncertain.insert(id);
                        continue;
                    }
                    Err(error) if is_refused(&error) => {
                        if !self.uncertain.contains(&id) {
                            let detail = error.to_string();
                            self.refused.push(answers.refused(&state.name, &detail));
                        }
                    }
                    Err(error) => return Err(error),
                }
                answers.given += 1;
                self.done.insert(id);
            }
        }
        Ok(gave)
    }

    /// The answers that were not accepted.
    pub fn refused(self) -> Vec<Mismatch> {
        self.refused
    }
}

/// A task that waits until somebody answers its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingTask {
    /// Its index among the states of the history.
    pub state: usize,
    pub name: String,
    /// `None` if neither the definition nor the history tells it.
    pub token: Option<String>,
}

/// The tasks of an execution that wait, if nothing was answered before.
pub fn waiting(history: &History, definition: &Value) -> Vec<WaitingTask> {
    let states = history.states.iter().enumerate();
    let waiting = states.filter_map(|(index, state)| {
        let attempt = state.attempts.last().filter(|last| waits(state, last))?;
        let pointer = token_pointer(definition, &state.name);
        Some(WaitingTask {
            state: index,
            name: state.name.clone(),
            token: pointer.and_then(|pointer| token_in(attempt, &pointer)),
        })
    });
    waiting.collect()
}

/// What stands for a token, for those who look.
pub const HIDDEN_TOKEN: &str = "(the task token)";

/// The last call of a state, without its token: whoever has that can answer the task.
pub fn shown_call(state: &StateRun, definition: &Value) -> Option<TaskCall> {
    let mut attempts = state.attempts.iter().rev();
    let attempt = attempts.find(|attempt| attempt.call.is_some())?;
    let mut call = attempt.call.clone()?;
    let pointer = token_pointer(definition, &state.name);
    if let Some(token) = pointer.and_then(|pointer| token_in(attempt, &pointer)) {
        call.parameters = call.parameters.replace(&*token, HIDDEN_TOKEN);
    }
    Some(call)
}

fn token_in(attempt: &Attempt, pointer: &str) -> Option<String> {
    let parameters = json(&attempt.call.as_ref()?.parameters);
    parameters.pointer(pointer)?.as_str().map(str::to_owned)
}

fn waits(state: &StateRun, attempt: &Attempt) -> bool {
    state.exited.is_none() && attempt.is_handed_out() && attempt.ended.is_none()
}

impl StateAnswers {
    fn token(&self, attempt: &Attempt) -> Option<String> {
        token_in(attempt, self.pointer.as_ref()?)
    }

    fn next(&self) -> Option<&TaskAnswer> {
        let answers = &self.answers.value;
        answers.get(self.given).or(answers.last())
    }

    fn refused(&self, state: &str, detail: &str) -> Mismatch {
        let what = Expectation::Answer(state.to_owned());
        sentence(what, self.answers.line, detail)
    }
}

/// The token is one of a task that has ended, or of none; or what it is answered is not a result.
fn is_refused(error: &AwsError) -> bool {
    matches!(error.class, Class::NotFound | Class::Other)
}

/// Once: a token that was answered is refused from then on, which must not be taken for somebody else's answer.
///
/// # Errors
///
/// If AWS refuses the token or the answer.
pub async fn send_answer(
    aws: &Aws,
    token: &str,
    answer: Option<&TaskAnswer>,
) -> Result<(), AwsError> {
    match answer {
        None => Ok(()),
        Some(TaskAnswer::Success(output)) => {
            let once = AtMostOnce::<SendTaskSuccessError>::default();
            let once = aws_sdk_sfn::Config::builder().retry_classifier(once);
            let request = aws.sfn.send_task_success();
            let request = request.task_token(token).output(output.to_string());
            let sent = request.customize().config_override(once).send().await;
            sent.map(|_| ()).map_err(failed("SendTaskSuccess"))
        }
        Some(TaskAnswer::Failure { error, cause }) => {
            let once = AtMostOnce::<SendTaskFailureError>::default();
            let once = aws_sdk_sfn::Config::builder().retry_classifier(once);
            let request = aws.sfn.send_task_failure();
            let request = request.task_token(token).error(error);
            let request = request.set_cause(cause.clone());
            let sent = request.customize().config_override(once).send().await;
            sent.map(|_| ()).map_err(failed("SendTaskFailure"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use txflow_test_support::reply::Reply;
    use txflow_test_support::wire::{Act, Rule, Wire};

    use super::super::tests::client_of;
    use super::*;
    use crate::executions::StateKind;
    use crate::executions::history::tests::entered;
    use crate::executions::history::{HistoryEvent, TaskCall, What};
    use crate::report::style::since_1970;

    const SUCCESS: &str = "states.SendTaskSuccess";
    const FAILURE: &str = "states.SendTaskFailure";

    fn answers(answers: Vec<TaskAnswer>) -> Answers {
        let definition = json!({ "States": { "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": { "MessageBody": { "token.$": "$$.Task.Token" } },
        } } });
        let answers = Written {
            value: answers,
            line: 7,
        };
        Answers::new(&[("Ask".to_owned(), answers)].into(), &definition)
    }

    fn failure() -> TaskAnswer {
        TaskAnswer::Failure {
            error: "Busy".to_owned(),
            cause: None,
        }
    }

    fn event(id: i64, what: What) -> HistoryEvent {
        HistoryEvent {
            id,
            previous_id: id - 1,
            time: since_1970(1.0),
            what,
        }
    }

    fn scheduled(id: i64, token: &str) -> HistoryEvent {
        let call = TaskCall {
            service: "sqs".to_owned(),
            action: "sendMessage.waitForTaskToken".to_owned(),
            parameters: json!({ "MessageBody": { "token": token } }).to_string(),
        };
        let call = Some(call);
        event(
            id,
            What::Scheduled {
                function_arn: None,
                call,
            },
        )
    }

    fn submitted(id: i64) -> HistoryEvent {
        event(
            id,
            What::Submitted {
                execution_arn: None,
            },
        )
    }

    fn history(events: Vec<HistoryEvent>) -> History {
        let mut history = History::default();
        history.take(entered(1, 0, "Ask", StateKind::Task));
        for event in events {
            history.take(event);
        }
        history
    }

    fn done() -> Act {
        Act::Reply(Reply::json(200, "{}"))
    }

    fn body(wire: &Wire, operation: &str) -> Vec<Value> {
        let calls = wire.calls().into_iter();
        let calls = calls.filter(|call| call.operation == operation);
        calls.map(|call| json(&call.body)).collect()
    }

    #[test]
    fn what_waits_for_a_job_waits_for_no_answer() {
        let definition =
            json!({ "StartAt": "Ask", "States": { "Ask": { "Type": "Task", "End": true } } });
        let waiting = |action: &str| {
            let mut scheduled = scheduled(2, "a");
            let What::Scheduled {
                call: Some(call), ..
            } = &mut scheduled.what
            else {
                unreachable!("a call was scheduled");
            };
            call.action = action.to_owned();
            let now = history(vec![scheduled, submitted(3)]);
            assert_eq!(
                now.may_wait(),
                !super::waiting(&now, &definition).is_empty()
            );
            now.may_wait()
        };
        assert!(waiting("startExecution.waitForTaskToken"));
        assert!(!waiting("startExecution.sync:2"));
    }

    #[test]
    fn whoever_looks_at_a_call_does_not_get_its_token() {
        let definition = json!({ "StartAt": "Ask", "States": { "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": { "MessageBody": { "token.$": "$$.Task.Token" } },
            "End": true
        } } });
        let now = history(vec![scheduled(2, "AQ/a+b=="), submitted(3)]);
        let call = shown_call(&now.states[0], &definition).unwrap();
        assert_eq!(
            json(&call.parameters),
            json!({ "MessageBody": { "token": HIDDEN_TOKEN } })
        );
    }

    #[tokio::test]
    async fn each_attempt_is_answered_once_as_soon_as_it_waits() {
        let wire = Wire::scripted().await;
        let aws = client_of(&wire).await;
        wire.rule(Rule::on(FAILURE, done()).always());
        wire.rule(Rule::on(SUCCESS, done()).always());
        let approved = TaskAnswer::Success(json!({ "approved": true }));
        let mut answers = answers(vec![failure(), approved]);
        let mut now = history(vec![scheduled(2, "a")]);
        // What was called does not have the token yet.
        assert_eq!(answers.give(&aws, &now).await, Ok(false));
        now.take(submitted(3));
        assert_eq!(answers.give(&aws, &now).await, Ok(true));
        assert_eq!(answers.give(&aws, &now).await, Ok(false));
        now.take(event(
            4,
            What::Failed {
                failure: crate::executions::Failure {
                    error: "Busy".to_owned(),
                    cause: String::new(),
                },
                request_id: None,
            },
        ));
        now.take(scheduled(5, "b"));
        now.take(submitted(6));
        assert_eq!(answers.give(&aws, &now).await, Ok(true));
        assert_eq!(answers.refused(), []);
        let failures = body(&wire, FAILURE);
        assert_eq!(failures, [json!({ "taskToken": "a", "error": "Busy" })]);
        let output = r#"{"approved":true}"#;
        let successes = body(&wire, SUCCESS);
        assert_eq!(successes, [json!({ "taskToken": "b", "output": output })]);
    }

    #[tokio::test]
    async fn a_token_that_is_refused_is_told_and_a_lost_response_is_not() {
        let ended = || Act::Reply(Reply::json_rpc_error("TaskTimedOut", "it has ended"));
        for (first, told) in [(ended(), 1), (Act::Drop, 0)] {
            let wire = Wire::scripted().await;
            let aws = client_of(&wire).await;
            wire.rule(Rule::on(FAILURE, first));
            wire.rule(Rule::on(FAILURE, ended()).always());
            let mut answers = answers(vec![failure()]);
            let now = history(vec![scheduled(2, "a"), submitted(3)]);
            for _ in 0..3 {
                answers.give(&aws, &now).await.unwrap();
            }
            let refused = answers.refused();
            assert_eq!(refused.len(), told, "{refused:?}");
            assert_eq!(wire.count(FAILURE), 2 - told);
            for refused in refused {
                assert_eq!(refused.line, 7);
                assert_eq!(refused.what.to_string(), "answer to `Ask`");
                assert!(refused.detail.contains("TaskTimedOut"), "{refused:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_history_without_the_token_is_told() {
        let wire = Wire::scripted().await;
        let aws = client_of(&wire).await;
        let mut answers = answers(vec![failure()]);
        let hidden = event(
            2,
            What::Scheduled {
                function_arn: None,
                call: None,
            },
        );
        let now = history(vec![hidden, submitted(3)]);
        assert_eq!(answers.give(&aws, &now).await, Ok(true));
        assert_eq!(answers.refused().len(), 1);
    }
}
