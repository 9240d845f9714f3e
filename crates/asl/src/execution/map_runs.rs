//! How a distributed Map reads its items, counts its children, writes its results and ends.

use std::collections::VecDeque;
use std::sync::Arc;

use super::child_results::{ChildNames, ChildResults};
use super::children::{Children, ChildrenKind};
use super::ids::ScopeId;
use super::map_run::{MapRun, MapRunLimits, Phase};
use super::outcome::Status;
use super::running_task::TaskReport;
use super::scope::{BlockedOn, Resume, Scope};
use super::{Execution, Purpose, TaskId, TaskRequest};
use crate::failure::{Failure, Origin};
use crate::history::{EventKind, MapRunEvent};
use crate::states::{
    Batch, DataRequest, Items, ItemsRead, Iterations, Map, Mode, State, StateKind, Tolerance,
};
use crate::{Arn, Packed, Payload};

/// What the call of a Map Run has returned.
enum Data {
    Payload(Payload),
    Items(ItemsRead),
}

impl Data {
    /// `source` is what the request names.
    fn into_items(self, source: Arc<str>) -> Result<Items, Failure> {
        match self {
            Self::Payload(payload) => Items::reported(payload.into_value(), source),
            Self::Items(items) => Ok(Items::read(items, source)),
        }
    }

    fn into_payload(self) -> Payload {
        match self {
            Self::Payload(payload) => payload,
            Self::Items(read) => Payload::array(read.items.iter().map(Packed::unpack).collect()),
        }
    }
}

impl Execution {
    /// Begins a Map Run, up to the event that tells of it.
    pub(super) fn begin_map_run(
        &mut self,
        scope: &mut Scope,
        id: ScopeId,
        (state, map): (&State, &Map),
        iterations: &Iterations,
        tolerance: Tolerance,
        redriven: Option<Arc<str>>,
    ) -> MapRun {
        let machine = self.options.state_machine_name.as_str();
        let label = map.label.as_deref().unwrap_or(&state.name);
        let name = format!("{machine}/{label}");
        let resumed = redriven.and_then(|arn| {
            let redrive = self.options.redrive.as_mut()?;
            Some((Arc::clone(&arn), redrive.map_runs.remove(&arn)?))
        });
        let (arn, resumed) = match resumed {
            Some((arn, resumed)) => (arn, Some(resumed)),
            None => (
                self.arn_of(&format!("mapRun:{name}:{}", self.random.uuid())),
                None,
            ),
        };
        self.map_runs.insert(Arc::clone(&arn), id);
        let event = match &resumed {
            Some(resumed) => MapRunEvent::Redriven {
                map_run_arn: Arc::clone(&arn),
                redrive_count: resumed.redrive_count,
            },
            None => MapRunEvent::Started {
                map_run_arn: Arc::clone(&arn),
            },
        };
        self.record(scope, EventKind::MapRun(event));
        let express = map.mode == Mode::Distributed { express: true };
        MapRun {
            names: ChildNames {
                map_run_arn: Arc::clone(&arn),
                machine: name,
                express,
            },
            arn,
            started: resumed.as_ref().map_or(self.now, |resumed| resumed.started),
            express,
            limits: MapRunLimits {
                max_concurrency: iterations.max_concurrency,
                tolerated_failure_count: tolerance.count,
                tolerated_failure_percentage: tolerance.percentage,
            },
            items: Default::default(),
            executions: Default::default(),
            phase: Phase::Running,
            writer: iterations.writer.clone(),
            results: Vec::new(),
            resumed,
            changed: true,
        }
    }

    fn arn_of(&self, resource: &str) -> Arc<str> {
        match Arn::parse(&self.options.state_machine_arn) {
            Some(machine) => machine.with_resource(resource).to_string().into(),
            None => resource.into(),
        }
    }

    /// Asks the caller for the items, or to write the results.
    pub(super) fn request_data(
        &mut self,
        id: ScopeId,
        state: &State,
        request: &DataRequest,
        purpose: Purpose,
    ) -> TaskId {
        self.last_task += 1;
        let task = TaskId(self.last_task);
        self.requests.push(TaskRequest {
            id: task,
            state_name: Arc::clone(&state.name),
            resource: Arc::clone(&request.resource),
            parameters: request.parameters.clone(),
            token: None,
            deadline: None,
            heartbeat_seconds: None,
            credentials: None,
            purpose,
            retry_count: 0,
            child: None,
        });
        self.tasks.insert(task, id);
        task
    }

    /// The caller has read the items or written the results.
    pub(super) fn take_data_report(&mut self, scope: &mut Scope, id: ScopeId, report: TaskReport) {
        let result = match report {
            TaskReport::Succeeded { output } => Ok(Data::Payload(output)),
            TaskReport::ItemsRead { items } => Ok(Data::Items(items)),
            TaskReport::Failed { error, cause } => Err(Failure {
                error,
                cause,
                origin: Origin::Work,
            }),
            TaskReport::Heartbeat | TaskReport::Started { .. } | TaskReport::Submitted { .. } => {
                return;
            }
        };
        let blocked_on = std::mem::replace(&mut scope.blocked_on, BlockedOn::Queue);
        let BlockedOn::Children(mut children) = blocked_on else {
            scope.blocked_on = blocked_on;
            return;
        };
        if let Some(resume) = self.after_data(scope, id, &mut children, result) {
            self.ready.push_back((id, Resume::Result(resume)));
        } else {
            scope.blocked_on = BlockedOn::Children(children);
        }
    }

    /// `None` if the Map Run goes on.
    fn after_data(
        &mut self,
        scope: &mut Scope,
        id: ScopeId,
        children: &mut Children,
        result: Result<Data, Failure>,
    ) -> Option<Result<Payload, Failure>> {
        let run = children.map_run.as_mut()?;
        let phase = std::mem::replace(&mut run.phase, Phase::Running);
        let state = Arc::clone(&scope.state);
        let StateKind::Map(map) = &state.kind else {
            return None;
        };
        match (phase, result) {
            (Phase::Reading(task, source), Ok(items)) => {
                self.tasks.remove(&task);
                let ChildrenKind::Iterations { effective, .. } = &children.kind else {
                    return None;
                };
                let visit = self.visit(scope, &state);
                let items = items.into_items(source);
                let batches = items.and_then(|items| map.read(visit, effective, items));
                let begun = batches.and_then(|batches| {
                    self.queue_batches(children, batches);
                    self.fill(scope, id, map, children, scope.last_event)
                });
                match begun {
                    Ok(()) if children.all_done() => self.children_done(scope, id, children),
                    Ok(()) => None,
                    Err(failure) => Some(Err(self.fail_iterations(scope, children, failure))),
                }
            }
            (Phase::Writing(task, None), Ok(output)) => {
                self.tasks.remove(&task);
                let run = children.map_run.as_mut()?;
                run.items.written = run.items.succeeded + run.items.failed + run.items.timed_out;
                let ended = run.executions;
                run.executions.written = ended.succeeded + ended.failed + ended.timed_out;
                self.record_success(scope, children);
                Some(Ok(output.into_payload()))
            }
            (Phase::Writing(task, Some(failure)), _) => {
                self.tasks.remove(&task);
                Some(Err(self.fail_map_run(scope, children, failure)))
            }
            (Phase::Reading(task, _) | Phase::Writing(task, None), Err(failure)) => {
                self.tasks.remove(&task);
                Some(Err(self.fail_map_run(scope, children, failure)))
            }
            (Phase::Running, _) => None,
        }
    }

    /// Queues what was not run before.
    pub(super) fn queue_batches(&mut self, children: &mut Children, batches: Vec<Batch>) {
        children.expect(batches.len());
        let mut queue = VecDeque::with_capacity(batches.len());
        for (index, batch) in batches.into_iter().enumerate() {
            let run = children.map_run.as_mut();
            match run.and_then(|run| run.queue(index, &batch)) {
                Some(end) => children.end(index, end.outcome.output),
                None => queue.push_back((index, batch)),
            }
        }
        if let ChildrenKind::Iterations { waiting, .. } = &mut children.kind {
            *waiting = queue;
        }
    }

    /// All children have ended. `None` if their results have to be written first.
    pub(super) fn children_done(
        &mut self,
        scope: &mut Scope,
        id: ScopeId,
        children: &mut Children,
    ) -> Option<Result<Payload, Failure>> {
        if self.write_results(scope, id, children, None) {
            return None;
        }
        self.record_success(scope, children);
        Some(Ok(children.take_output()))
    }

    /// Too many children have failed. `None` if the results have to be written first.
    pub(super) fn tolerance_exceeded(
        &mut self,
        scope: &mut Scope,
        id: ScopeId,
        children: &mut Children,
    ) -> Option<Result<Payload, Failure>> {
        self.abort_children(scope, children, None);
        let failure = Failure::tolerated_failures_exceeded();
        if self.write_results(scope, id, children, Some(failure.clone())) {
            return None;
        }
        Some(Err(self.fail_map_run(scope, children, failure)))
    }

    /// Asks for the results to be written. False if there is no `ResultWriter`.
    fn write_results(
        &mut self,
        scope: &Scope,
        id: ScopeId,
        children: &mut Children,
        end: Option<Failure>,
    ) -> bool {
        let Some(run) = &mut children.map_run else {
            return false;
        };
        let Some(writer) = run.writer.take() else {
            return false;
        };
        let results = std::mem::take(&mut run.results);
        let purpose = Purpose::WriteResults {
            config: Arc::clone(&writer.config),
            results: Arc::new(ChildResults::new(run.names.clone(), results)),
        };
        let task = self.request_data(id, &scope.state, &writer, purpose);
        run.phase = Phase::Writing(task, end);
        true
    }

    /// An iteration cannot start, which fails its Map.
    pub(super) fn fail_iterations(
        &mut self,
        scope: &mut Scope,
        children: &mut Children,
        failure: Failure,
    ) -> Failure {
        let state = Arc::clone(&scope.state);
        let failure = self.attribute(scope, &state, failure);
        // What a failure that nothing catches ends is not told of.
        let previous = Some(scope.last_event).filter(|_| !failure.is_runtime());
        self.abort_children(scope, children, previous);
        match children.is_distributed() {
            true => self.fail_map_run(scope, children, failure),
            false => failure,
        }
    }

    /// Records the failure of a Map Run.
    pub(super) fn fail_map_run(
        &mut self,
        scope: &mut Scope,
        children: &mut Children,
        failure: Failure,
    ) -> Failure {
        let event = EventKind::MapRun(MapRunEvent::Failed {
            error: failure.error.clone(),
            cause: failure.cause.clone(),
        });
        self.record(scope, event);
        self.end_map_run(children, Status::Failed);
        failure
    }

    /// The Map that waits for the children is aborted.
    pub(super) fn abort_map_run(
        &mut self,
        scope: &Scope,
        children: &mut Children,
        previous: Option<u64>,
    ) {
        let Some(run) = &children.map_run else {
            return;
        };
        if let Some(task) = run.task() {
            self.tasks.remove(&task);
            self.cancelled.push(task);
        }
        if let Some(previous) = previous {
            self.record_aside(scope, previous, EventKind::MapRun(MapRunEvent::Aborted));
        }
        self.end_map_run(children, Status::Aborted);
    }

    pub(super) fn end_map_run(&mut self, children: &mut Children, status: Status) {
        if let Some(run) = &mut children.map_run {
            run.changed = false;
            self.map_runs.remove(&run.arn);
            let mut report = run.report(Some(status), self.now);
            if run.express && status != Status::Succeeded {
                let outputs = children.outputs.iter().enumerate();
                let outputs =
                    outputs.filter_map(|(index, output)| Some((index, output.as_ref()?.pack())));
                report.outputs = outputs.collect();
            }
            self.map_run_reports.push(report);
        }
    }

    /// Ends the Map Runs that go with the execution. Its own history does not tell of it.
    pub(super) fn end_map_runs(&mut self) {
        let running: Vec<ScopeId> = self.map_runs.values().copied().collect();
        for id in running {
            let Some(mut scope) = self.scopes.remove(&id) else {
                continue;
            };
            self.abort_work(&mut scope, None);
        }
    }

    /// Reports the numbers of the Map Runs that go on.
    pub(super) fn report_map_runs(&mut self) {
        for id in self.map_runs.values() {
            let scope = self.scopes.get_mut(id);
            if let Some(BlockedOn::Children(children)) = scope.map(|scope| &mut scope.blocked_on)
                && let Some(run) = &mut children.map_run
                && std::mem::take(&mut run.changed)
            {
                self.map_run_reports.push(run.report(None, self.now));
            }
        }
    }

    /// Changes the limits of a Map Run that goes on. False if it does not.
    pub fn update_map_run(&mut self, arn: &str, update: impl FnOnce(&mut MapRunLimits)) -> bool {
        let Some(id) = self.map_runs.get(arn).copied() else {
            return false;
        };
        let Some(mut scope) = self.scopes.remove(&id) else {
            return false;
        };
        let blocked_on = std::mem::replace(&mut scope.blocked_on, BlockedOn::Queue);
        let mut found = false;
        match blocked_on {
            BlockedOn::Children(mut children) => {
                let resume = self.change_limits(&mut scope, id, &mut children, update);
                found = children.map_run.is_some();
                match resume {
                    Some(resume) => self.ready.push_back((id, Resume::Result(resume))),
                    None => scope.blocked_on = BlockedOn::Children(children),
                }
            }
            blocked_on => scope.blocked_on = blocked_on,
        }
        self.scopes.insert(id, scope);
        found
    }

    fn change_limits(
        &mut self,
        scope: &mut Scope,
        id: ScopeId,
        children: &mut Children,
        update: impl FnOnce(&mut MapRunLimits),
    ) -> Option<Result<Payload, Failure>> {
        let run = children.map_run.as_mut()?;
        update(&mut run.limits);
        run.changed = true;
        let most = run.limits.max_concurrency;
        if run.is_running() && run.items.failed + run.items.timed_out > 0 && run.is_exceeded() {
            return self.tolerance_exceeded(scope, id, children);
        }
        if let ChildrenKind::Iterations { concurrency, .. } = &mut children.kind {
            *concurrency = crate::states::distributed_concurrency(most);
        }
        let state = Arc::clone(&scope.state);
        let StateKind::Map(map) = &state.kind else {
            return None;
        };
        match self.fill(scope, id, map, children, scope.last_event) {
            Ok(()) => None,
            Err(failure) => Some(Err(self.fail_iterations(scope, children, failure))),
        }
    }

    /// Reads the items, if they are not in the input.
    pub(super) fn read_items(
        &mut self,
        id: ScopeId,
        (state, map): (&State, &Map),
        scope: &Scope,
        reader: &DataRequest,
        effective: &Payload,
    ) -> Result<TaskId, Failure> {
        let visit = self.visit(scope, state);
        let most = map.most_items(visit, effective)?;
        let purpose = Purpose::ReadItems {
            config: Arc::clone(&reader.config),
            most,
        };
        Ok(self.request_data(id, state, reader, purpose))
    }
}
