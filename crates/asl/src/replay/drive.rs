//! Runs a definition against a recording: each task gets the answer that the recording has for it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::difference::{differences, same_resource};
use super::recording::Recording;
use super::trace::{Attempt, End, Place, Trace};
use crate::{Decided, Execution, Machine, Outcome, Purpose, TaskId, TaskRequest};

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
    let mut now = recording.started + chance.late;
    let mut execution = Execution::start(machine, recording.options(chance.seed), now);
    let mut answers = Answers::of(&recording.trace);
    let mut driven = Driven {
        trace: Trace::new(),
        outcome: None,
        decided: Vec::new(),
        unanswered: Vec::new(),
    };
    // What is due, in the order in which the recording has it.
    let mut due = BTreeMap::new();
    let mut events = 0;
    let most = recording.events() + MORE_EVENTS;
    // What timed out in the recording, and should by the limits of the definition.
    let mut timing_out = Vec::new();
    loop {
        let step = execution.advance(now);
        events += step.events.len();
        driven.decided.extend(step.decided);
        let scheduled = step
            .events
            .iter()
            .filter_map(|event| driven.trace.take(&event.to_json()));
        let scheduled: Vec<_> = scheduled.collect();
        if step.end.is_some() {
            driven.outcome = step.end;
            return driven;
        }
        // What reads or writes the data of a Distributed Map has no event, and its executions have histories of their own.
        let tasks = { step.tasks.iter() }.filter(|task| matches!(task.purpose, Purpose::Task));
        for (task, (place, number)) in tasks.zip(scheduled) {
            let answer = answers.take(&driven.trace, place, number);
            match answer.and_then(|attempt| begin(&mut execution, task, attempt)) {
                Some(end) => {
                    let at = now + Duration::from_millis(end.after_millis);
                    due.insert((at, end.event), (task.id, end));
                }
                None if answer.is_some_and(timed_out) => timing_out.push((task.id, place)),
                None => driven
                    .unanswered
                    .extend(place.visit.map(|visit| (place.scope, visit))),
            }
        }
        timing_out.retain(|(task, _)| !step.cancelled.contains(task));
        // The time of an activity counts from its start, which was reported just now.
        let started = !step.tasks.is_empty();
        if events > most {
            return driven;
        }
        let next = due.first_key_value().map(|((at, _), _)| *at);
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
                driven.unanswered.extend(visits);
                return driven;
            }
        }
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
        let same_state = { self.by_state.get(&(path, state, occurrence, number)) }
            .filter(|at| !self.used.contains(*at))
            .filter(|at| {
                let recorded = self.recorded.attempt(**at);
                recorded
                    .is_some_and(|recorded| same_resource(&recorded.resource, &attempt.resource))
            })
            .copied();
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
                differences("$", one.value(), other.value()).is_empty()
            })
        })
    }
}
