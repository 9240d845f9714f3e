//! Mocked task results: instead of what a Task would call.
//!
//! The file format is the one of AWS's Step Functions Local, which LocalStack takes as well: `StateMachines`, their
//! `TestCases`, and `MockedResponses` by attempt. A test case is chosen as there, by `#Case` behind the state
//! machine's ARN in StartExecution.

mod file;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::{Value, json};
use txflow_asl::definition::{Pattern, Resource, ResourceKind};
use txflow_asl::{Payload, TaskError, TaskResult};

pub use self::file::MockFileError;
use crate::fault::Fault;

/// One answer of a mocked state.
#[derive(Debug, Clone, PartialEq)]
pub enum MockedResponse {
    /// The task's result as the state sees it: for `lambda:invoke` the API's answer with its `Payload`.
    Return(Value),
    /// What the called answers: stands inside `Payload`, as in the API's own answer, where the state calls
    /// `lambda:invoke` and waits for no token, and alone everywhere else.
    Payload(Value),
    Throw {
        error: String,
        cause: String,
    },
}

/// The mocks of all state machines, by name: test case, state, and what its attempts are answered with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mocks {
    machines: BTreeMap<String, BTreeMap<String, States>>,
}

type States = BTreeMap<String, Arc<MockedResponses>>;

/// The answers to the attempts of a state, in turn.
#[derive(Debug, Clone, PartialEq)]
pub struct MockedResponses {
    in_turn: Vec<Turn>,
    last_repeats: bool,
}

/// One answer for a range of attempts, which a file names by its ends however long it is.
#[derive(Debug, Clone, PartialEq)]
struct Turn {
    /// The last attempt that it answers; the first is the one after the turn before.
    to: usize,
    response: MockedResponse,
}

impl MockedResponses {
    /// One answer for each attempt. One attempt more fails the execution, as in Step Functions Local, so that a test
    /// says how often it expects a state to run.
    pub fn exactly(in_turn: Vec<MockedResponse>) -> MockedResponses {
        MockedResponses::one_each(in_turn, false)
    }

    /// The last one answers all attempts after it as well.
    pub fn repeating_the_last(in_turn: Vec<MockedResponse>) -> MockedResponses {
        MockedResponses::one_each(in_turn, true)
    }

    fn one_each(in_turn: Vec<MockedResponse>, last_repeats: bool) -> MockedResponses {
        let mut turns: Vec<Turn> = Vec::new();
        for (to, response) in in_turn.into_iter().enumerate() {
            match turns.last_mut() {
                Some(last) if last.response == response => last.to = to,
                _ => turns.push(Turn { to, response }),
            }
        }
        MockedResponses {
            in_turn: turns,
            last_repeats,
        }
    }

    fn to(&self, attempt: usize) -> Option<&MockedResponse> {
        let turn = self.in_turn.partition_point(|turn| turn.to < attempt);
        let last = self.in_turn.last().filter(|_| self.last_repeats);
        let turn = self.in_turn.get(turn).or(last)?;
        Some(&turn.response)
    }

    /// For how many attempts there are answers, but for the last one's repetition.
    fn attempts(&self) -> usize {
        self.in_turn.last().map_or(0, |turn| turn.to + 1)
    }
}

impl Mocks {
    /// Mocks a state in a test case, in place of what it was mocked with before.
    pub fn add(
        &mut self,
        state_machine: impl Into<String>,
        test_case: impl Into<String>,
        state: impl Into<String>,
        responses: MockedResponses,
    ) -> &mut Mocks {
        let cases = self.machines.entry(state_machine.into()).or_default();
        cases
            .entry(test_case.into())
            .or_default()
            .insert(state.into(), Arc::new(responses));
        self
    }

    /// Adds all of `others`; what both have is taken from `others`.
    pub fn merge(&mut self, others: Mocks) {
        for (machine, cases) in others.machines {
            self.machines.entry(machine).or_default().extend(cases);
        }
    }
}

/// The mocks that a running server has.
#[derive(Default)]
pub(crate) struct MockStore(RwLock<Mocks>);

impl MockStore {
    pub(crate) fn new(mocks: Mocks) -> MockStore {
        MockStore(RwLock::new(mocks))
    }

    pub(crate) fn merge(&self, mocks: Mocks) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .merge(mocks);
    }

    /// What an execution's states are mocked with. A case that nobody has described is refused, as a misspelt one
    /// would run the real thing.
    pub(crate) fn case(
        &self,
        state_machine: &str,
        test_case: Option<&str>,
    ) -> Result<Option<Case>, Fault> {
        let Some(test_case) = test_case else {
            return Ok(None);
        };
        let mocks = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match mocks
            .machines
            .get(state_machine)
            .and_then(|cases| cases.get(test_case))
        {
            Some(states) => Ok(Some(Case {
                states: states.clone(),
                attempts: HashMap::new(),
            })),
            None => Err(Fault::bad(
                "ValidationException",
                format!(
                    "No mocks are known for test case '{test_case}' of state machine '{state_machine}'"
                ),
            )),
        }
    }
}

/// The mocks of one execution.
pub(crate) struct Case {
    states: States,
    /// How often each state has asked.
    attempts: HashMap<String, usize>,
}

impl Case {
    /// The answer to a state's next attempt. `None` where the state is not mocked.
    pub(crate) fn answer(&mut self, state: &str, resource: &Resource) -> Option<TaskResult> {
        let responses = self.states.get(state)?;
        let attempt = self.attempts.entry(state.to_owned()).or_default();
        let response = responses.to(*attempt);
        *attempt += 1;
        Some(match response {
            Some(MockedResponse::Return(value)) => Ok(Payload::from(value.clone())),
            Some(MockedResponse::Payload(value)) if answers_with_payload(resource) => {
                Ok(Payload::from(
                    json!({ "ExecutedVersion": "$LATEST", "Payload": value, "StatusCode": 200 }),
                ))
            }
            Some(MockedResponse::Payload(value)) => Ok(Payload::from(value.clone())),
            Some(MockedResponse::Throw { error, cause }) => Err(TaskError {
                error: error.clone(),
                cause: cause.clone(),
            }),
            None => Err(TaskError {
                error: "States.Runtime".to_owned(),
                cause: format!(
                    "The state '{state}' has mocked answers for {} attempts, and this is one more",
                    responses.attempts()
                ),
            }),
        })
    }
}

/// Whether the result of the state is Lambda's answer and not what the function answers.
fn answers_with_payload(resource: &Resource) -> bool {
    matches!(
        &resource.kind,
        ResourceKind::Service { resource_type, pattern: Pattern::RequestResponse, .. } if resource_type == "lambda"
    )
}
