use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::answer::{TestStateAnswer, TestStatus};
use super::refuse::{self, STATE_NAME};
use super::request::{InspectionLevel, Mock, TestStateRequest};
use super::{InvalidTestState, PendingTest, TestState, inspection};
use crate::context::Context;
use crate::definition::Resource;
use crate::evaluation::Place;
use crate::execution::{Purpose, TaskId, TaskRequest};
use crate::failure::{Failure, Origin};
use crate::flow::{Exit, Produced, Visit};
use crate::random::Random;
use crate::states::{Action, Map as MapState, State, StateKind, TaskStart, Tolerance};
use crate::trace::Trace;
use crate::variables::Variables;
use crate::{ExecutionKind, Payload, StartOptions, TaskResult, Timestamp};

/// The visit of the tested state, and its results so far.
#[derive(Debug)]
pub(super) struct Visited {
    request: TestStateRequest,
    options: StartOptions,
    state: Arc<State>,
    now: Timestamp,
    variables: Variables,
    context: Option<Value>,
    random: Random,
    trace: Trace,
    /// `MaxConcurrency` and the tolerated failures of a Map.
    map_limits: Option<(usize, Tolerance)>,
    /// The inspection data about an error: which Catch or Retry applies.
    error_details: Map<String, Value>,
}

impl Visited {
    pub(super) fn new(
        request: TestStateRequest,
        mut options: StartOptions,
        now: Timestamp,
    ) -> Result<Self, InvalidTestState> {
        let state = refuse::find_state(&request)?;
        refuse::refuse(&request, &state)?;
        options.kind = ExecutionKind::Express;
        options.synchronous = true;
        options.input = request.input.clone();
        let mut variables = Variables::default();
        variables.assign(request.variables.clone());
        let random = Random::new(options.seed);
        let mut visited = Self {
            request,
            options,
            state,
            now,
            variables,
            context: None,
            random,
            trace: Trace::default(),
            map_limits: None,
            error_details: Map::new(),
        };
        visited.context = visited.given_context();
        Ok(visited)
    }

    /// The context object, with the parts that the request replaces.
    fn given_context(&self) -> Option<Value> {
        let given = self.request.context.as_ref()?.as_object()?;
        let mut context = self.visit().context.to_value(|_| true);
        if let Some(context) = context.as_object_mut() {
            context.extend(given.clone());
        }
        Some(context)
    }

    fn visit(&self) -> Visit<'_> {
        let retries = self.request.configuration.retrier_retry_count;
        Visit {
            state: &self.state.name,
            flow: &self.state.flow,
            input: &self.request.input,
            context: Context {
                child: None,
                execution: &self.options,
                role_arn: self.request.role_arn.as_deref(),
                started: self.now,
                state_name: STATE_NAME,
                entered: self.now,
                retry_count: self.state.can_retry().then_some(retries),
                task_token: None,
                item: None,
                replaced: self.context.as_ref(),
            },
            variables: &self.variables,
            random: &self.random,
            now: self.now,
            trace: Some(&self.trace),
        }
    }

    pub(super) fn begin(mut self) -> Result<TestState, InvalidTestState> {
        let state = Arc::clone(&self.state);
        let action = match &state.kind {
            StateKind::Map(map) => match self.run_map(map)? {
                Ok(()) => Ok(Action::Branches(self.request.input.clone())),
                Err(failure) => Err(failure),
            },
            _ => state.run(self.visit()),
        };
        let answer = match action {
            Ok(Action::Leave(exit)) => self.succeed(exit, state.next()),
            Ok(Action::LeaveTo(exit, next)) => self.succeed(exit, Some(next)),
            Ok(Action::WaitUntil(_)) => match state.leave_with_input(self.visit()) {
                Ok(Action::Leave(exit)) => self.succeed(exit, state.next()),
                Ok(_) => self.fail(Failure::default()),
                Err(failure) => self.fail(failure),
            },
            Ok(Action::Task(start)) if self.request.mock.is_none() => {
                let task = self.task_request(&state, start);
                return Ok(TestState::Task(task, Box::new(PendingTest(self))));
            }
            Ok(Action::Task(_) | Action::Branches(_) | Action::Iterate(_)) => {
                match self.request.mock.clone() {
                    Some(Mock::Result { result, .. }) => self.leave(&result),
                    Some(Mock::Error { error, cause }) => self.fail(Failure {
                        error,
                        cause,
                        origin: Origin::Work,
                    }),
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

    /// Runs the part of a Map that comes before its iterations.
    fn run_map(&mut self, map: &MapState) -> Result<Result<(), Failure>, InvalidTestState> {
        let (max_concurrency, tolerance, count) = match self.iterations(map) {
            Ok(iterations) => iterations,
            Err(failure) => return Ok(Err(failure)),
        };
        self.map_limits = Some((max_concurrency, tolerance));
        let Some(failures) = self.request.configuration.map_iteration_failure_count else {
            return Ok(Ok(()));
        };
        if failures > count {
            return Err(InvalidTestState::validation(
                "Map iteration failure count must be less than or equal to the number of Map iterations",
            ));
        }
        // A mocked error is the error of the whole Map. A Map without a tolerance shows the mocked result.
        let mocked_error = matches!(self.request.mock, Some(Mock::Error { .. }));
        let tolerates = tolerance.count.is_some() || tolerance.percentage.is_some();
        if !mocked_error && tolerates && tolerance.is_exceeded(failures, count) {
            return Ok(Err(Failure::tolerated_failures_exceeded()));
        }
        Ok(Ok(()))
    }

    /// `MaxConcurrency`, the tolerance and the number of items.
    fn iterations(&self, map: &MapState) -> Result<(usize, Tolerance, usize), Failure> {
        let visit = self.visit();
        let effective = visit.effective_input()?;
        let items = match &self.request.configuration.map_item_reader_data {
            Some(Value::Array(items)) => items.clone().into(),
            Some(other) => vec![other.clone()].into(),
            None => map.items(visit, &effective)?,
        };
        let count = items.len();
        let tolerance = map.tolerance(visit, &effective)?;
        let iterations = map.iterations(visit, effective, items)?;
        Ok((iterations.max_concurrency, tolerance, count))
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
            retry_count: self.request.configuration.retrier_retry_count,
        })
    }

    /// Leaves the state with the result of its work.
    fn leave(self, result: &Payload) -> TestStateAnswer {
        if !result.fits() {
            let failure = Failure::too_large(&self.state.name);
            return self.fail(failure);
        }
        self.visit().note_with("result", || result.clone());
        let exit = self.visit().exit(Produced::Result(result));
        let state = Arc::clone(&self.state);
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
            inspection_data: self.inspection_data(),
        }
    }

    fn fail(mut self, failure: Failure) -> TestStateAnswer {
        let state = Arc::clone(&self.state);
        let mut answer = TestStateAnswer {
            status: TestStatus::Failed,
            output: None,
            error: failure.error.clone(),
            cause: failure.cause.clone(),
            next_state: None,
            inspection_data: Map::new(),
        };
        if let Some((i, retrier)) = state.retrier(&failure) {
            self.error_details.insert("retryIndex".into(), i.into());
            let attempts = self.request.configuration.retrier_retry_count;
            if attempts < retrier.max_attempts {
                let delay = whole(retrier.delay_seconds(attempts));
                self.error_details
                    .insert("retryBackoffIntervalSeconds".into(), delay);
                answer.status = TestStatus::Retriable;
                answer.inspection_data = self.inspection_data();
                return answer;
            }
        }
        if let Some((i, catcher)) = state.catcher(&failure) {
            self.error_details.insert("catchIndex".into(), i.into());
            let place = Place::field("Catch");
            let output = failure.output();
            match self.visit().exit_by_catch(catcher, place.item(i), &output) {
                Ok(exit) => {
                    answer.status = TestStatus::CaughtError;
                    answer.next_state = Some(catcher.next.clone());
                    answer.output = Some(exit.output);
                    self.variables.assign(exit.assigned);
                }
                Err(failure) => {
                    answer.error = failure.error;
                    answer.cause = failure.cause;
                }
            }
        }
        answer.inspection_data = self.inspection_data();
        answer
    }

    fn inspection_data(self) -> Map<String, Value> {
        let mut data = Map::new();
        if self.request.inspection_level == InspectionLevel::Info {
            return data;
        }
        data.insert("input".into(), self.request.input.text().into());
        for (step, payload) in self.trace.into_steps() {
            if inspection::shows(&self.state, step) {
                data.insert(step.into(), payload.text().into());
            }
        }
        if let StateKind::Pass(pass) = &self.state.kind
            && let Some(result) = &pass.result
        {
            data.insert("result".into(), result.text().into());
        }
        if let Some((max_concurrency, tolerance)) = self.map_limits {
            data.insert("maxConcurrency".into(), max_concurrency.into());
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
