use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::answer::{TestStateAnswer, TestStatus};
use super::request::{InspectionLevel, Mock, TestStateRequest};
use super::{InvalidTestState, PendingTest, Refusal, TestState, shapes};
use crate::context::Context;
use crate::definition::{Fields, Pattern, Program, QueryLanguage, ResourceKind};
use crate::evaluation::Place;
use crate::execution::{ExecutionKind, StartOptions, TaskId, TaskRequest};
use crate::failure::{Failure, Origin};
use crate::flow::{Exit, Produced, Visit};
use crate::random::Random;
use crate::states::{Action, Map as MapState, State, StateKind, TaskStart, Tolerance};
use crate::trace::Trace;
use crate::variables::Variables;
use crate::{Payload, TaskResult, Timestamp};

/// The one visit, and what it has brought so far.
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
    /// `MaxConcurrency` and how much may fail, of a Map.
    map_limits: Option<(usize, Tolerance)>,
    /// What the inspection says about an error: who catches or retries it.
    error_details: Map<String, Value>,
}

/// What the tested state is called in the context object, whatever its name.
const STATE_NAME: &str = "StateName";

impl Visited {
    pub(super) fn new(
        request: TestStateRequest,
        mut options: StartOptions,
        now: Timestamp,
    ) -> Result<Self, InvalidTestState> {
        let state = find_state(&request)?;
        refuse(&request, &state)?;
        options.kind = ExecutionKind::Express;
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

    /// The context object with the parts that the request has in place of the usual ones.
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
            state: &self.state,
            input: &self.request.input,
            context: Context {
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
            Ok(Action::WaitUntil(_)) => match state.pass_on(self.visit()) {
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
            Ok(Action::Fail(failure)) | Err(failure) => self.fail(failure),
        };
        Ok(TestState::Done(answer))
    }

    pub(super) fn finish(self, result: TaskResult) -> TestStateAnswer {
        match result {
            Ok(output) => self.leave(&output),
            Err(failed) => self.fail(Failure::new(failed.error, failed.cause)),
        }
    }

    /// The part of a Map that comes before its iterations.
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
            return Err(invalid(
                "Map iteration failure count must be less than or equal to the number of Map iterations",
            ));
        }
        // A mocked error is the error of the whole Map, and a Map without a tolerance shows
        // the mocked result.
        let mocked_error = matches!(self.request.mock, Some(Mock::Error { .. }));
        let tolerates = tolerance.count.is_some() || tolerance.percentage.is_some();
        if !mocked_error && tolerates && tolerance.is_exceeded(failures, count) {
            return Ok(Err(Failure::tolerated_failures_exceeded()));
        }
        Ok(Ok(()))
    }

    /// `MaxConcurrency`, the tolerance and how many items there are.
    fn iterations(&self, map: &MapState) -> Result<(usize, Tolerance, usize), Failure> {
        let visit = self.visit();
        let effective = visit.effective_input()?;
        let items = match &self.request.configuration.map_item_reader_data {
            Some(Value::Array(items)) => items.clone(),
            Some(other) => vec![other.clone()],
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
            resource: resource.unwrap_or_else(|| Arc::new(crate::definition::Resource::parse(""))),
            parameters: start.parameters,
            token: None,
            deadline: None,
            heartbeat_seconds: start.heartbeat,
            credentials: start.credentials,
            retry_count: self.request.configuration.retrier_retry_count,
        })
    }

    /// With the result of the state's work.
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
            if shows(&self.state, step) {
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

/// Whether the inspection shows a step of the data flow for this state.
fn shows(state: &State, step: &str) -> bool {
    let steps: &[&str] = match (&state.kind, state.flow.language) {
        (StateKind::Task(_), QueryLanguage::Jsonata) => &["afterArguments", "result"],
        (_, QueryLanguage::Jsonata) => &[],
        (StateKind::Task(_), _) => &[
            "afterInputPath",
            "afterParameters",
            "result",
            "afterResultSelector",
            "afterResultPath",
        ],
        (StateKind::Pass(pass), _) if pass.result.is_some() => {
            &["afterResultSelector", "afterResultPath"]
        }
        (StateKind::Pass(_), _) => &[
            "afterInputPath",
            "afterParameters",
            "afterResultSelector",
            "afterResultPath",
        ],
        (StateKind::Parallel(_), _) => &["afterResultSelector", "afterResultPath"],
        (StateKind::Map(_), _) => &[
            "afterInputPath",
            "afterItemsPath",
            "afterResultSelector",
            "afterResultPath",
        ],
        _ => &["afterInputPath"],
    };
    steps.contains(&step)
}

fn find_state(request: &TestStateRequest) -> Result<Arc<State>, InvalidTestState> {
    let unreadable = |error: crate::definition::DefinitionError| InvalidTestState {
        code: Refusal::InvalidDefinition,
        message: format!("Invalid State Machine Definition: '{error}'"),
    };
    if request.definition.get("States").is_none() {
        let fields = Fields::root(&request.definition).map_err(unreadable)?;
        let state = State::parse(STATE_NAME, &fields, 0).map_err(unreadable)?;
        return Ok(Arc::new(state));
    }
    let program = Program::parse(&request.definition).map_err(unreadable)?;
    let name = request.state_name.as_deref().unwrap_or(&program.start_at);
    let found = program.find_state(name).map(Arc::clone);
    found.ok_or_else(|| invalid("State not found in definition"))
}

fn invalid(message: impl Into<String>) -> InvalidTestState {
    InvalidTestState::validation(message)
}

/// What AWS refuses before it looks at any data.
fn refuse(request: &TestStateRequest, state: &State) -> Result<(), InvalidTestState> {
    let kind = &state.kind;
    match &request.mock {
        None => {
            if request.configuration.map_iteration_failure_count.is_some() {
                return Err(invalid(
                    "TestState does not support MapIterationFailureCount when a mock is not specified.",
                ));
            }
            if matches!(kind, StateKind::Map(_) | StateKind::Parallel(_)) {
                return Err(InvalidTestState {
                    code: Refusal::InvalidDefinition,
                    message: "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]".into(),
                });
            }
            if matches!(kind, StateKind::Task(_)) && request.role_arn.is_none() {
                return Err(invalid(
                    "RoleArn must be specified when testing a Task state",
                ));
            }
        }
        Some(mock) => {
            if !state.can_retry() {
                let name = state.state_type().name();
                return Err(invalid(format!(
                    "State type '{name}' is not supported when a mock is specified"
                )));
            }
            if let Mock::Result {
                result,
                field_validation,
            } = mock
            {
                refuse_result(kind, result.value())?;
                if let StateKind::Task(task) = kind {
                    shapes::check(&task.resource, result.value(), *field_validation)
                        .map_err(invalid)?;
                }
            }
        }
    }
    let context = request.context.as_ref();
    if context.is_some_and(|context| context.get("Task").is_some()) && !has_callback(kind) {
        return Err(invalid(
            "Invalid Context object provided: Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service integration pattern",
        ));
    }
    Ok(())
}

fn has_callback(kind: &StateKind) -> bool {
    match kind {
        StateKind::Task(task) => match task.resource.kind {
            ResourceKind::Service { pattern, .. } => pattern != Pattern::RequestResponse,
            _ => false,
        },
        _ => false,
    }
}

/// A mocked result that the state's work could not have.
fn refuse_result(kind: &StateKind, result: &Value) -> Result<(), InvalidTestState> {
    match kind {
        StateKind::Map(map) if map.writes_results && !result.is_object() => {
            Err(invalid("Mocked result must be a JSON object."))
        }
        StateKind::Map(map) if !map.writes_results && !result.is_array() => {
            Err(invalid("Mocked result must be an array."))
        }
        StateKind::Parallel(parallel) => match result.as_array() {
            None => Err(invalid("Mocked result must be an array.")),
            Some(items) if items.len() != parallel.branches.len() => Err(invalid(
                "Mocked result must contain the same number of items as number of Parallel branches.",
            )),
            Some(_) => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Whole numbers are shown without a fraction.
fn whole(number: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "whole, and saturates")]
    if number.fract() == 0.0 {
        return json!(number as i64);
    }
    json!(number)
}
