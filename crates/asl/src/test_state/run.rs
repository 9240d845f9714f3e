//! Runs the tested state, and makes the answer of what came of it.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::answer::{TestStateAnswer, TestStatus};
use super::mock::Mock;
use super::request::InspectionLevel;
use super::visited::Visited;
use super::{InvalidTestState, PendingTest, TestState, inspection};
use crate::definition::Resource;
use crate::evaluation::Place;
use crate::execution::{Purpose, TaskId, TaskRequest};
use crate::failure::{Failure, Origin};
use crate::flow::{Exit, Produced};
use crate::states::{Action, State, StateKind, TaskStart};
use crate::{Payload, TaskResult};

impl Visited {
    pub(super) fn begin(mut self) -> Result<TestState, InvalidTestState> {
        let state = Arc::clone(&self.test.state);
        let action = match &state.kind {
            StateKind::Map(map) => match self.run_map(map)? {
                Ok(()) => Ok(Action::Branches(self.options.input.clone())),
                Err(failure) => Err(failure),
            },
            _ => state.run(self.visit()),
        };
        match &action {
            Ok(Action::WaitUntil(until)) => self.waits.until = Some(*until),
            Ok(Action::Task(start)) => {
                self.waits.timeout_seconds = start.timeout;
                self.waits.heartbeat_seconds = start.heartbeat;
            }
            _ => {}
        }
        let answer = match action {
            Ok(Action::Leave(exit)) => self.succeed(exit, state.next()),
            Ok(Action::Choose { exit, next, .. }) => self.succeed(exit, Some(next)),
            Ok(Action::WaitUntil(_)) => match state.leave_with_input(self.visit()) {
                Ok(Action::Leave(exit)) => self.succeed(exit, state.next()),
                Ok(_) => self.fail(Failure::default()),
                Err(failure) => self.fail(failure),
            },
            Ok(Action::Task(start)) if self.test.mock.is_none() => {
                let task = self.task_request(&state, start);
                return Ok(TestState::Task(task, Box::new(PendingTest(self))));
            }
            Ok(Action::Task(_) | Action::Branches(_) | Action::Iterate(_)) => {
                match self.test.mock.clone() {
                    Some(Mock::Result(result)) => self.leave(&result),
                    Some(Mock::Error { error, cause }) => {
                        let origin = self.origin_of_mock();
                        self.fail(Failure {
                            error: Some(error),
                            cause,
                            origin,
                        })
                    }
                    None => self.fail(Failure::default()),
                }
            }
            Ok(Action::Fail(failure) | Action::FailStarted { failure, .. }) | Err(failure) => {
                self.fail(failure)
            }
        };
        Ok(TestState::Done(answer))
    }

    pub(super) fn finish(self, result: TaskResult) -> TestStateAnswer {
        match result {
            Ok(output) => self.leave(&output),
            Err(failed) => self.fail(Failure::new(failed.error, failed.cause)),
        }
    }

    /// "`States.TaskFailed` is a wildcard error that applies to any Task state failure": the request may name the state inside
    /// of a Map or Parallel that fails. Source: `errorCausedByState` on
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html>.
    fn origin_of_mock(&self) -> Origin {
        match &self.test.cause {
            Some(cause) if !matches!(cause.kind, StateKind::Task(_)) => Origin::OtherThanTask,
            _ => Origin::Work,
        }
    }

    fn task_request(&self, state: &State, start: TaskStart) -> Box<TaskRequest> {
        let resource = state.resource().map(Arc::clone);
        Box::new(TaskRequest {
            id: TaskId(1),
            state_name: Arc::clone(&state.name),
            resource: resource.unwrap_or_else(|| Arc::new(Resource::parse(""))),
            parameters: start.parameters,
            token: None,
            deadline: None,
            heartbeat_seconds: start.heartbeat,
            credentials: start.credentials,
            purpose: Purpose::Task,
            retry_count: self.test.retries,
            child: None,
        })
    }

    /// Leaves the state with the result of its work.
    fn leave(self, result: &Payload) -> TestStateAnswer {
        if !result.fits() {
            let failure = Failure::too_large(&self.test.state.name);
            return self.fail(failure);
        }
        self.visit().note_with("result", || result.clone());
        let exit = self.visit().exit(Produced::Result(result));
        let state = Arc::clone(&self.test.state);
        match exit {
            Ok(exit) => self.succeed(exit, state.next()),
            Err(failure) => self.fail(failure),
        }
    }

    fn succeed(mut self, exit: Exit, next: Option<&str>) -> TestStateAnswer {
        self.variables.assign(exit.assigned);
        TestStateAnswer {
            status: TestStatus::Succeeded,
            output: Some(exit.output),
            error: None,
            cause: None,
            next_state: next.map(str::to_owned),
            waits: self.waits,
            inspection_data: self.inspection_data(),
        }
    }

    /// What the handlers make of a failure: those of the state, then those of the states around it, as in an execution.
    fn fail(mut self, failure: Failure) -> TestStateAnswer {
        let mut answer = TestStateAnswer {
            status: TestStatus::Failed,
            output: None,
            error: failure.error.clone(),
            cause: failure.cause.clone(),
            next_state: None,
            inspection_data: Map::new(),
            waits: self.waits,
        };
        let around = self.test.around.iter();
        let states: Vec<_> = std::iter::once(&self.test.state)
            .chain(around)
            .cloned()
            .collect();
        for state in states {
            if self.handles(&state, &failure, &mut answer) {
                break;
            }
        }
        answer.inspection_data = self.inspection_data();
        answer
    }

    /// Whether a state retries or catches a failure, or fails in doing so.
    fn handles(&mut self, state: &State, failure: &Failure, answer: &mut TestStateAnswer) -> bool {
        if let Some((i, retrier)) = state.retrier(failure) {
            self.error_details.insert("retryIndex".into(), i.into());
            let attempts = self.test.retries;
            if attempts < retrier.max_attempts {
                let delay = whole(retrier.delay_seconds(attempts));
                self.error_details
                    .insert("retryBackoffIntervalSeconds".into(), delay);
                answer.status = TestStatus::Retriable;
                return true;
            }
        }
        let Some((i, catcher)) = state.catcher(failure) else {
            return false;
        };
        self.error_details.insert("catchIndex".into(), i.into());
        let place = Place::field("Catch");
        answer.status = TestStatus::CaughtError;
        answer.next_state = Some(catcher.next.clone());
        let output = failure.output();
        let exit = self.visit_of(state);
        // A catcher that cannot be evaluated fails an execution. TestState answers without an output instead, as was measured.
        if let Ok(exit) = exit.exit_by_catch(catcher, place.item(i), &output) {
            answer.output = Some(exit.output);
            self.variables.assign(exit.assigned);
        }
        true
    }

    fn inspection_data(self) -> Map<String, Value> {
        let mut data = Map::new();
        if self.test.level == InspectionLevel::Info {
            return data;
        }
        data.insert("input".into(), self.options.input.text().into());
        for (step, payload) in self.trace.into_steps() {
            if inspection::shows(&self.test.state, step) {
                data.insert(step.into(), payload.text().into());
            }
        }
        if let StateKind::Pass(pass) = &self.test.state.kind
            && let Some(result) = &pass.result
        {
            data.insert("result".into(), result.text().into());
        }
        if let Some(limits) = self.map_limits {
            data.insert("maxConcurrency".into(), limits.max_concurrency.into());
            let tolerance = limits.tolerance;
            if let Some(count) = tolerance.count {
                data.insert("toleratedFailureCount".into(), whole(count));
            }
            if let Some(percentage) = tolerance.percentage {
                data.insert("toleratedFailurePercentage".into(), percentage.into());
            }
        }
        if !self.error_details.is_empty() {
            data.insert("errorDetails".into(), self.error_details.into());
        }
        let variables: Map<String, Value> = self
            .variables
            .iter()
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .collect();
        if !variables.is_empty() {
            data.insert(
                "variables".into(),
                Value::from(variables).to_string().into(),
            );
        }
        data
    }
}

/// Shows integers without a fraction.
fn whole(number: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "whole, and saturates")]
    if number.fract() == 0.0 {
        return json!(number as i64);
    }
    json!(number)
}
