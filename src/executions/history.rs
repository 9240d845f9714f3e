//! What the events of an execution tell: the states it entered, as a tree, and their attempts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::run::between;

/// What the events of an execution have told so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// The states entered, in order. A state stands behind the one that it runs inside of.
    pub states: Vec<StateRun>,
    /// By event id: where it belongs.
    places: BTreeMap<i64, Place>,
    /// The `Map` and `Parallel` states that failed and did not begin again.
    broken: BTreeSet<usize>,
    /// The highest event id that was read.
    last_id: i64,
}

/// One entry into a state.
#[derive(Debug, Clone, PartialEq)]
pub struct StateRun {
    pub name: String,
    /// `Task`, `Choice` and so on; empty where the API does not say.
    pub kind: String,
    /// The index of the `Map` or `Parallel` state that it runs inside of.
    pub parent: Option<usize>,
    /// Which item of the `Map` state around it, from 0.
    pub iteration: Option<i32>,
    /// Seconds since 1970.
    pub entered: f64,
    pub exited: Option<f64>,
    /// JSON, as AWS keeps it.
    pub input: Option<String>,
    pub output: Option<String>,
    /// Each time that its task was scheduled.
    pub attempts: Vec<Attempt>,
    /// A failure outside of any attempt, such as of an expression.
    pub failure: Option<Failure>,
}

/// One time that a task was scheduled.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Seconds since 1970.
    pub scheduled: f64,
    pub ended: Option<f64>,
    pub failure: Option<Failure>,
    /// The ARN of the function that was called.
    pub function_arn: Option<String>,
    /// Lambda's, where the answer holds it.
    pub request_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Failure {
    pub error: String,
    pub cause: String,
}

/// One event of a history, cut down to what is told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEvent {
    pub id: i64,
    pub previous_id: i64,
    /// Seconds since 1970.
    pub time: f64,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    Entered {
        name: String,
        kind: String,
        input: Option<String>,
    },
    Exited {
        name: String,
        output: Option<String>,
    },
    /// An item of a `Map` state begins.
    Iteration(i32),
    /// A `Map` or `Parallel` state, or an item of one, failed because of what ran inside.
    InnerFailed {
        kind: &'static str,
        /// The state itself, not an item of it.
        whole: bool,
    },
    Scheduled {
        function_arn: Option<String>,
    },
    Succeeded {
        request_id: Option<String>,
    },
    Failed {
        failure: Failure,
        request_id: Option<String>,
    },
    Other,
}

/// What a new event changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub news: News,
    /// The index of the state in [`History::states`].
    pub index: usize,
    pub state: StateRun,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
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
    /// The first attempt is none.
    pub fn retries(&self) -> usize {
        self.attempts.len().saturating_sub(1)
    }

    /// Nothing while it runs.
    pub fn duration(&self) -> Duration {
        between(self.entered, self.exited.unwrap_or(self.entered))
    }

    /// Why it failed, or what it caught: a failure that a later attempt made good is none.
    pub fn failure(&self) -> Option<&Failure> {
        let last = self.attempts.last();
        let last = last.and_then(|attempt| attempt.failure.as_ref());
        self.failure.as_ref().or(last)
    }
}

impl History {
    /// Takes the next event, and says what a watcher should hear of it. An event that was read
    /// before is passed over.
    pub fn take(&mut self, event: HistoryEvent) -> Option<Told> {
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
                });
                self.put(event.id, index);
                Some(self.told(News::Entered, index))
            }
            What::Exited { name, output } => {
                let open = |state: &StateRun| state.name == name && state.exited.is_none();
                let known = around.filter(|place| open(&self.states[place.state]));
                let index = match known {
                    Some(place) => place.state,
                    None => self.states.iter().rposition(open)?,
                };
                self.states[index].exited = Some(event.time);
                self.states[index].output = output;
                self.put(event.id, index);
                Some(self.told(News::Exited, index))
            }
            What::Iteration(iteration) => {
                let state = around?.state;
                self.broken.remove(&state);
                let iteration = Some(iteration);
                self.places.insert(event.id, Place { state, iteration });
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
            What::Scheduled { function_arn } => {
                let index = self.belongs(event.id, around)?;
                let attempts = &mut self.states[index].attempts;
                attempts.push(Attempt {
                    scheduled: event.time,
                    ended: None,
                    failure: None,
                    function_arn,
                    request_id: None,
                });
                let again = attempts.len() > 1;
                again.then(|| self.told(News::Retried, index))
            }
            What::Succeeded { request_id } => {
                let index = self.belongs(event.id, around)?;
                if let Some(attempt) = self.states[index].attempts.last_mut() {
                    attempt.ended = Some(event.time);
                    attempt.request_id = request_id;
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
                Some(self.told(News::AttemptFailed, index))
            }
            What::Other => {
                self.belongs(event.id, around);
                None
            }
        }
    }

    /// The state in which the execution failed: the last one that failed and was not left.
    pub fn failed_state(&self) -> Option<&StateRun> {
        self.failed().map(|index| &self.states[index])
    }

    /// Its index.
    pub fn failed(&self) -> Option<usize> {
        let mut open = (0..self.states.len()).rev().filter(|at| self.is_open(*at));
        let failed = open.clone().find(|at| self.states[*at].failure().is_some());
        failed.or_else(|| open.next())
    }

    /// Whether neither a state nor any that it runs inside of was left.
    pub(super) fn is_open(&self, index: usize) -> bool {
        let mut around = std::iter::successors(Some(index), |at| self.states[*at].parent);
        around.all(|at| self.states[at].exited.is_none())
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
    fn failed_container(&self, state: usize, kind: &str) -> Option<usize> {
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

    fn told(&self, news: News, index: usize) -> Told {
        Told {
            news,
            index,
            state: self.states[index].clone(),
        }
    }
}

#[cfg(test)]
pub mod tests;
