//! Where a program stopped, read from its history.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::stopped::{Begun, Stopped, Work};
use crate::states::{Mode, Program, State, StateKind};
use crate::{Payload, Timestamp};

impl Stopped {
    /// Where a program stopped, from its history as `GetExecutionHistory` returns it. `None` if that was before its
    /// first state.
    #[must_use]
    pub fn of(program: &Arc<Program>, history: &[Value]) -> Option<Self> {
        let mut reading = Reading {
            nodes: vec![Node::new(program, None)],
            places: HashMap::new(),
            error: None,
        };
        for event in history {
            reading.take(event);
        }
        match reading.end_of(ROOT)? {
            Begun::Stopped(stopped) => Some(stopped),
            Begun::Done(_) => None,
        }
    }
}

/// A program that runs: the whole machine, a branch or an iteration.
struct Node<'a> {
    program: &'a Arc<Program>,
    around: Option<usize>,
    at: Option<At<'a>>,
    variables: Vec<(String, Value)>,
}

/// The state that it entered last.
struct At<'a> {
    state: &'a Arc<State>,
    input: Payload,
    entered: Timestamp,
    entered_event: u64,
    event_before_entry: u64,
    /// Its output and the event of its exit, if it was left.
    exit: Option<(Payload, u64)>,
    children: Option<Children>,
}

struct Children {
    started_event: u64,
    /// The nodes, by index.
    nodes: BTreeMap<usize, usize>,
    map_run: Option<Arc<str>>,
    /// Whether the Map Run cannot go on: it succeeded, or all of its children have to run again.
    over: bool,
    /// Whether the failure of the state was recorded.
    failed: bool,
}

const ROOT: usize = 0;

struct Reading<'a> {
    nodes: Vec<Node<'a>>,
    /// The node of each event.
    places: HashMap<u64, usize>,
    /// The error that the execution ended with.
    error: Option<String>,
}

impl<'a> Node<'a> {
    fn new(program: &'a Arc<Program>, around: Option<usize>) -> Self {
        Self {
            program,
            around,
            at: None,
            variables: Vec::new(),
        }
    }
}

impl<'a> Reading<'a> {
    fn take(&mut self, event: &Value) {
        let number = |member: &str| event[member].as_u64().unwrap_or_default();
        let (id, previous) = (number("id"), number("previousEventId"));
        let name = event["type"].as_str().unwrap_or_default();
        let before = self.places.get(&previous).copied().unwrap_or(ROOT);
        let place = match name {
            "ExecutionStarted" | "ExecutionRedriven" => None,
            "ExecutionFailed" => {
                let error = event["executionFailedEventDetails"]["error"].as_str();
                self.error = error.map(str::to_owned);
                None
            }
            "ParallelStateStarted" | "MapStateStarted" => self.begin(before, id),
            "ParallelStateFailed" => {
                self.fail(before, |kind| matches!(kind, StateKind::Parallel(_)))
            }
            "MapStateFailed" => self.fail(before, |kind| matches!(kind, StateKind::Map(_))),
            "MapIterationStarted" => {
                self.iterate(before, &event["mapIterationStartedEventDetails"])
            }
            "MapIterationSucceeded" | "MapIterationFailed" | "MapIterationAborted" => {
                let member = format!("m{}EventDetails", &name[1..]);
                let map = event[member]["name"].as_str().unwrap_or_default();
                self.node_in(before, map)
            }
            "MapRunStarted" | "MapRunRedriven" => {
                let member = format!("m{}EventDetails", &name[1..]);
                self.map_run(before, event[member]["mapRunArn"].as_str())
            }
            "MapRunSucceeded" => self.end_map_run(before, true),
            "MapRunFailed" => {
                let error = &event["mapRunFailedEventDetails"]["error"];
                let again = error == "States.DataLimitExceeded" || error == "States.Runtime";
                self.end_map_run(before, again)
            }
            _ if name.ends_with("StateEntered") => self.enter(before, (id, previous), event),
            _ if name.ends_with("StateExited") => {
                self.exit(before, id, &event["stateExitedEventDetails"])
            }
            _ => Some(before),
        };
        if let Some(place) = place {
            self.places.insert(id, place);
        }
    }

    fn around(&self, node: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(node), |node| self.nodes[*node].around)
    }

    /// The node around this one that is in a state of this name.
    fn node_in(&self, node: usize, state: &str) -> Option<usize> {
        self.around(node).find(|node| {
            let at = self.nodes[*node].at.as_ref();
            at.is_some_and(|at| &*at.state.name == state)
        })
    }

    fn enter(&mut self, before: usize, (id, previous): (u64, u64), event: &Value) -> Option<usize> {
        let details = &event["stateEnteredEventDetails"];
        let name = details["name"].as_str()?;
        let node = self.node_of(before, name)?;
        let state = self.nodes[node].program.state(name)?;
        self.nodes[node].at = Some(At {
            state,
            input: payload(&details["input"])?,
            entered: time(event),
            entered_event: id,
            event_before_entry: previous,
            exit: None,
            children: None,
        });
        Some(node)
    }

    /// The node whose program has the state: a new branch, this one, or one around it.
    fn node_of(&mut self, before: usize, name: &str) -> Option<usize> {
        let has = |node: &usize| self.nodes[*node].program.state(name).is_some();
        let own = self.around(before).find(has);
        if own.is_some() {
            return own;
        }
        let at = self.nodes[before].at.as_ref()?;
        let mut branches = at.state.branches().iter().enumerate();
        let (index, program) = branches.find(|(_, branch)| branch.state(name).is_some())?;
        self.add(before, index, program)
    }

    fn add(&mut self, around: usize, index: usize, program: &'a Arc<Program>) -> Option<usize> {
        let node = self.nodes.len();
        let at = self.nodes[around].at.as_mut()?;
        at.children.as_mut()?.nodes.insert(index, node);
        self.nodes.push(Node::new(program, Some(around)));
        Some(node)
    }

    fn exit(&mut self, before: usize, id: u64, details: &Value) -> Option<usize> {
        let node = self.node_in(before, details["name"].as_str()?)?;
        let output = payload(&details["output"])?;
        let assigned = details["assignedVariables"].as_object();
        for (name, text) in assigned.into_iter().flatten() {
            let value = text
                .as_str()
                .and_then(|text| serde_json::from_str(text).ok())?;
            self.nodes[node].variables.push((name.clone(), value));
        }
        self.nodes[node].at.as_mut()?.exit = Some((output, id));
        Some(node)
    }

    /// The work of a Parallel or Map begins, or begins again because of its `Retry`.
    fn begin(&mut self, node: usize, id: u64) -> Option<usize> {
        self.nodes[node].at.as_mut()?.children = Some(Children {
            started_event: id,
            nodes: BTreeMap::new(),
            map_run: None,
            over: false,
            failed: false,
        });
        Some(node)
    }

    /// A Parallel or Map has failed: the innermost one of this kind that has not failed before.
    fn fail(&mut self, before: usize, kind: impl Fn(&StateKind) -> bool) -> Option<usize> {
        let fails = |node: &usize| {
            let at = self.nodes[*node].at.as_ref();
            at.is_some_and(|at| {
                let failed = at.children.as_ref().is_some_and(|children| children.failed);
                kind(&at.state.kind) && !failed
            })
        };
        let node = self.around(before).find(fails)?;
        if let Some(children) = self.children(node) {
            children.failed = true;
        }
        Some(node)
    }

    fn iterate(&mut self, before: usize, details: &Value) -> Option<usize> {
        let map = self.node_in(before, details["name"].as_str()?)?;
        let index = usize::try_from(details["index"].as_u64()?).ok()?;
        let program = self.nodes[map].at.as_ref()?.state.branches().first()?;
        self.add(map, index, program)
    }

    fn map_run(&mut self, node: usize, arn: Option<&str>) -> Option<usize> {
        let children = self.children(node)?;
        children.map_run = arn.map(Arc::from);
        children.over = false;
        Some(node)
    }

    fn end_map_run(&mut self, node: usize, over: bool) -> Option<usize> {
        self.children(node)?.over = over;
        Some(node)
    }

    fn children(&mut self, node: usize) -> Option<&mut Children> {
        self.nodes[node].at.as_mut()?.children.as_mut()
    }

    /// How a program has ended. `None` if it has not come to a state.
    fn end_of(&mut self, node: usize) -> Option<Begun> {
        let program = self.nodes[node].program;
        let mut at = self.nodes[node].at.take()?;
        let mut enter_after = None;
        if let Some((output, exited)) = at.exit.take() {
            at.children = None;
            match at.state.next() {
                // It was killed between two states.
                Some(next) => {
                    at.state = program.state(next)?;
                    at.input = output;
                    enter_after = Some(exited);
                }
                None if self.nodes[node].around.is_some() => return Some(Begun::Done(output)),
                None => {}
            }
        } else if matches!(at.state.kind, StateKind::Fail(_)) {
            enter_after = Some(at.event_before_entry);
        }
        let work = at.children.take();
        let work = work.and_then(|children| self.work(children, at.state));
        Some(Begun::Stopped(Stopped {
            state: Arc::clone(at.state),
            input: at.input,
            entered: at.entered,
            entered_event: at.entered_event,
            enter_after,
            variables: std::mem::take(&mut self.nodes[node].variables),
            work,
        }))
    }

    /// What has been done of the work of a state. `None` if all of it has to be done again.
    fn work(&mut self, children: Children, state: &State) -> Option<Work> {
        let distributed = matches!(&state.kind, StateKind::Map(map) if map.mode != Mode::Inline);
        if children.over || distributed && children.map_run.is_none() {
            return None;
        }
        let begun: BTreeMap<usize, Begun> = { children.nodes.iter() }
            .filter_map(|(index, node)| Some((*index, self.end_of(*node)?)))
            .collect();
        let all_done = begun.values().all(|begun| matches!(begun, Begun::Done(_)));
        // What came of the children was too large, so they run again.
        let too_large = self.error.as_deref() == Some("States.DataLimitExceeded");
        if too_large && all_done && !distributed {
            return None;
        }
        Some(Work {
            started_event: children.started_event,
            children: begun,
            map_run: children.map_run,
        })
    }
}

fn payload(text: &Value) -> Option<Payload> {
    Payload::from_text(text.as_str()?).ok()
}

fn time(event: &Value) -> Timestamp {
    let seconds = event["timestamp"].as_f64().unwrap_or_default();
    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    Timestamp::from_millis((seconds * 1000.0).round() as i64)
}
