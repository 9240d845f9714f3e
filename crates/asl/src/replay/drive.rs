//! Runs a definition against a recording: each task gets the answer that the recording has for it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use super::difference::{differences, same_resource};
use super::event::REDRIVEN;
use super::recording::Recording;
use super::trace::{Place, Trace};
use super::visit::{Attempt, End};
use crate::{
    Decided, Execution, Machine, Outcome, Purpose, Redrive, Status, Step, Stopped, TaskId,
    TaskRequest, Timestamp,
};

/// How a definition ran against a recording.
#[derive(Debug)]
pub(super) struct Driven {
    pub(super) trace: Trace,
    pub(super) outcome: Option<Outcome>,
    pub(super) decided: Vec<Decided>,
    /// The attempts that the recording has no answer to, by place.
    pub(super) unanswered: Vec<(usize, usize)>,
}

/// Two runs that differ in all that is left to chance: random numbers, ids and tokens, and the time of day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance {
    pub(super) seed: u64,
    pub(super) late: Duration,
}

impl Chance {
    pub(super) const fn number(seed: u64) -> Self {
        Self {
            seed,
            late: Duration::from_millis(7_919 * seed),
        }
    }
}

/// A definition that loops without a task would not end. With so many more events than in the recording, it has gone
/// another way long ago.
const MORE_EVENTS: usize = 1_000;

pub(super) fn drive(machine: &Machine, recording: &Recording, chance: Chance) -> Driven {
    let mut drive = Drive {
        machine,
        recording,
        chance,
        answers: Answers::of(&recording.trace),
        history: Vec::new(),
        driven: Driven {
            trace: Trace::new(),
            outcome: None,
            decided: Vec::new(),
            unanswered: Vec::new(),
        },
    };
    drive.run(None);
    for redrive in 0..recording.redrives.len() {
        let failed = |outcome: &Outcome| outcome.status != Status::Succeeded;
        if !drive.driven.outcome.as_ref().is_some_and(failed) {
            break;
        }
        drive.run(Some(redrive));
    }
    drive.driven
}

struct Drive<'a> {
    machine: &'a Machine,
    recording: &'a Recording,
    chance: Chance,
    answers: Answers<'a>,
    /// All events, of an execution that was redriven.
    history: Vec<Value>,
    driven: Driven,
}

impl Drive<'_> {
    /// Runs it from its start, or from a redrive, to its end.
    fn run(&mut self, redrive: Option<usize>) {
        let (mut execution, mut now) = self.start(redrive);
        // What is due, in the order in which the recording has it.
        let mut due = BTreeMap::new();
        let mut events = 0;
        let most = self.recording.events() + MORE_EVENTS;
        // What timed out in the recording, and should by the limits of the definition.
        let mut timing_out = Vec::new();
        let mut stopped = self.stopped(redrive);
        loop {
            let step = execution.advance(now);
            events += step.events.len();
            let scheduled = self.take(&step);
            if step.end.is_some() {
                self.driven.outcome = step.end;
                return;
            }
            // What reads or writes the data of a Distributed Map has no event, and its executions have histories of their own.
            let tasks = { step.tasks.iter() }.filter(|task| matches!(task.purpose, Purpose::Task));
            for (task, (place, number)) in tasks.zip(scheduled) {
                let answer = self.answers.take(&self.driven.trace, place, number);
                match answer.and_then(|attempt| begin(&mut execution, task, attempt)) {
                    Some(end) => {
                        let at = now + Duration::from_millis(end.after_millis);
                        due.insert((at, end.event), (task.id, end));
                    }
                    None if answer.is_some_and(timed_out) => timing_out.push((task.id, place)),
                    None => {
                        let visit = place.visit.map(|visit| (place.scope, visit));
                        self.driven.unanswered.extend(visit);
                    }
                }
            }
            timing_out.retain(|(task, _)| !step.cancelled.contains(task));
            // The time of an activity counts from its start, which was reported just now.
            let started = !step.tasks.is_empty();
            if events > most {
                return;
            }
            let next = due.first_key_value().map(|((at, _), _)| *at);
            let ahead = step.wake.into_iter().chain(next).min();
            if let Some(at) = stopped.filter(|at| ahead.is_none_or(|ahead| ahead > *at))
                && !started
            {
                now = now.max(at);
                execution.stop(None, None);
                stopped = None;
                continue;
            }
            match (step.wake, next) {
                _ if started => {}
                (Some(wake), next) if next.is_none_or(|next| wake < next) => now = now.max(wake),
                (_, Some(at)) => {
                    now = now.max(at);
                    if let Some((_, (task, end))) = due.pop_first() {
                        report(&mut execution, task, end);
                    }
                }
                // All that runs waits for an answer that nobody has.
                _ => {
                    let places = timing_out.iter().map(|(_, place)| place);
                    let visits = places.filter_map(|place| Some((place.scope, place.visit?)));
                    self.driven.unanswered.extend(visits);
                    return;
                }
            }
        }
    }

    /// The execution, and the time at which it starts or goes on.
    fn start(&mut self, redrive: Option<usize>) -> (Execution, Timestamp) {
        let started = self.recording.started + self.chance.late;
        let mut options = self.recording.options(self.chance.seed);
        let Some(index) = redrive else {
            return (Execution::start(self.machine, options, started), started);
        };
        let time = self.recording.redrives[index].time + self.chance.late;
        let last_event = self.history.len() as u64 + 1;
        let event = json!({ "id": last_event, "previousEventId": 0, "type": REDRIVEN });
        self.driven.trace.take(&event);
        self.history.push(event);
        self.driven.outcome = None;
        self.driven.unanswered.clear();
        options.redrive = Some(Redrive {
            count: index as u64 + 1,
            time,
            started,
            last_event,
            at: Stopped::of(self.machine.program(), &self.history),
            map_runs: BTreeMap::new(),
        });
        (Execution::start(self.machine, options, time), time)
    }

    /// When somebody stopped the run, if it is one that was redriven later.
    fn stopped(&self, redrive: Option<usize>) -> Option<Timestamp> {
        let next = redrive.map_or(0, |redrive| redrive + 1);
        let ended = self.recording.redrives.get(next)?;
        ended.stopped.map(|at| at + self.chance.late)
    }

    /// Takes what has happened, and returns the attempts that were scheduled.
    fn take(&mut self, step: &Step) -> Vec<(Place, usize)> {
        self.driven.decided.extend(step.decided.iter().cloned());
        let mut scheduled = Vec::new();
        for event in &step.events {
            let event = event.to_json();
            scheduled.extend(self.driven.trace.take(&event));
            if !self.recording.redrives.is_empty() {
                self.history.push(event);
            }
        }
        scheduled
    }
}

fn timed_out(attempt: &Attempt) -> bool {
    attempt.end.as_ref().is_some_and(|end| end.timed_out)
}

/// Starts a task as recorded. `None` if the recording does not know how it ends.
fn begin<'a>(
    execution: &mut Execution,
    task: &TaskRequest,
    attempt: &'a Attempt,
) -> Option<&'a End> {
    // The engine has just requested the task, so the reports cannot fail.
    let _ = execution.task_started(task.id, None);
    if let Some(output) = &attempt.submitted {
        let _ = execution.task_submitted(task.id, output.clone());
    }
    // It ends by the limit of the definition, if that still has one.
    attempt.end.as_ref().filter(|end| !end.timed_out)
}

fn report(execution: &mut Execution, task: TaskId, end: &End) {
    // It may have timed out meanwhile.
    let _ = match &end.result {
        Ok(output) => execution.task_succeeded(task, output.clone()),
        Err(failed) => {
            let text = |text: &String| (!text.is_empty()).then(|| text.clone());
            execution.task_failed(task, text(&failed.error), text(&failed.cause))
        }
    };
}

/// An attempt by its place in the trace: the scope, the visit, and which attempt of it.
type At = (usize, usize, usize);

/// An attempt as another run has it: the path of the scope, the state, which visit of that, and which attempt.
type Attempted<'a> = (&'a str, &'a str, usize, usize);

/// The recorded attempts, each of which answers once.
struct Answers<'a> {
    recorded: &'a Trace,
    by_state: BTreeMap<Attempted<'a>, At>,
    by_resource: BTreeMap<&'a str, Vec<At>>,
    used: BTreeSet<At>,
}

impl<'a> Answers<'a> {
    fn of(recorded: &'a Trace) -> Self {
        let by_resource = recorded.attempts();
        let by_state = by_resource.values().flatten().filter_map(|at| {
            let place = Place {
                scope: at.0,
                visit: Some(at.1),
            };
            let (path, state, occurrence) = recorded.occurrence(place)?;
            Some(((path, state, occurrence, at.2), *at))
        });
        Self {
            recorded,
            by_state: by_state.collect(),
            by_resource,
            used: BTreeSet::new(),
        }
    }

    /// The recorded attempt of the same state, iteration and number; else one of the same call.
    fn take(&mut self, replayed: &Trace, place: Place, number: usize) -> Option<&'a Attempt> {
        let attempt = replayed.attempt((place.scope, place.visit?, number))?;
        let (path, state, occurrence) = replayed.occurrence(place)?;
        // An attempt that the end of the execution cut off may be in one of the histories alone.
        let numbers = match self.recorded.redrives {
            0 => number..number + 1,
            _ => 0..usize::MAX,
        };
        let of_state = numbers.map_while(|number| {
            let at = (path, state, occurrence, number);
            self.by_state.get(&at).copied()
        });
        let same_state = of_state.filter(|at| !self.used.contains(at)).find(|at| {
            let recorded = self.recorded.attempt(*at);
            recorded.is_some_and(|recorded| {
                recorded.redrives == attempt.redrives
                    && same_resource(&recorded.resource, &attempt.resource)
            })
        });
        let at = same_state.or_else(|| self.same_call(attempt))?;
        self.used.insert(at);
        self.recorded.attempt(at)
    }

    fn same_call(&self, attempt: &Attempt) -> Option<(usize, usize, usize)> {
        let candidates = self.by_resource.get(attempt.resource.as_str())?;
        let free = candidates.iter().filter(|at| !self.used.contains(*at));
        free.copied().find(|at| {
            let recorded = self.recorded.attempt(*at);
            recorded.is_some_and(|recorded| {
                let (one, other) = (&recorded.parameters, &attempt.parameters);
                recorded.redrives == attempt.redrives
                    && differences("$", one.value(), other.value()).is_empty()
            })
        })
    }
}
