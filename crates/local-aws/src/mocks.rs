//! Mocked task results, used in place of what a Task would call.
//!
//! The file format is that of AWS's Step Functions Local, which LocalStack also reads: `StateMachines`, their
//! `TestCases`, and `MockedResponses` by attempt. As there, a test case is chosen by `#Case` after the state machine's
//! ARN in StartExecution.

mod file;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;
use txflow_asl::definition::Resource;
use txflow_asl::nearest;
use txflow_asl::walk::all_states;
use txflow_asl::{Payload, TaskError, TaskResult};

pub use self::file::MockFileError;
use crate::fault::Fault;

/// One response of a mocked state.
#[derive(Debug, Clone, PartialEq)]
pub enum MockedResponse {
    /// The task's result as the state sees it: for `lambda:invoke`, the API's response with its `Payload`.
    Return(Value),
    /// What the called service returns. If the state calls `lambda:invoke` and does not wait for a token, it is put
    /// into `Payload`, as in the API's response, unless it is that response already; otherwise it is the result itself.
    Payload(Value),
    Throw {
        error: String,
        cause: String,
    },
}

/// The mocks of all state machines, by name: test cases, their states, and the responses to each state's attempts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mocks {
    machines: BTreeMap<String, BTreeMap<String, States>>,
}

type States = BTreeMap<String, Arc<MockedResponses>>;

/// The responses to the attempts of a state, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct MockedResponses {
    in_turn: Vec<Turn>,
    last_repeats: bool,
}

/// One response for a range of attempts. A file names only the ends of a range, however long it is.
#[derive(Debug, Clone, PartialEq)]
struct Turn {
    /// The last attempt that it answers; the first is the one after the previous turn.
    to: usize,
    response: MockedResponse,
}

impl MockedResponses {
    /// One response for each attempt. As in Step Functions Local, one more attempt fails the execution, so a test says
    /// how often it expects a state to run.
    pub fn exactly(in_turn: Vec<MockedResponse>) -> MockedResponses {
        MockedResponses::one_each(in_turn, false)
    }

    /// The last response also answers all further attempts.
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

    /// The number of attempts with a response, not counting repetitions of the last one.
    fn attempts(&self) -> usize {
        self.in_turn.last().map_or(0, |turn| turn.to + 1)
    }
}

impl Mocks {
    /// Mocks a state in a test case, and replaces its previous mock.
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

    /// Adds all of `others`, which win if both have a test case.
    pub fn merge(&mut self, others: Mocks) {
        for (machine, cases) in others.machines {
            self.machines.entry(machine).or_default().extend(cases);
        }
    }
}

/// The mocks of a running server.
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

    /// Refuses a test case that mocks a state which the definition does not have: it would never answer, and the state that was
    /// meant would run its real task.
    pub(crate) fn check(
        &self,
        state_machine: &str,
        test_case: Option<&str>,
        definition: &Value,
    ) -> Result<(), Fault> {
        let Some(case) = self.case(state_machine, test_case)? else {
            return Ok(());
        };
        let states: Vec<&str> = all_states(definition).map(|(name, _)| name).collect();
        let mut mocked = case.states.keys();
        let Some(unknown) = mocked.find(|state| !states.contains(&state.as_str())) else {
            return Ok(());
        };
        let near = nearest(unknown, states).map(|near| format!(", did you mean '{near}'?"));
        Err(Fault::bad(
            "ValidationException",
            format!(
                "Test case '{}' mocks the state '{unknown}', which state machine '{state_machine}' does not have{}",
                test_case.unwrap_or_default(),
                near.unwrap_or_default()
            ),
        ))
    }

    /// The mocks for an execution. An unknown test case is refused, since a misspelt one would run the real tasks.
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
    /// How many attempts each state has made.
    attempts: HashMap<String, usize>,
}

impl Case {
    /// The result of a state's next attempt, unless the call that is mocked is not permitted: then the service does not get to
    /// see it. `None` if the state is not mocked.
    pub(crate) fn answer(
        &mut self,
        state: &str,
        resource: &Resource,
        permitted: impl FnOnce() -> Result<(), TaskError>,
    ) -> Option<TaskResult> {
        let responses = self.states.get(state)?;
        if let Err(denied) = permitted() {
            return Some(Err(denied));
        }
        let attempt = self.attempts.entry(state.to_owned()).or_default();
        let response = responses.to(*attempt);
        *attempt += 1;
        Some(match response {
            Some(MockedResponse::Return(value)) => Ok(Payload::from(value.clone())),
            Some(MockedResponse::Payload(value)) => {
                Ok(Payload::from(resource.mocked_result(value.clone())))
            }
            Some(MockedResponse::Throw { error, cause }) => Err(TaskError {
                error: error.clone(),
                cause: cause.clone(),
            }),
            None => Err(TaskError {
                error: "States.Runtime".to_owned(),
                cause: format!(
                    "The state '{state}' has mocked responses for {} attempts, and this is one more",
                    responses.attempts()
                ),
            }),
        })
    }
}
