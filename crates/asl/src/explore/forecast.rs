//! How many events, transitions and bytes an execution takes, and how many it would take with more items in a Map.
//!
//! Nothing is estimated but the line: the engine runs with three numbers of items, and what lies on one line is continued.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::answers::Answers;
use super::case::Case;
use super::ending::Ending;
use super::run::{self, Ran, Setting};
use super::scaled::{Scaled, Source, arrays};
use crate::history::{Event, EventKind, TaskEvent};
use crate::limits::{MAX_HISTORY_EVENTS, MAX_PAYLOAD_BYTES};
use crate::{Decision, ExecutionKind, Machine, Payload};

/// How many items a Map state should get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub map: String,
    pub items: u64,
}

/// What the execution of a test takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    pub case: String,
    pub load: Load,
    /// Of the Map states that it comes to.
    pub growth: Vec<Growth>,
}

/// What an execution takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// In its history.
    pub events: u64,
    /// The most in the history of an execution of a Distributed Map, if there is one.
    pub events_of_child: Option<u64>,
    /// States entered, and retries, also in the executions of Distributed Maps.
    pub transitions: u64,
    pub largest: Largest,
}

/// The largest document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Largest {
    pub bytes: u64,
    /// The state whose input, parameters, result or output it is.
    pub state: String,
}

/// How an execution grows with the items of a Map state.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    pub map: String,
    /// How many items the test has.
    pub items: u64,
    /// Why no more is known, if so.
    pub unknown: Option<&'static str>,
    pub events_per_item: f64,
    pub transitions_per_item: f64,
    /// The number of items up to which the history has room; `None` if it does not grow, or has no limit.
    pub most_for_events: Option<u64>,
    /// The same of the documents, and the state whose document is too large first.
    pub most_for_payload: Option<(u64, String)>,
    /// What was asked for.
    pub at: Vec<At>,
}

/// The load with so many items.
#[derive(Clone, Debug, PartialEq)]
pub struct At {
    pub items: u64,
    pub load: Load,
}

/// What was measured of one execution.
#[derive(Debug)]
struct Measured {
    events: u64,
    events_of_child: Option<u64>,
    transitions: u64,
    /// The largest document by state.
    bytes: BTreeMap<Arc<str>, u64>,
    /// The most items by Map state.
    items: BTreeMap<Arc<str>, u64>,
}

const COMPUTED: &str = "its items are computed, and not in the input or in an answer as they are";
const NO_LINE: &str = "it does not grow along a line";
const FAILS: &str = "it does not succeed in this test";
const FAILS_WITH_MORE: &str = "it does not succeed with more items";

/// How many items are tried at least: with fewer, what is done once weighs too much.
const AT_LEAST: u64 = 10;

/// Runs each case, and with other numbers of items in its Map states.
pub(super) fn forecast(
    machine: &Machine,
    kind: ExecutionKind,
    cases: &[Case],
    wanted: &[Wanted],
) -> Vec<Forecast> {
    let answers = Answers::of(cases);
    let forecast = |at: usize| {
        let case = Sized {
            machine,
            kind,
            case: &cases[at],
            answers: &answers,
            at,
        };
        let ran = case.run(None);
        let measured = Measured::of(&ran);
        let maps = measured.items.iter();
        let growth = maps.map(|(map, items)| case.growth(&ran, map, *items, wanted));
        Forecast {
            case: case.case.name.clone(),
            load: measured.load(),
            growth: growth.collect(),
        }
    };
    (0..cases.len()).map(forecast).collect()
}

/// A case whose arrays get longer.
struct Sized<'a> {
    machine: &'a Machine,
    kind: ExecutionKind,
    case: &'a Case,
    answers: &'a Answers<'a>,
    at: usize,
}

impl Sized<'_> {
    fn run(&self, scaled: Option<&Scaled>) -> Ran {
        let mut setting = Setting::of(self.case, self.kind);
        setting.most_events = usize::MAX;
        let mut answering = self.answers.of_case(self.at);
        if let Some(scaled) = scaled {
            match scaled.source.answered_by {
                Some(_) => answering.scaled = Some(scaled.clone()),
                None => setting.scale_input(scaled),
            }
        }
        run::run(self.machine, &setting, &answering, &[])
    }

    fn growth(&self, ran: &Ran, map: &Arc<str>, items: u64, wanted: &[Wanted]) -> Growth {
        let mut growth = Growth {
            map: map.to_string(),
            items,
            unknown: None,
            events_per_item: 0.0,
            transitions_per_item: 0.0,
            most_for_events: None,
            most_for_payload: None,
            at: Vec::new(),
        };
        if items == 0 {
            growth.unknown = Some("the test has no items");
            return growth;
        }
        // What a failure cuts off tells nothing of those that come after it.
        if !succeeds(ran, map) {
            growth.unknown = Some(FAILS);
            return growth;
        }
        let Some(source) = self.source(ran, map, items) else {
            growth.unknown = Some(COMPUTED);
            return growth;
        };
        let step = items * AT_LEAST.div_ceil(items);
        let mut fails = false;
        let measured = [1, 2, 3].map(|times| {
            let ran = self.run(Some(&source.with(step * times)));
            fails |= !succeeds(&ran, map);
            let whole = !matches!(ran.ending, Ending::Endless);
            (step * times, Measured::of(&ran), whole)
        });
        match Lines::through(&measured) {
            _ if fails => growth.unknown = Some(FAILS_WITH_MORE),
            Some(lines) => {
                let wanted = wanted.iter().filter(|wanted| *wanted.map == **map);
                growth.take(&lines, self.kind, wanted);
            }
            None => growth.unknown = Some(NO_LINE),
        }
        growth
    }

    /// The array that the Map iterates over: with twice its items, the Map has twice as many.
    fn source(&self, ran: &Ran, map: &Arc<str>, items: u64) -> Option<Source> {
        let of_input = arrays(&self.case.input).into_iter().map(|path| Source {
            answered_by: None,
            path,
        });
        let of_answers = ran.tasks.iter().flat_map(|(state, asked)| {
            let success = asked.success.as_ref();
            let paths = success.map_or_else(Vec::new, |success| arrays(success.value()));
            paths.into_iter().map(|path| Source {
                answered_by: Some(state.to_string()),
                path,
            })
        });
        let mut sources = of_input.chain(of_answers);
        sources.find(|source| {
            let ran = self.run(Some(&source.with(items * 2)));
            Measured::of(&ran).items.get(map) == Some(&(items * 2))
        })
    }
}

/// Whether a Map state that was entered came to its end.
fn succeeds(ran: &Ran, map: &Arc<str>) -> bool {
    let caught = |(state, decision): &(Arc<str>, Decision)| {
        state == map && matches!(decision, Decision::Catcher(_))
    };
    ran.left.contains(map) && !ran.decided.iter().any(caught)
}

impl Source {
    fn with(&self, items: u64) -> Scaled {
        Scaled {
            source: self.clone(),
            items: usize::try_from(items).unwrap_or(usize::MAX),
        }
    }
}

impl Measured {
    fn of(ran: &Ran) -> Self {
        let mut measured = Self {
            events: ran.events.len() as u64,
            events_of_child: ran
                .children
                .values()
                .map(|events| events.len() as u64)
                .max(),
            transitions: 0,
            bytes: BTreeMap::new(),
            items: BTreeMap::new(),
        };
        for events in std::iter::once(&ran.events).chain(ran.children.values()) {
            measured.count(events);
        }
        measured
    }

    fn count(&mut self, events: &[Event]) {
        let mut states: BTreeMap<u64, Arc<str>> = BTreeMap::new();
        // The states that have begun their work: if they do so again, that is a retry.
        let mut begun: BTreeMap<u64, u64> = BTreeMap::new();
        for event in events {
            let before = states.get(&event.previous_event_id).cloned();
            let entered = begun.get(&event.previous_event_id).copied();
            let (state, entry) = match &event.kind {
                EventKind::StateEntered { name, input, .. } => {
                    self.transitions += 1;
                    self.document(name, input);
                    (Some(Arc::clone(name)), Some(event.id << 1))
                }
                kind => {
                    let starts = matches!(
                        kind,
                        EventKind::Task {
                            event: TaskEvent::Scheduled { .. },
                            ..
                        } | EventKind::ParallelStateStarted
                            | EventKind::MapStateStarted { .. }
                    );
                    if let Some(state) = &before {
                        self.data(state, kind);
                    }
                    self.transitions +=
                        u64::from(starts && entered.is_some_and(|entry| entry & 1 == 1));
                    (before, entered.map(|entry| entry | u64::from(starts)))
                }
            };
            if let Some(state) = state {
                states.insert(event.id, state);
            }
            if let Some(entry) = entry {
                begun.insert(event.id, entry);
            }
        }
    }

    fn data(&mut self, state: &Arc<str>, kind: &EventKind) {
        match kind {
            EventKind::StateExited { name, output, .. } => self.document(name, output),
            EventKind::Task { event, .. } => match event {
                TaskEvent::Scheduled { parameters, .. } => self.document(state, parameters),
                TaskEvent::Succeeded { output } => self.document(state, output),
                _ => {}
            },
            EventKind::MapStateStarted { length } => {
                let items = self.items.entry(Arc::clone(state)).or_default();
                *items = (*items).max(*length);
            }
            _ => {}
        }
    }

    fn document(&mut self, state: &Arc<str>, document: &Payload) {
        let bytes = document.size().unwrap_or(usize::MAX) as u64;
        let largest = self.bytes.entry(Arc::clone(state)).or_default();
        *largest = (*largest).max(bytes);
    }

    fn load(&self) -> Load {
        Load {
            events: self.events,
            events_of_child: self.events_of_child,
            transitions: self.transitions,
            largest: largest(self.bytes.iter().map(|(state, bytes)| (state, *bytes))),
        }
    }
}

/// The first of the largest.
fn largest<'a>(bytes: impl Iterator<Item = (&'a Arc<str>, u64)>) -> Largest {
    bytes.fold(Largest::default(), |most, (state, bytes)| {
        match bytes > most.bytes {
            true => Largest {
                bytes,
                state: state.to_string(),
            },
            false => most,
        }
    })
}

/// Continues what was measured.
struct Lines {
    events: Line,
    events_of_child: Option<Line>,
    transitions: Line,
    bytes: BTreeMap<Arc<str>, Line>,
}

/// A value that grows with the items.
#[derive(Clone, Copy)]
struct Line {
    items: u64,
    value: u64,
    per_item: f64,
}

impl Lines {
    fn through(measured: &[(u64, Measured, bool); 3]) -> Option<Self> {
        let [(one, first, _), (_, second, _), (three, third, _)] = measured;
        if measured.iter().any(|(_, _, whole)| !whole) {
            return None;
        }
        let line = |first: u64, third: u64| Line::new((*one, first), (*three, third));
        let straight =
            |values: [u64; 3]| values[2].abs_diff(values[1]) == values[1].abs_diff(values[0]);
        let counted = [
            [first.events, second.events, third.events],
            [first.transitions, second.transitions, third.transitions],
        ];
        if !counted.into_iter().all(straight) {
            return None;
        }
        let bytes = first.bytes.iter().filter_map(|(state, bytes)| {
            Some((Arc::clone(state), line(*bytes, *third.bytes.get(state)?)))
        });
        Some(Self {
            events: line(first.events, third.events),
            events_of_child: { first.events_of_child.zip(third.events_of_child) }
                .map(|(first, third)| line(first, third)),
            transitions: line(first.transitions, third.transitions),
            bytes: bytes.collect(),
        })
    }

    fn at(&self, items: u64) -> Load {
        Load {
            events: self.events.at(items),
            events_of_child: self.events_of_child.map(|line| line.at(items)),
            transitions: self.transitions.at(items),
            largest: largest(
                self.bytes
                    .iter()
                    .map(|(state, line)| (state, line.at(items))),
            ),
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts far below the limits of numbers; what is beyond saturates"
)]
impl Line {
    fn new((one, first): (u64, u64), (three, third): (u64, u64)) -> Self {
        Self {
            items: one,
            value: first,
            per_item: (third as f64 - first as f64) / (three - one) as f64,
        }
    }

    fn at(self, items: u64) -> u64 {
        let more = items as f64 - self.items as f64;
        (self.value as f64 + self.per_item * more).round() as u64
    }

    /// How many items there may be.
    fn most(self, limit: u64) -> Option<u64> {
        let room = limit as f64 - self.value as f64;
        let grows = self.per_item > 1e-9;
        grows.then(|| (self.items as f64 + room / self.per_item).floor() as u64)
    }
}

impl Growth {
    fn take<'a>(
        &mut self,
        lines: &Lines,
        kind: ExecutionKind,
        wanted: impl Iterator<Item = &'a Wanted>,
    ) {
        self.events_per_item = lines.events.per_item;
        self.transitions_per_item = lines.transitions.per_item;
        self.most_for_events = match kind {
            ExecutionKind::Standard => lines.events.most(MAX_HISTORY_EVENTS),
            ExecutionKind::Express => None,
        };
        let most = lines.bytes.iter().filter_map(|(state, line)| {
            Some((line.most(MAX_PAYLOAD_BYTES as u64)?, state.to_string()))
        });
        self.most_for_payload = most.min();
        self.at = wanted
            .map(|wanted| At {
                items: wanted.items,
                load: lines.at(wanted.items),
            })
            .collect();
    }
}
