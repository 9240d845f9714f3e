//! A history as the visits of states that it tells of, in the programs that ran: the machine, branches and iterations.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value};

use super::difference::unpinned;
use super::event::{REDRIVEN, details, payload, text, time};
use super::visit::{Attempt, End, Exit, Visit};
use crate::{Payload, TaskError, TaskResult};

/// Programs that ran, and what is in the history of each.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(super) scopes: Vec<Scope>,
    /// The scopes by their paths, which are the same in another run.
    pub(super) paths: HashMap<String, usize>,
    /// What happened, in order.
    pub(super) moments: Vec<Moment>,
    /// The visits of which a branch or an iteration failed.
    pub(super) failed_inside: HashSet<(usize, usize)>,
    /// How many times the execution was redriven.
    pub(super) redrives: usize,
    /// Where each event is.
    places: HashMap<u64, Place>,
}

/// The machine, a branch or an iteration.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) path: String,
    /// The visit that it runs in.
    pub(super) parent: Option<(usize, usize)>,
    pub(super) visits: Vec<Visit>,
    /// How many of them are of each state.
    counts: HashMap<String, usize>,
    /// Whether its failure failed the state around it.
    pub(super) failed: bool,
}

/// A call that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) state: &'a str,
    pub(crate) parameters: &'a Value,
    pub(crate) submitted: Option<&'a Payload>,
    pub(crate) timed_out: bool,
    pub(crate) result: &'a TaskResult,
}

/// Something that a replay has to repeat.
#[derive(Clone, Copy, Debug)]
pub(super) enum Moment {
    Entered(Place),
    Scheduled(Place, usize),
    Exited(Place),
}

/// A visit of a scope; the one before the first, if an iteration has begun and entered no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) scope: usize,
    pub(super) visit: Option<usize>,
}

const ROOT: usize = 0;

impl Trace {
    pub(crate) fn of(events: &[Value]) -> Self {
        let mut trace = Self::new();
        for event in events {
            trace.take(event);
        }
        trace
    }

    pub(super) fn new() -> Self {
        let mut trace = Self {
            scopes: Vec::new(),
            paths: HashMap::new(),
            moments: Vec::new(),
            failed_inside: HashSet::new(),
            redrives: 0,
            places: HashMap::new(),
        };
        trace.add_scope(String::new(), None);
        trace
    }

    /// Takes the next event, and returns its place and the attempt that it schedules, if it does.
    pub(super) fn take(&mut self, event: &Value) -> Option<(Place, usize)> {
        let number = |member: &str| event[member].as_u64().unwrap_or_default();
        let (id, previous) = (number("id"), number("previousEventId"));
        let name = event["type"].as_str().unwrap_or_default();
        let details = details(event);
        let root = Place {
            scope: ROOT,
            visit: self.scopes[ROOT].visits.len().checked_sub(1),
        };
        let before = self.places.get(&previous).copied().unwrap_or(root);
        let mut scheduled = None;
        let place = match name {
            "ExecutionFailed" => {
                self.mark_failed(before, root);
                None
            }
            REDRIVEN => {
                self.go_on();
                None
            }
            _ if name.starts_with("Execution") => None,
            _ if name.ends_with("StateEntered") => self.enter(before, event, name, details),
            _ if name.ends_with("StateExited") => self.exit(before, details),
            "ParallelStateStarted" | "MapStateStarted" => self.begin(before, &name[..3]),
            "ParallelStateSucceeded" | "MapStateSucceeded" => self.around(before, &name[..3]),
            "ParallelStateFailed" | "MapStateFailed" => self.fail(before, &name[..3]),
            "MapIterationStarted" => self.iterate(before, details),
            "MapIterationSucceeded" | "MapIterationFailed" | "MapIterationAborted" => Some(before),
            "EvaluationFailed" => {
                if let Some(visit) = self.visit(before) {
                    visit.error = Some(error(details));
                }
                Some(before)
            }
            _ => {
                scheduled = self.task(before, name, details, event);
                Some(before)
            }
        };
        if let Some(place) = place {
            self.places.insert(id, place);
        }
        scheduled
    }

    /// What had failed goes on where it stopped.
    fn go_on(&mut self) {
        self.redrives += 1;
        self.failed_inside.clear();
        for scope in &mut self.scopes {
            scope.failed = false;
            for visit in scope.visits.iter_mut().filter(|visit| visit.exit.is_none()) {
                visit.failed = false;
                visit.error = None;
            }
        }
    }

    /// Which visit of its state in its scope it is, from 0.
    pub(super) fn occurrence(&self, place: Place) -> Option<(&str, &str, usize)> {
        let scope = &self.scopes[place.scope];
        let visit = scope.visits.get(place.visit?)?;
        Some((&scope.path, &visit.state, visit.occurrence))
    }

    fn add_scope(&mut self, path: String, parent: Option<(usize, usize)>) -> usize {
        let index = self.scopes.len();
        self.paths.insert(path.clone(), index);
        self.scopes.push(Scope {
            path,
            parent,
            visits: Vec::new(),
            counts: HashMap::new(),
            failed: false,
        });
        index
    }

    fn visit(&mut self, place: Place) -> Option<&mut Visit> {
        self.scopes[place.scope].visits.get_mut(place.visit?)
    }

    /// The path of a scope that runs inside of a visit.
    fn inner_path(&self, (scope, visit): (usize, usize), name: &str) -> String {
        let outer = &self.scopes[scope];
        let runs = outer.visits.get(visit).map_or(0, |visit| visit.runs);
        format!("{}/{visit}.{runs}:{name}", outer.path)
    }

    /// The visit itself and those around it, the innermost first.
    fn outward(&self, from: Place) -> Vec<(usize, usize)> {
        let parent = |scope: usize| self.scopes[scope].parent;
        let first = match from.visit {
            Some(visit) => Some((from.scope, visit)),
            None => parent(from.scope),
        };
        std::iter::successors(first, |(scope, _)| parent(*scope)).collect()
    }

    fn enter(
        &mut self,
        before: Place,
        event: &Value,
        name: &str,
        details: &Value,
    ) -> Option<Place> {
        let state = details["name"].as_str()?.to_owned();
        let kind = name.strip_suffix("StateEntered")?;
        // A branch begins right after the start of its Parallel, which is in a state that was not left.
        let opens = self.starts_branch(event, before);
        let scope = match opens {
            Some(parent) => {
                let twins = (0..).map(|twin| self.inner_path(parent, &format!("{state}#{twin}")));
                let path = { twins }.find(|path| !self.paths.contains_key(path))?;
                self.add_scope(path, Some(parent))
            }
            None => before.scope,
        };
        let Scope { visits, counts, .. } = &mut self.scopes[scope];
        let count = counts.entry(state.clone()).or_default();
        *count += 1;
        visits.push(Visit {
            occurrence: *count - 1,
            state,
            kind: kind.to_owned(),
            input: payload(&details["input"]).unwrap_or_else(|| Value::Null.into()),
            attempts: Vec::new(),
            runs: 0,
            failed: false,
            error: None,
            exit: None,
        });
        let place = Place {
            scope,
            visit: Some(visits.len() - 1),
        };
        self.moments.push(Moment::Entered(place));
        Some(place)
    }

    /// The visit whose branch begins with this entry, if one does.
    fn starts_branch(&self, event: &Value, before: Place) -> Option<(usize, usize)> {
        let at = (before.scope, before.visit?);
        let visit = self.scopes[at.0].visits.get(at.1)?;
        let open = visit.kind == "Parallel" && visit.runs > 0 && visit.exit.is_none();
        (open && event["previousEventId"] != 0).then_some(at)
    }

    fn exit(&mut self, before: Place, details: &Value) -> Option<Place> {
        let name = details["name"].as_str()?;
        let open = |(scope, visit): &(usize, usize)| {
            let visit = &self.scopes[*scope].visits[*visit];
            visit.state == name && visit.exit.is_none()
        };
        let (scope, visit) = self.outward(before).into_iter().find(open)?;
        let mut assigned = Map::new();
        for (name, value) in details["assignedVariables"]
            .as_object()
            .into_iter()
            .flatten()
        {
            let value = payload(value).map_or(Value::Null, Payload::into_value);
            assigned.insert(name.clone(), value);
        }
        let place = Place {
            scope,
            visit: Some(visit),
        };
        self.visit(place)?.exit = Some(Exit {
            output: payload(&details["output"]).unwrap_or_else(|| Value::Null.into()),
            assigned: assigned.into(),
        });
        self.moments.push(Moment::Exited(place));
        Some(place)
    }

    /// The innermost open Map or Parallel around an event, which has not failed.
    fn around(&self, before: Place, kind: &str) -> Option<Place> {
        let open = |(scope, visit): &(usize, usize)| {
            let visit = &self.scopes[*scope].visits[*visit];
            visit.kind.starts_with(kind) && visit.exit.is_none() && !visit.failed
        };
        let (scope, visit) = self.outward(before).into_iter().find(open)?;
        Some(Place {
            scope,
            visit: Some(visit),
        })
    }

    /// The branches or iterations of a state begin, or begin again because of its `Retry`.
    fn begin(&mut self, before: Place, kind: &str) -> Option<Place> {
        let place = self.around(before, kind)?;
        self.mark_failed(before, place);
        let visit = self.visit(place)?;
        visit.runs += 1;
        Some(place)
    }

    fn fail(&mut self, before: Place, kind: &str) -> Option<Place> {
        let place = self.around(before, kind)?;
        self.mark_failed(before, place);
        self.visit(place)?.failed = true;
        Some(place)
    }

    /// Notes which branch or iteration failed: the one in which the last event before was.
    fn mark_failed(&mut self, before: Place, container: Place) {
        let mut scope = before.scope;
        while scope != container.scope {
            self.scopes[scope].failed = true;
            self.failed_inside.extend(self.scopes[scope].parent);
            match self.scopes[scope].parent {
                Some((around, _)) => scope = around,
                None => return,
            }
        }
    }

    fn iterate(&mut self, before: Place, details: &Value) -> Option<Place> {
        let name = details["name"].as_str()?;
        let map = |(scope, visit): &(usize, usize)| {
            let visit = &self.scopes[*scope].visits[*visit];
            visit.state == name && visit.kind == "Map"
        };
        let parent = self.outward(before).into_iter().find(map)?;
        let path = self.inner_path(parent, &details["index"].to_string());
        // One that is redriven may begin once more.
        let begun = self.paths.get(&path).copied();
        let scope = begun.unwrap_or_else(|| self.add_scope(path, Some(parent)));
        let visit = self.scopes[scope].visits.len().checked_sub(1);
        Some(Place { scope, visit })
    }

    fn task(
        &mut self,
        place: Place,
        name: &str,
        details: &Value,
        event: &Value,
    ) -> Option<(Place, usize)> {
        let (resource, what) = ["LambdaFunction", "Activity", "Task"]
            .into_iter()
            .find_map(|prefix| Some((prefix, name.strip_prefix(prefix)?)))?;
        let redrives = self.redrives;
        let visit = self.visit(place)?;
        if what == "Scheduled" {
            let part = |name: &str| details[name].as_str().unwrap_or_default();
            let called = unpinned(part("resource"));
            let parameters = match resource {
                "Task" => &details["parameters"],
                _ => &details["input"],
            };
            visit.attempts.push(Attempt {
                resource: match resource {
                    "Task" => format!("{}:{called}", part("resourceType")),
                    _ => called,
                },
                parameters: payload(parameters).unwrap_or_else(|| Value::Null.into()),
                scheduled: time(event),
                redrives,
                submitted: None,
                end: None,
            });
            let attempt = visit.attempts.len() - 1;
            self.moments.push(Moment::Scheduled(place, attempt));
            return Some((place, attempt));
        }
        let attempt = visit
            .attempts
            .last_mut()
            .filter(|attempt| attempt.end.is_none())?;
        let result = match what {
            "Submitted" => {
                attempt.submitted = payload(&details["output"]);
                return None;
            }
            "Succeeded" => Ok(payload(&details["output"]).unwrap_or_else(|| Value::Null.into())),
            "Failed" | "TimedOut" | "StartFailed" | "ScheduleFailed" | "SubmitFailed" => {
                Err(error(details))
            }
            _ => return None,
        };
        let took = time(event)
            .as_millis()
            .saturating_sub(attempt.scheduled.as_millis());
        attempt.end = Some(End {
            event: event["id"].as_u64().unwrap_or_default(),
            after_millis: u64::try_from(took).unwrap_or_default(),
            timed_out: what == "TimedOut",
            result,
        });
        None
    }

    /// What was answered to each resource, with the place of it.
    pub(super) fn attempts(&self) -> BTreeMap<&str, Vec<(usize, usize, usize)>> {
        let mut all: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for moment in &self.moments {
            if let Moment::Scheduled(place, number) = moment
                && let Some(visit) = place.visit
                && let Some(attempt) = self.attempt((place.scope, visit, *number))
            {
                let found = all.entry(attempt.resource.as_str()).or_default();
                found.push((place.scope, visit, *number));
            }
        }
        all
    }

    /// The calls that have ended, in the order in which they began.
    pub(crate) fn calls(&self) -> impl Iterator<Item = Call<'_>> {
        self.moments.iter().filter_map(|moment| {
            let Moment::Scheduled(place, number) = moment else {
                return None;
            };
            let visit = self.scopes.get(place.scope)?.visits.get(place.visit?)?;
            let attempt = visit.attempts.get(*number)?;
            let end = attempt.end.as_ref()?;
            Some(Call {
                state: &visit.state,
                parameters: attempt.parameters.value(),
                submitted: attempt.submitted.as_ref(),
                timed_out: end.timed_out,
                result: &end.result,
            })
        })
    }

    pub(super) fn attempt(&self, at: (usize, usize, usize)) -> Option<&Attempt> {
        self.scopes.get(at.0)?.visits.get(at.1)?.attempts.get(at.2)
    }
}

fn error(details: &Value) -> TaskError {
    TaskError {
        error: text(&details["error"]).unwrap_or_default(),
        cause: text(&details["cause"]).unwrap_or_default(),
    }
}
