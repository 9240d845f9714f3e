//! How the iterations of a Map start, inside of the execution or as child executions.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::Execution;
use super::child_execution::ChildExecution;
use super::children::{Children, ChildrenKind};
use super::engine::{NewScope, Progress};
use super::ids::ScopeId;
use super::map_run::{ChildBefore, MapRun, Phase};
use super::scope::{BlockedOn, History, Parent, Scope};
use super::stopped::Begun;
use crate::failure::{Failure, Origin};
use crate::history::EventKind;
use crate::limits;
use crate::states::{Iterations, Map, Mode, State, StateKind};
use crate::variables::Variables;

impl Execution {
    pub(super) fn start_iterations(
        &mut self,
        scope: &mut Scope,
        id: ScopeId,
        state: &State,
        iterations: Iterations,
    ) -> Progress {
        let StateKind::Map(map) = &state.kind else {
            return Progress::Failed(Failure::runtime("The state is not a Map"));
        };
        let begun = scope.begun.take();
        if begun.is_none() {
            let length = iterations.items.len() as u64;
            self.record(scope, EventKind::MapStateStarted { length });
        }
        let tolerance = match map.tolerance(self.visit(scope, state), &iterations.effective) {
            Ok(tolerance) => tolerance,
            Err(failure) => return self.fail_state(scope, id, state, failure),
        };
        let distributed = map.mode != Mode::Inline;
        if distributed && let Some(denied) = &self.options.map_runs_denied {
            let failure = Failure {
                error: Some(denied.error.clone()),
                cause: Some(denied.cause.clone()),
                origin: Origin::Work,
            };
            return self.fail_state(scope, id, state, failure);
        }
        let (begun, redriven) = match begun.map(|work| *work) {
            Some(work) => (work.children, work.map_run),
            None => (BTreeMap::new(), None),
        };
        let run = distributed
            .then(|| self.begin_map_run(scope, id, (state, map), &iterations, tolerance, redriven));
        let Iterations {
            effective,
            items,
            reader,
            concurrency,
            ..
        } = iterations;
        let kind = ChildrenKind::Iterations {
            effective: effective.clone(),
            outer: Arc::new(scope.variables.clone()),
            waiting: VecDeque::new(),
            concurrency,
        };
        let mut children = Children::new(kind, 0);
        children.map_run = run.map(Box::new);
        if let (Some(reader), Some(_)) = (&reader, &children.map_run) {
            match self.read_items(id, (state, map), scope, reader, &effective) {
                Ok(task) => {
                    if let Some(run) = &mut children.map_run {
                        run.phase = Phase::Reading(task, reader.source());
                    }
                }
                Err(failure) => {
                    let failure = self.fail_map_run(scope, &mut children, failure);
                    return self.fail_state(scope, id, state, failure);
                }
            }
            return Progress::Blocked(BlockedOn::Children(Box::new(children)));
        }
        self.queue_batches(&mut children, items);
        let previous = scope.last_event;
        self.take_up(scope, id, map, &mut children, begun);
        if let Err(failure) = self.fill(scope, id, map, &mut children, previous) {
            let failure = self.fail_iterations(scope, &mut children, failure);
            return self.fail_state(scope, id, state, failure);
        }
        Progress::Blocked(BlockedOn::Children(Box::new(children)))
    }

    /// Goes on with the iterations that had begun before a redrive.
    fn take_up(
        &mut self,
        scope: &Scope,
        id: ScopeId,
        map: &Map,
        children: &mut Children,
        mut begun: BTreeMap<usize, Begun>,
    ) {
        let ChildrenKind::Iterations { outer, waiting, .. } = &mut children.kind else {
            return;
        };
        let (outer, queued) = (Arc::clone(outer), std::mem::take(waiting));
        let mut fresh = VecDeque::new();
        for (index, batch) in queued {
            match begun.remove(&index) {
                Some(Begun::Done(output)) => children.end(index, Some(output)),
                Some(Begun::Stopped(at)) => {
                    let (input, item) = batch.open(index);
                    let child = self.add_scope(NewScope {
                        program: &map.processor,
                        parent: Some(Parent { scope: id, index }),
                        history: scope.history,
                        child: scope.child.clone(),
                        variables: Variables::inner(&outer),
                        input,
                        item: Some(Arc::new(item)),
                        last_event: scope.last_event,
                        at: Some(at),
                    });
                    children.running.insert(index, child);
                }
                None => fresh.push_back((index, batch)),
            }
        }
        if let ChildrenKind::Iterations { waiting, .. } = &mut children.kind {
            *waiting = fresh;
        }
    }

    /// Starts as many iterations as may run.
    pub(super) fn fill(
        &mut self,
        scope: &Scope,
        id: ScopeId,
        map: &Map,
        children: &mut Children,
        previous: u64,
    ) -> Result<(), Failure> {
        while children.has_room() {
            self.start_iteration(scope, id, map, children, previous)?;
        }
        Ok(())
    }

    /// Starts the next iteration, if one is waiting.
    fn start_iteration(
        &mut self,
        scope: &Scope,
        id: ScopeId,
        map: &Map,
        children: &mut Children,
        previous: u64,
    ) -> Result<(), Failure> {
        let ChildrenKind::Iterations {
            effective,
            outer,
            waiting,
            ..
        } = &mut children.kind
        else {
            return Ok(());
        };
        let Some((index, batch)) = waiting.pop_front() else {
            return Ok(());
        };
        let items = batch.items;
        let (input, item) = batch.open(index);
        let item = Arc::new(item);
        let mut visit = self.visit(scope, &scope.state);
        visit.context.item = Some(&item);
        let input = map.iteration_input(visit, effective, input)?;
        let new = NewScope {
            program: &map.processor,
            parent: Some(Parent { scope: id, index }),
            history: scope.history,
            child: scope.child.clone(),
            variables: Variables::inner(outer),
            item: Some(item),
            last_event: previous,
            input,
            at: None,
        };
        let child = match &mut children.map_run {
            Some(run) => self.start_child_execution(run, items, index, new),
            None => {
                let event = EventKind::MapIterationStarted {
                    name: Arc::clone(&scope.state.name),
                    index: index as u64,
                };
                let last_event = self.add_event(scope.history, previous, event);
                self.add_scope(NewScope { last_event, ..new })
            }
        };
        children.running.insert(index, child);
        Ok(())
    }

    fn start_child_execution(
        &mut self,
        run: &mut MapRun,
        items: usize,
        index: usize,
        new: NewScope,
    ) -> ScopeId {
        let before = run.redriven(index);
        run.child_started(items, before.is_some());
        let (arn, name) = run.names.child(index);
        let mut child = ChildExecution {
            arn,
            name,
            map_run_arn: Arc::clone(&run.arn),
            index,
            item_count: items,
            input: new.input,
            started: self.now,
            redrive_count: 0,
        };
        let (mut at, mut last) = (None, 0);
        if let Some(before) = before
            && let ChildBefore::Stopped {
                input,
                at: stopped,
                last_event,
            } = before.before
        {
            (at, last) = (stopped, last_event);
            child.input = input;
            child.started = before.started;
            child.redrive_count = before.redrive_count + 1;
        }
        let child = Arc::new(child);
        let id = ScopeId(self.last_scope + 1);
        let history = match run.express {
            true => History::None,
            false => History::Child(id),
        };
        if history != History::None {
            self.begin_child(id, &child, last);
        }
        let express = run.express;
        let id = self.add_scope(NewScope {
            history,
            input: child.input.clone(),
            child: Some(child),
            // Child executions do not see the variables of their parent.
            variables: Variables::default(),
            last_event: 0,
            at,
            ..new
        });
        if express && let Some(scope) = self.scopes.get_mut(&id) {
            let limit = Duration::from_secs(limits::MAX_EXPRESS_SECONDS);
            scope.deadline = Some(self.timers.arm(self.now + limit, id));
        }
        id
    }
}
