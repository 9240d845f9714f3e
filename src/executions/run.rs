//! What an execution came to, told by its history.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::config::ExecutionStatus;

/// An execution that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub execution_arn: String,
    pub status: ExecutionStatus,
    pub output: Option<Value>,
    pub error: Option<String>,
    pub cause: Option<String>,
    pub duration: Duration,
    /// `None` for EXPRESS, whose history AWS does not give.
    pub history: Option<History>,
}

/// What the events of an execution have told so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// The states entered, in order.
    pub states: Vec<StateRun>,
    /// By event id: the index of the state that it belongs to.
    owners: BTreeMap<i64, usize>,
    /// The highest event id that was read.
    pub last_id: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct StateRun {
    pub name: String,
    /// Seconds since 1970.
    pub entered: f64,
    pub exited: Option<f64>,
    /// How often its task was scheduled.
    pub attempts: usize,
    /// Error and cause of the last attempt that failed.
    pub failure: Option<(String, String)>,
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
    Entered(String),
    Exited(String),
    Scheduled,
    Failed { error: String, cause: String },
    Other,
}

/// What a new event changed.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    Entered(String),
    Exited(StateRun),
}

impl StateRun {
    /// The first attempt is none.
    pub fn retries(&self) -> usize {
        self.attempts.saturating_sub(1)
    }

    pub fn duration(&self) -> Duration {
        let seconds = self.exited.unwrap_or(self.entered) - self.entered;
        Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }
}

impl History {
    /// Takes the next event, and says what a watcher should hear of it. An event that was read
    /// before is passed over.
    pub fn take(&mut self, event: &HistoryEvent) -> Option<Told> {
        if event.id <= self.last_id {
            return None;
        }
        self.last_id = event.id;
        match &event.what {
            What::Entered(name) => {
                self.owners.insert(event.id, self.states.len());
                self.states.push(StateRun {
                    name: name.clone(),
                    entered: event.time,
                    exited: None,
                    attempts: 0,
                    failure: None,
                });
                Some(Told::Entered(name.clone()))
            }
            What::Exited(name) => {
                let open = |state: &&mut StateRun| state.name == *name && state.exited.is_none();
                let state = self.states.iter_mut().rev().find(open)?;
                state.exited = Some(event.time);
                Some(Told::Exited(state.clone()))
            }
            What::Scheduled => {
                self.owner(event)?.attempts += 1;
                None
            }
            What::Failed { error, cause } => {
                self.owner(event)?.failure = Some((error.clone(), cause.clone()));
                None
            }
            What::Other => {
                self.owner(event);
                None
            }
        }
    }

    /// The state in which the execution failed: the last one that failed and was not left.
    pub fn failed_state(&self) -> Option<&StateRun> {
        let mut open = self
            .states
            .iter()
            .rev()
            .filter(|state| state.exited.is_none());
        let failed = open.clone().find(|state| state.failure.is_some());
        failed.or_else(|| open.next())
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

    /// The state that an event belongs to: that of the event before it. Not every implementation of
    /// the API says which that is; then it is the last state entered.
    fn owner(&mut self, event: &HistoryEvent) -> Option<&mut StateRun> {
        let last = self.states.len().checked_sub(1)?;
        let owner = self.owners.get(&event.previous_id).copied().unwrap_or(last);
        self.owners.insert(event.id, owner);
        self.states.get_mut(owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            error: error.to_owned(),
            cause: String::new(),
        }
    }

    #[test]
    fn attempts_of_branches_that_run_side_by_side_are_not_mixed_up() {
        let mut history = History::default();
        let events = [
            event(1, 0, What::Entered("Left".to_owned())),
            event(2, 0, What::Entered("Right".to_owned())),
            event(3, 1, What::Scheduled),
            event(4, 2, What::Scheduled),
            event(5, 3, failed("Busy")),
            event(6, 5, What::Scheduled),
            event(7, 4, What::Exited("Right".to_owned())),
            event(8, 6, What::Exited("Left".to_owned())),
        ];
        for event in &events {
            history.take(event);
        }
        assert_eq!(history.retries_of("Left"), Some(1));
        assert_eq!(history.retries_of("Right"), Some(0));
        assert_eq!(history.retries_of("Middle"), None);
    }

    #[test]
    fn a_state_without_previous_ids_gets_the_events_behind_it() {
        let mut history = History::default();
        let events = [
            event(1, 0, What::Entered("A".to_owned())),
            event(2, 0, What::Scheduled),
            event(3, 0, failed("Boom")),
        ];
        for event in &events {
            history.take(event);
        }
        let failed = history
            .failed_state()
            .map(|state| (&*state.name, &state.failure));
        let failure = Some(("Boom".to_owned(), String::new()));
        assert_eq!(failed, Some(("A", &failure)));
    }

    #[test]
    fn an_event_that_is_read_twice_counts_once() {
        let mut history = History::default();
        history.take(&event(1, 0, What::Entered("A".to_owned())));
        for _ in 0..2 {
            history.take(&event(2, 1, What::Scheduled));
        }
        assert_eq!(history.retries_of("A"), Some(0));
    }
}
