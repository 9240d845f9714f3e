//! What the events of an execution say: the states it entered, as a tree, and their attempts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::document::as_json;
use super::state_kind::StateKind;
use super::time::{between, optional_rfc3339, rfc3339};

/// What the events of an execution have said so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// The states entered, in order. A state stands behind the one that it runs inside of.
    pub states: Vec<StateRun>,
    /// The place of each event, by its id.
    places: BTreeMap<i64, Place>,
    /// The `Map` and `Parallel` states that failed and did not begin again.
    broken: BTreeSet<usize>,
    /// When the execution was redriven.
    redriven: Vec<Timestamp>,
    /// What the task of a state answered last, by the state's index: JSON.
    pub(super) results: BTreeMap<usize, String>,
    /// What states assigned to variables when they were left, by their index.
    pub(super) assigned: BTreeMap<usize, Map<String, Value>>,
    /// The highest event id that was read.
    last_id: i64,
}

/// One entry into a state.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StateRun {
    pub name: String,
    pub kind: StateKind,
    /// The index of the `Map` or `Parallel` state that it runs inside of.
    pub parent: Option<usize>,
    /// Which item of the `Map` state around it, from 0.
    pub iteration: Option<i32>,
    #[serde(serialize_with = "rfc3339")]
    #[schemars(with = "String")]
    pub entered: Timestamp,
    #[serde(serialize_with = "optional_rfc3339")]
    #[schemars(with = "Option<String>")]
    pub exited: Option<Timestamp>,
    #[serde(serialize_with = "as_json")]
    #[schemars(with = "serde_json::Value")]
    pub input: Option<String>,
    #[serde(serialize_with = "as_json")]
    #[schemars(with = "serde_json::Value")]
    pub output: Option<String>,
    /// Each time that its task was scheduled.
    pub attempts: Vec<Attempt>,
    /// A failure outside of any attempt, such as of an expression.
    pub failure: Option<Failure>,
    /// The ARN of the Map Run of a distributed `Map` state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map_run: Option<String>,
}

/// One time that a task was scheduled.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Attempt {
    #[serde(serialize_with = "rfc3339")]
    #[schemars(with = "String")]
    pub scheduled: Timestamp,
    #[serde(serialize_with = "optional_rfc3339")]
    #[schemars(with = "Option<String>")]
    pub ended: Option<Timestamp>,
    /// The ARN of the function that was called.
    pub function_arn: Option<String>,
    /// What was called.
    #[serde(skip)]
    pub call: Option<TaskCall>,
    /// Lambda's, if the answer holds it.
    pub request_id: Option<String>,
    /// Whether AWS says that what was called goes on by itself, with the token of the task if that waits for it.
    #[serde(skip)]
    pub submitted: bool,
    /// The execution that was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_arn: Option<String>,
    pub failure: Option<Failure>,
}

/// A call that a task made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskCall {
    /// As in a `Resource`: `dynamodb`, `aws-sdk:dynamodb`; `lambda` for a function that is called by its ARN; `activity`.
    pub service: String,
    /// As in a `Resource`: `putItem`, `sendMessage.waitForTaskToken`; the ARN of an activity.
    pub action: String,
    /// JSON.
    pub parameters: String,
}

impl TaskCall {
    pub const ACTIVITY: &str = "activity";

    pub fn is_activity(&self) -> bool {
        self.service == Self::ACTIVITY
    }

    pub fn waits_for_token(&self) -> bool {
        self.action.ends_with(".waitForTaskToken")
    }
}

impl Attempt {
    /// Whether its token is with what was called, or with the worker of an activity. A history that does not show the call may
    /// be that of either.
    pub fn is_handed_out(&self) -> bool {
        let is_for_token = |call: &TaskCall| call.is_activity() || call.waits_for_token();
        self.submitted && self.call.as_ref().is_none_or(is_for_token)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Failure {
    pub error: String,
    pub cause: String,
}

/// One event of a history, cut down to what is shown of it.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEvent {
    pub id: i64,
    pub previous_id: i64,
    pub time: Timestamp,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    Entered {
        name: String,
        kind: StateKind,
        input: Option<String>,
    },
    Exited {
        name: String,
        output: Option<String>,
        /// To variables.
        assigned: Map<String, Value>,
    },
    /// An item of a `Map` state begins.
    Iteration(i32),
    /// A distributed `Map` state has this Map Run.
    MapRun(String),
    /// The execution goes on after it failed.
    Redriven,
    /// A `Map` or `Parallel` state, or an item of one, failed because of what ran inside.
    InnerFailed {
        kind: StateKind,
        /// The state itself, not an item of it.
        whole: bool,
    },
    Scheduled {
        function_arn: Option<String>,
        call: Option<TaskCall>,
    },
    /// What the task started runs, and the task waits for it.
    Submitted {
        execution_arn: Option<String>,
    },
    Succeeded {
        request_id: Option<String>,
        execution_arn: Option<String>,
        result: Option<String>,
    },
    Failed {
        failure: Failure,
        request_id: Option<String>,
    },
    Other,
}

/// What happened to a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateEvent {
    Entered,
    /// An attempt failed; the state may try again.
    AttemptFailed,
    /// Its task was scheduled once more.
    Retried,
    Exited,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    state: usize,
    iteration: Option<i32>,
}

impl StateRun {
    /// The first attempt does not count.
    pub fn retries(&self) -> usize {
        self.attempts.len().saturating_sub(1)
    }

    /// Nothing while it runs.
    pub fn duration(&self) -> Duration {
        between(self.entered, self.exited.unwrap_or(self.entered))
    }

    /// All that failed in it, also what a later attempt made good.
    pub fn failures(&self) -> impl Iterator<Item = &Failure> {
        let attempts = self.attempts.iter();
        let of_attempts = attempts.filter_map(|attempt| attempt.failure.as_ref());
        of_attempts.chain(&self.failure)
    }

    /// Why it failed, or what it caught, unless a later attempt made that good.
    pub fn failure(&self) -> Option<&Failure> {
        let last = self.attempts.last();
        let last = last.and_then(|attempt| attempt.failure.as_ref());
        self.failure.as_ref().or(last)
    }
}

impl History {
    /// Whether a task has handed out its token and may still wait for an answer.
    pub fn may_wait(&self) -> bool {
        let attempts = self.states.iter().flat_map(|state| &state.attempts);
        let mut handed_out = attempts.filter(|attempt| attempt.is_handed_out());
        handed_out.any(|attempt| attempt.ended.is_none())
    }

    /// Takes the next event, and says what it changed about which state. It passes over an event
    /// that was read before.
    pub fn take(&mut self, event: HistoryEvent) -> Option<(StateEvent, usize)> {
        if event.id <= self.last_id {
            return None;
        }
        self.last_id = event.id;
        let around = self.around(event.previous_id);
        match event.what {
            What::Entered { name, kind, input } => {
                let index = self.states.len();
                let around = self.beside_itself(around, &name);
                if let Some(place) = around {
                    self.broken.remove(&place.state);
                }
                self.states.push(StateRun {
                    name,
                    kind,
                    parent: around.map(|place| place.state),
                    iteration: around.and_then(|place| place.iteration),
                    entered: event.time,
                    exited: None,
                    input,
                    output: None,
                    attempts: Vec::new(),
                    failure: None,
                    map_run: None,
                });
                self.put(event.id, index);
                Some((StateEvent::Entered, index))
            }
            What::Exited {
                name,
                output,
                assigned,
            } => {
                let open = |state: &StateRun| state.name == name && state.exited.is_none();
                let known = around.filter(|place| open(&self.states[place.state]));
                let index = match known {
                    Some(place) => place.state,
                    None => self.states.iter().rposition(open)?,
                };
                self.states[index].exited = Some(event.time);
                self.states[index].output = output;
                if !assigned.is_empty() {
                    self.assigned.insert(index, assigned);
                }
                self.put(event.id, index);
                Some((StateEvent::Exited, index))
            }
            What::Iteration(iteration) => {
                let state = around?.state;
                self.broken.remove(&state);
                let iteration = Some(iteration);
                self.places.insert(event.id, Place { state, iteration });
                None
            }
            What::MapRun(arn) => {
                let index = self.belongs(event.id, around)?;
                self.states[index].map_run = Some(arn);
                None
            }
            What::Redriven => {
                // What failed goes on, and may fail again.
                self.broken.clear();
                self.redriven.push(event.time);
                None
            }
            What::InnerFailed { kind, whole } => {
                let state = self.failed_container(around?.state, kind)?;
                if whole {
                    self.broken.insert(state);
                }
                self.put(event.id, state);
                None
            }
            What::Scheduled { function_arn, call } => {
                let index = self.belongs(event.id, around)?;
                let attempts = &mut self.states[index].attempts;
                // Whoever does the work of an activity may ask for it from now on.
                let submitted = call.as_ref().is_some_and(TaskCall::is_activity);
                attempts.push(Attempt {
                    scheduled: event.time,
                    ended: None,
                    function_arn,
                    call,
                    request_id: None,
                    submitted,
                    execution_arn: None,
                    failure: None,
                });
                let again = attempts.len() > 1;
                again.then_some((StateEvent::Retried, index))
            }
            What::Submitted { execution_arn } => {
                let index = self.belongs(event.id, around)?;
                if let Some(attempt) = self.states[index].attempts.last_mut() {
                    attempt.execution_arn = execution_arn;
                    attempt.submitted = true;
                }
                None
            }
            What::Succeeded {
                request_id,
                execution_arn,
                result,
            } => {
                let index = self.belongs(event.id, around)?;
                if let Some(result) = result {
                    self.results.insert(index, result);
                }
                if let Some(attempt) = self.states[index].attempts.last_mut() {
                    attempt.ended = Some(event.time);
                    attempt.request_id = request_id;
                    attempt.execution_arn = attempt.execution_arn.take().or(execution_arn);
                }
                None
            }
            What::Failed {
                failure,
                request_id,
            } => {
                let index = self.belongs(event.id, around)?;
                let state = &mut self.states[index];
                match state.attempts.last_mut() {
                    Some(attempt) if attempt.ended.is_none() => {
                        attempt.ended = Some(event.time);
                        attempt.failure = Some(failure);
                        attempt.request_id = request_id;
                    }
                    _ => state.failure = Some(failure),
                }
                Some((StateEvent::AttemptFailed, index))
            }
            What::Other => {
                self.belongs(event.id, around);
                None
            }
        }
    }

    /// Whether a redrive, and no retry, led from one attempt to the next.
    pub(super) fn is_redriven(&self, attempt: &Attempt, next: &Attempt) -> bool {
        let between = attempt.scheduled..=next.scheduled;
        self.redriven.iter().any(|time| between.contains(time))
    }

    /// What the task of a state answered last, as far as AWS says: JSON.
    pub fn result_of(&self, index: usize) -> Option<&str> {
        self.results.get(&index).map(String::as_str)
    }

    /// What a state assigned to variables when it was left.
    pub fn assigned_by(&self, index: usize) -> Option<&Map<String, Value>> {
        self.assigned.get(&index)
    }

    /// The highest id of the events that it was made of, 0 if there was none.
    pub(super) fn last_id(&self) -> i64 {
        self.last_id
    }

    /// A state and all that ran inside of it.
    pub(super) fn subtree(&self, index: usize) -> Self {
        let mut places = BTreeMap::from([(index, 0)]);
        let mut states = vec![StateRun {
            parent: None,
            ..self.states[index].clone()
        }];
        for (inner, state) in self.states.iter().enumerate().skip(index + 1) {
            if let Some(parent) = state.parent.and_then(|parent| places.get(&parent).copied()) {
                places.insert(inner, states.len());
                states.push(StateRun {
                    parent: Some(parent),
                    ..state.clone()
                });
            }
        }
        Self {
            states,
            ..Self::default()
        }
    }

    /// The names of the states entered, in order, without those inside of others: `top_level` are all
    /// that are not.
    pub fn path<'a>(&'a self, top_level: &[String]) -> Vec<&'a str> {
        let names = self.states.iter().map(|state| state.name.as_str());
        let outer = names.filter(|name| top_level.iter().any(|state| state == name));
        outer.collect()
    }

    pub fn retries_of(&self, name: &str) -> Option<usize> {
        let mut runs = self
            .states
            .iter()
            .filter(|state| state.name == name)
            .peekable();
        runs.peek()?;
        Some(runs.map(StateRun::retries).sum())
    }

    /// The innermost state that had not been left at an event, which is what the event behind it
    /// happens in. Not every implementation of the API says which event was before; then it is the
    /// last state entered.
    fn around(&self, previous_id: i64) -> Option<Place> {
        let place = match self.places.get(&previous_id) {
            Some(place) => *place,
            None => Place {
                state: self.states.len().checked_sub(1)?,
                iteration: None,
            },
        };
        let state = &self.states[place.state];
        if state.exited.is_none() {
            return Some(place);
        }
        // A state is left before the next one beside it is entered.
        Some(Place {
            state: state.parent?,
            iteration: state.iteration,
        })
    }

    /// No state runs inside of itself: one that is entered while it is open begins again, after a redrive.
    fn beside_itself(&self, around: Option<Place>, name: &str) -> Option<Place> {
        let first = around?.state;
        let mut states = std::iter::successors(Some(first), |state| self.states[*state].parent);
        let Some(again) = states.find(|state| self.states[*state].name == name) else {
            return around;
        };
        let state = &self.states[again];
        Some(Place {
            state: state.parent?,
            iteration: state.iteration,
        })
    }

    /// The state of this kind at or around another that fails now: one that failed before has
    /// passed its failure on.
    fn failed_container(&self, state: usize, kind: StateKind) -> Option<usize> {
        let mut around = std::iter::successors(Some(state), |state| self.states[*state].parent);
        around.find(|state| self.states[*state].kind == kind && !self.broken.contains(state))
    }

    fn belongs(&mut self, event: i64, around: Option<Place>) -> Option<usize> {
        self.places.insert(event, around?);
        Some(around?.state)
    }

    fn put(&mut self, event: i64, state: usize) {
        let iteration = None;
        self.places.insert(event, Place { state, iteration });
    }
}

#[cfg(test)]
pub mod tests;
