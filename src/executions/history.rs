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
    /// How many states are around it.
    pub depth: usize,
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

impl Attempt {
    pub fn duration(&self) -> Duration {
        between(self.scheduled, self.ended.unwrap_or(self.scheduled))
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

    pub fn retries_of(&self, name: &str) -> Option<usize> {
        let mut runs = self
            .states
            .iter()
            .filter(|state| state.name == name)
            .peekable();
        runs.peek()?;
        Some(runs.map(StateRun::retries).sum())
    }

    /// How many states are around one.
    pub fn depth(&self, index: usize) -> usize {
        let parent = |index: &usize| self.states.get(*index)?.parent;
        std::iter::successors(parent(&index), parent).count()
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
            depth: self.depth(index),
            state: self.states[index].clone(),
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn entered(id: i64, previous_id: i64, name: &str, kind: &str) -> HistoryEvent {
        let what = What::Entered {
            name: name.to_owned(),
            kind: kind.to_owned(),
            input: None,
        };
        event(id, previous_id, what)
    }

    fn exited(id: i64, previous_id: i64, name: &str) -> HistoryEvent {
        let what = What::Exited {
            name: name.to_owned(),
            output: None,
        };
        event(id, previous_id, what)
    }

    fn event(id: i64, previous_id: i64, what: What) -> HistoryEvent {
        HistoryEvent {
            id,
            previous_id,
            time: id as f64,
            what,
        }
    }

    fn failed(error: &str) -> What {
        What::Failed {
            failure: Failure {
                error: error.to_owned(),
                cause: String::new(),
            },
            request_id: None,
        }
    }

    fn inner_failed(kind: &'static str, whole: bool) -> What {
        What::InnerFailed { kind, whole }
    }

    const SCHEDULED: What = What::Scheduled { function_arn: None };

    fn history(events: impl IntoIterator<Item = HistoryEvent>) -> History {
        let mut history = History::default();
        for event in events {
            history.take(event);
        }
        history
    }

    fn parents(history: &History) -> Vec<(&str, Option<&str>, Option<i32>)> {
        let name = |index: usize| history.states[index].name.as_str();
        let states = history.states.iter();
        states
            .map(|state| (&*state.name, state.parent.map(name), state.iteration))
            .collect()
    }

    #[test]
    fn attempts_of_branches_that_run_side_by_side_are_not_mixed_up() {
        let history = history([
            entered(1, 0, "Both", "Parallel"),
            entered(2, 1, "Left", "Task"),
            entered(3, 1, "Right", "Task"),
            event(4, 2, SCHEDULED),
            event(5, 3, SCHEDULED),
            event(6, 4, failed("Busy")),
            event(7, 6, SCHEDULED),
            exited(8, 5, "Right"),
            exited(9, 7, "Left"),
        ]);
        assert_eq!(history.retries_of("Left"), Some(1));
        assert_eq!(history.retries_of("Right"), Some(0));
        assert_eq!(history.retries_of("Middle"), None);
    }

    #[test]
    fn a_state_knows_what_it_runs_inside_of_and_for_which_item() {
        let history = history([
            entered(1, 0, "Each", "Map"),
            event(2, 1, What::Iteration(0)),
            event(3, 1, What::Iteration(1)),
            entered(4, 2, "A", "Pass"),
            entered(5, 3, "A", "Pass"),
            exited(6, 5, "A"),
            exited(7, 4, "A"),
            entered(8, 6, "B", "Pass"),
            exited(9, 8, "B"),
            event(10, 9, What::Other),
            exited(11, 10, "Each"),
            entered(12, 11, "After", "Pass"),
        ]);
        let each = Some("Each");
        assert_eq!(
            parents(&history),
            [
                ("Each", None, None),
                ("A", each, Some(0)),
                ("A", each, Some(1)),
                ("B", each, Some(1)),
                ("After", None, None),
            ]
        );
        assert_eq!(history.depth(3), 1);
        assert!(history.states[0].exited.is_some());
    }

    #[test]
    fn what_follows_a_failed_item_is_not_inside_of_it() {
        let history = history([
            entered(1, 0, "Each", "Map"),
            event(2, 1, What::Iteration(0)),
            entered(3, 2, "A", "Task"),
            event(4, 3, SCHEDULED),
            event(5, 4, failed("Boom")),
            event(6, 5, inner_failed("Map", false)),
            event(7, 6, inner_failed("Map", true)),
            exited(8, 7, "Each"),
            entered(9, 8, "Caught", "Pass"),
        ]);
        assert_eq!(parents(&history)[2], ("Caught", None, None));
    }

    #[test]
    fn a_failure_goes_up_through_states_of_the_same_kind() {
        let history = history([
            entered(1, 0, "Outer", "Parallel"),
            entered(2, 1, "Inner", "Parallel"),
            entered(3, 2, "A", "Task"),
            event(4, 3, failed("Boom")),
            event(5, 4, inner_failed("Parallel", true)),
            event(6, 5, inner_failed("Parallel", true)),
            exited(7, 6, "Outer"),
            entered(8, 7, "Caught", "Pass"),
        ]);
        assert!(history.states[0].exited.is_some());
        assert_eq!(parents(&history)[3], ("Caught", None, None));
    }

    #[test]
    fn a_failure_that_a_later_attempt_made_good_is_none() {
        let mut history = history([
            entered(1, 0, "A", "Task"),
            event(2, 1, SCHEDULED),
            event(3, 2, failed("Busy")),
            event(4, 3, SCHEDULED),
        ]);
        assert_eq!(history.states[0].failure(), None);
        assert!(history.states[0].attempts[0].failure.is_some());
        history.take(event(5, 4, failed("Boom")));
        let failure = history.failed_state().and_then(StateRun::failure);
        assert_eq!(failure.map(|failure| failure.error.as_str()), Some("Boom"));
    }

    #[test]
    fn what_failed_inside_of_a_state_that_went_on_is_not_where_the_execution_failed() {
        let history = history([
            entered(1, 0, "Each", "Map"),
            event(2, 1, What::Iteration(0)),
            entered(3, 2, "A", "Task"),
            event(4, 3, failed("Boom")),
            event(5, 4, inner_failed("Map", true)),
            exited(6, 5, "Each"),
            entered(7, 6, "Choose", "Choice"),
        ]);
        let failed = history.failed_state().map(|state| state.name.as_str());
        assert_eq!(failed, Some("Choose"));
    }

    #[test]
    fn a_state_without_previous_ids_gets_the_events_behind_it() {
        let history = history([
            entered(1, 0, "A", "Task"),
            event(2, 0, SCHEDULED),
            event(3, 0, failed("Boom")),
        ]);
        let failed = history.failed_state().map(|state| state.name.as_str());
        assert_eq!(failed, Some("A"));
        assert_eq!(history.states[0].attempts.len(), 1);
    }

    #[test]
    fn a_state_that_is_entered_again_by_a_redrive_stands_beside_its_first_run() {
        let history = history([
            entered(1, 0, "Both", "Parallel"),
            entered(2, 1, "A", "Task"),
            event(3, 2, SCHEDULED),
            event(4, 3, failed("Boom")),
            event(5, 4, What::Other),
            event(6, 0, What::Other),
            entered(7, 6, "Both", "Parallel"),
            entered(8, 7, "A", "Task"),
        ]);
        let both = Some("Both");
        let found: Vec<(&str, Option<&str>)> = parents(&history)
            .into_iter()
            .map(|(name, parent, _)| (name, parent))
            .collect();
        assert_eq!(
            found,
            [("Both", None), ("A", both), ("Both", None), ("A", both)]
        );
        assert_eq!(history.states[3].parent, Some(2));
    }

    #[test]
    fn an_event_that_is_read_twice_counts_once() {
        let mut history = history([entered(1, 0, "A", "Task")]);
        for _ in 0..2 {
            history.take(event(2, 1, SCHEDULED));
        }
        assert_eq!(history.retries_of("A"), Some(0));
    }
}
