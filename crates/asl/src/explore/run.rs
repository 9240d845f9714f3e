//! One execution, in which something may go wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::answers::{Answer, Answering};
use super::asked::{self, Asked};
use super::case::Case;
use super::ending::Ending;
use super::fault::Fault;
use super::scaled::{self, Scaled};
use crate::definition::{Pattern, ResourceKind};
use crate::history::{Event, EventKind};
use crate::{
    Decision, Execution, ExecutionKind, Machine, Payload, Purpose, StartOptions, Step, TaskEnd,
    TaskRequest, Timestamp,
};

/// How an execution begins, and how much of it is run.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    options: StartOptions,
    started: Timestamp,
    /// Stops after so many events: a fault that lasts may lead into a loop that waits for its end.
    pub(super) most_events: usize,
}

/// What became of it.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) ending: Ending,
    pub(super) events: Vec<Event>,
    /// Those of the executions of Distributed Maps, each with its own.
    pub(super) children: BTreeMap<Arc<str>, Vec<Event>>,
    pub(super) entered: BTreeSet<Arc<str>>,
    /// The states that ended other than by failing, or whose failure a `Catch` took.
    pub(super) left: BTreeSet<Arc<str>>,
    /// The rules, retriers and catchers that were used.
    pub(super) decided: BTreeSet<(Arc<str>, Decision)>,
    /// The states that called something.
    pub(super) tasks: BTreeMap<Arc<str>, Asked>,
    /// Those of them that were answered with `{}`, since nobody knows.
    pub(super) guessed: BTreeSet<Arc<str>>,
}

/// Enough for each test that is not about size.
const MOST_EVENTS: usize = 5_000;

impl Setting {
    pub(super) fn of(case: &Case, kind: ExecutionKind) -> Self {
        let mut options = StartOptions::new(case.input.clone());
        options.kind = kind;
        let recorded = case.recorded.first().unwrap_or(&Value::Null);
        let set = |field: &mut String, value: &Value| {
            if let Some(text) = value.as_str() {
                text.clone_into(field);
            }
        };
        set(&mut options.execution_arn, &recorded["executionArn"]);
        set(&mut options.name, &recorded["name"]);
        set(&mut options.state_machine_arn, &recorded["stateMachineArn"]);
        if let Some((_, name)) = options.state_machine_arn.rsplit_once(':') {
            options.state_machine_name = name.to_owned();
        }
        let started = recorded["events"][0]["timestamp"].as_str();
        Self {
            options,
            started: { started.and_then(Timestamp::parse_rfc3339) }.unwrap_or(STARTED),
            most_events: MOST_EVENTS,
        }
    }

    pub(super) fn scale_input(&mut self, scaled: &Scaled) {
        let mut input = self.options.input.value().clone();
        scaled::scale(&mut input, &scaled.source.path, scaled.items);
        self.options.input = input.into();
    }
}

/// The first second of 2026, for tests that were never run.
const STARTED: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// States take no time, but a loop that never waits would not come to its timeout.
const STATES_A_SECOND: usize = 1_000;

pub(super) fn run(
    machine: &Machine,
    setting: &Setting,
    answers: &Answering<'_>,
    faults: &[Fault],
) -> Ran {
    let mut now = setting.started;
    let mut execution = Execution::start(machine, setting.options.clone(), now);
    let mut running = Running::new(answers.clone(), faults);
    let mut busy = 0;
    loop {
        let step = execution.advance(now);
        let wake = step.wake;
        let (tasks, end) = running.take(step);
        if let Some(outcome) = end {
            let ending = Ending::of(&running.ran.events, &outcome, machine);
            return running.ended(ending);
        }
        let reported = running.answer(&mut execution, &tasks);
        if running.events() > setting.most_events {
            return running.ended(Ending::Endless);
        }
        match wake {
            _ if reported => busy += 1,
            Some(wake) if wake <= now => busy += STATES_A_SECOND,
            Some(wake) => now = wake,
            None => return running.ended(Ending::Stuck),
        }
        if busy >= STATES_A_SECOND {
            busy = 0;
            now = now + Duration::from_secs(1);
        }
    }
}

struct Running<'a> {
    answers: Answering<'a>,
    faults: &'a [Fault],
    ran: Ran,
}

impl<'a> Running<'a> {
    fn new(answers: Answering<'a>, faults: &'a [Fault]) -> Self {
        Self {
            answers,
            faults,
            ran: Ran {
                ending: Ending::Stuck,
                events: Vec::new(),
                children: BTreeMap::new(),
                entered: BTreeSet::new(),
                left: BTreeSet::new(),
                decided: BTreeSet::new(),
                tasks: BTreeMap::new(),
                guessed: BTreeSet::new(),
            },
        }
    }

    fn take(&mut self, step: Step) -> (Vec<TaskRequest>, Option<crate::Outcome>) {
        let ran = &mut self.ran;
        let of_children = step.children.iter().flat_map(|child| &child.events);
        for event in step.events.iter().chain(of_children) {
            match &event.kind {
                EventKind::StateEntered { name, .. } => ran.entered.insert(Arc::clone(name)),
                EventKind::StateExited { name, .. } => ran.left.insert(Arc::clone(name)),
                _ => false,
            };
        }
        let decided = step.decided.into_iter();
        ran.decided
            .extend(decided.map(|one| (one.state, one.decision)));
        ran.events.extend(step.events);
        for child in step.children {
            let events = ran.children.entry(Arc::clone(&child.child.arn));
            events.or_default().extend(child.events);
        }
        (step.tasks, step.end)
    }

    fn events(&self) -> usize {
        let children = self.ran.children.values().map(Vec::len);
        self.ran.events.len() + children.sum::<usize>()
    }

    /// Answers what was asked; gives whether anything was.
    fn answer(&mut self, execution: &mut Execution, tasks: &[TaskRequest]) -> bool {
        let mut reported = false;
        for task in tasks {
            reported |= execution.task_started(task.id, None).is_ok();
        }
        for task in tasks {
            let (usual, end) = self.end_of(task);
            if let Some(submitted) = submitted(task, &usual) {
                let _ = execution.task_submitted(task.id, submitted);
            }
            // The engine has just requested the task, so the report cannot fail.
            let _ = match end {
                TaskEnd::Never => continue,
                TaskEnd::Done(Ok(output)) => execution.task_succeeded(task.id, output),
                TaskEnd::Done(Err(failed)) => {
                    execution.task_failed(task.id, Some(failed.error), Some(failed.cause))
                }
            };
        }
        reported
    }

    /// What a task would get if nothing went wrong, and what it gets.
    fn end_of(&mut self, task: &TaskRequest) -> (Answer, TaskEnd) {
        let name = &task.state_name;
        let asked = self
            .ran
            .tasks
            .entry(Arc::clone(name))
            .or_insert_with(|| Asked {
                resource: Arc::clone(&task.resource),
                purpose: task.purpose.clone(),
                attempts: 0,
                retried: false,
                written: 0,
                times_out: task.deadline.is_some(),
                needs_heartbeats: task.heartbeat_seconds.is_some(),
                success: None,
            });
        let mut faults = self.faults.iter().filter(|fault| *fault.state == **name);
        if let Purpose::WriteResults { .. } = task.purpose {
            let attempt = asked.written;
            asked.written += 1;
            let usual = TaskEnd::Done(Ok(written(task)));
            let fault = faults.find(|fault| fault.is_of_writing());
            let end = fault.map(|fault| fault.answer(attempt, usual.clone()));
            let answer = Answer {
                end: usual.clone(),
                submitted: None,
                guessed: false,
            };
            return (answer, end.unwrap_or(usual));
        }
        let attempt = asked.attempts;
        asked.attempts += 1;
        asked.retried |= task.retry_count > 0;
        let mut faults = faults.filter(|fault| !fault.is_of_writing());
        let fault = faults.next();
        // What is known is for the attempts that nothing befalls.
        let fails = fault
            .is_some_and(|fault| !matches!(fault.answer(attempt, TaskEnd::Never), TaskEnd::Never));
        let usual = match fails {
            true => self.answers.clone().answer(task),
            false => self.answers.answer(task),
        };
        if asked.success.is_none() {
            asked.success = asked::success(&usual.end).cloned();
        }
        let end = match fault {
            Some(fault) => fault.answer(attempt, usual.end.clone()),
            None => usual.end.clone(),
        };
        if usual.guessed && asked::success(&end).is_some() {
            self.ran.guessed.insert(Arc::clone(name));
        }
        (usual, end)
    }

    fn ended(mut self, ending: Ending) -> Ran {
        self.ran.ending = ending;
        self.ran
    }
}

/// What the call itself returns of a task that goes on after it.
fn submitted(task: &TaskRequest, answer: &Answer) -> Option<Payload> {
    let goes_on = matches!(
        &task.resource.kind,
        ResourceKind::Service {
            pattern: Pattern::Sync | Pattern::WaitForTaskToken,
            ..
        }
    );
    let submitted = || answer.submitted.clone().unwrap_or_else(|| json!({}).into());
    (goes_on && matches!(task.purpose, Purpose::Task)).then(submitted)
}

/// The answer to what writes the results of a Distributed Map.
fn written(task: &TaskRequest) -> Payload {
    let parameters = task.parameters.value();
    json!({
        "MapRunArn": "arn:aws:states:us-east-1:123456789012:mapRun:explored/Map:00000000-0000-0000-0000-000000000000",
        "ResultWriterDetails": { "Bucket": parameters["Bucket"], "Key": parameters["Prefix"] },
    })
    .into()
}
