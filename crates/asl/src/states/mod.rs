//! The state types, one per file: the fields of each, how it is parsed and what it does.

mod choice;
mod condition;
mod data_set;
mod fail;
mod item_batcher;
mod items;
mod map;
mod parallel;
mod pass;
mod program;
mod succeed;
mod task;
mod wait;

use std::sync::Arc;

pub use choice::{Choice, ChoiceRule, Comparison, Condition, Operand, Ordered, Test};
pub use data_set::{DataRequest, DataSet};
pub use fail::Fail;
pub use item_batcher::ItemBatcher;
pub use items::ItemsRead;
pub(crate) use items::{Batch, Items, STATE_DATA};
pub(crate) use map::{Iterations, Tolerance, distributed_concurrency};
pub use map::{Map, Mode};
pub use parallel::Parallel;
pub use pass::Pass;
pub use program::Program;
pub use succeed::Succeed;
pub use task::Task;
pub(crate) use task::TaskStart;
pub use wait::Wait;

use crate::decision::Decision;
use crate::definition::{Catcher, DefinitionError, Fields, Resource, Retrier};
use crate::failure::Failure;
use crate::flow::{DataFlow, Exit, Produced, Visit};
use crate::history::StateType;
use crate::{Payload, Timestamp};

/// One state of a definition.
#[derive(Debug)]
pub struct State {
    pub name: Arc<str>,
    pub comment: Option<String>,
    pub kind: StateKind,
    pub flow: DataFlow,
    /// The transition; `None` for the types that have none of their own: Choice, Succeed, Fail.
    pub transition: Option<Transition>,
    pub retry: Vec<Retrier>,
    pub catch: Vec<Catcher>,
}

#[derive(Debug)]
pub enum StateKind {
    Pass(Pass),
    Task(Box<Task>),
    Choice(Choice),
    Wait(Wait),
    Succeed(Succeed),
    Fail(Fail),
    Parallel(Parallel),
    Map(Box<Map>),
}

/// The transition of a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transition {
    Next(String),
    End,
}

impl State {
    pub(crate) fn parse(
        name: &str,
        fields: &Fields,
        depth: usize,
    ) -> Result<Self, DefinitionError> {
        let kind = match fields.required_string("Type")? {
            "Pass" => StateKind::Pass(Pass::parse(fields)),
            "Task" => StateKind::Task(Box::new(Task::parse(fields)?)),
            "Choice" => StateKind::Choice(Choice::parse(fields)?),
            "Wait" => StateKind::Wait(Wait::parse(fields)?),
            "Succeed" => StateKind::Succeed(Succeed),
            "Fail" => StateKind::Fail(Fail::parse(fields)?),
            "Parallel" => StateKind::Parallel(Parallel::parse(fields, depth)?),
            "Map" => StateKind::Map(Box::new(Map::parse(fields, depth)?)),
            other => return Err(fields.error("Type", format!("There is no state type `{other}`"))),
        };
        Ok(Self {
            name: name.into(),
            comment: fields.string("Comment")?.map(str::to_owned),
            transition: transition(fields, &kind)?,
            kind,
            flow: DataFlow::parse(fields)?,
            retry: Retrier::parse_all(fields)?,
            catch: Catcher::parse_all(fields)?,
        })
    }

    #[must_use]
    pub fn state_type(&self) -> StateType {
        match self.kind {
            StateKind::Pass(_) => StateType::Pass,
            StateKind::Task(_) => StateType::Task,
            StateKind::Choice(_) => StateType::Choice,
            StateKind::Wait(_) => StateType::Wait,
            StateKind::Succeed(_) => StateType::Succeed,
            StateKind::Fail(_) => StateType::Fail,
            StateKind::Parallel(_) => StateType::Parallel,
            StateKind::Map(_) => StateType::Map,
        }
    }

    /// Whether states of this type can have a `Retry`.
    pub(crate) fn can_retry(&self) -> bool {
        matches!(
            self.kind,
            StateKind::Task(_) | StateKind::Parallel(_) | StateKind::Map(_)
        )
    }

    /// The retrier that matches this failure, whether or not it has attempts left.
    pub(crate) fn retrier(&self, failure: &Failure) -> Option<(usize, &Retrier)> {
        let mut retriers = self.retry.iter().enumerate();
        retriers.find(|(_, retrier)| failure.matches(&retrier.error_equals))
    }

    pub(crate) fn catcher(&self, failure: &Failure) -> Option<(usize, &Catcher)> {
        let mut catchers = self.catch.iter().enumerate();
        catchers.find(|(_, catcher)| failure.matches(&catcher.error_equals))
    }

    /// The target of its own transition.
    pub(crate) fn next(&self) -> Option<&str> {
        match &self.transition {
            Some(Transition::Next(name)) => Some(name),
            Some(Transition::End) | None => None,
        }
    }

    /// The names of all states that can follow, including those in `Catch`.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        let next = match &self.transition {
            Some(Transition::Next(name)) => Some(name.as_str()),
            _ => None,
        };
        let chosen = match &self.kind {
            StateKind::Choice(choice) => Some(choice.targets()),
            _ => None,
        };
        let caught = self.catch.iter().map(|catcher| catcher.next.as_str());
        next.into_iter()
            .chain(chosen.into_iter().flatten())
            .chain(caught)
    }

    /// The branches of a Parallel, or the item processor of a Map.
    #[must_use]
    pub fn branches(&self) -> &[Arc<Program>] {
        match &self.kind {
            StateKind::Parallel(parallel) => &parallel.branches,
            StateKind::Map(map) => std::slice::from_ref(&map.processor),
            _ => &[],
        }
    }

    /// What a Task calls.
    #[must_use]
    pub fn resource(&self) -> Option<&Arc<Resource>> {
        match &self.kind {
            StateKind::Task(task) => Some(&task.resource),
            _ => None,
        }
    }
}

/// What the engine does next for a state.
pub(crate) enum Action<'s> {
    /// Leaves the state through its own transition.
    Leave(Exit),
    /// Leaves a Choice.
    Choose {
        exit: Exit,
        next: &'s str,
        by: Decision,
    },
    WaitUntil(Timestamp),
    Task(TaskStart),
    /// Runs the branches of a Parallel with this input.
    Branches(Payload),
    Iterate(Iterations),
    /// Fails after the start of a Map over this many items.
    FailStarted {
        length: u64,
        failure: Failure,
    },
    Fail(Failure),
}

impl State {
    /// Starts the work of the state, or starts it again for a retry.
    pub(crate) fn run(&self, visit: Visit) -> Result<Action<'_>, Failure> {
        match &self.kind {
            StateKind::Pass(pass) => pass.run(visit),
            StateKind::Task(task) => task.run(visit),
            StateKind::Choice(choice) => choice.run(visit),
            StateKind::Wait(wait) => wait.run(visit),
            StateKind::Succeed(succeed) => succeed.run(visit),
            StateKind::Fail(fail) => Ok(Action::Fail(fail.failure(visit))),
            StateKind::Parallel(parallel) => parallel.run(visit),
            StateKind::Map(map) => map.run(visit),
        }
    }

    /// Leaves the state with its input, as a Wait does at its end.
    pub(crate) fn leave_with_input(&self, visit: Visit) -> Result<Action<'_>, Failure> {
        let effective = visit.effective_input()?;
        let exit = visit.exit(Produced::Input(&effective))?;
        Ok(Action::Leave(exit))
    }
}

fn transition(fields: &Fields, kind: &StateKind) -> Result<Option<Transition>, DefinitionError> {
    if matches!(
        kind,
        StateKind::Choice(_) | StateKind::Succeed(_) | StateKind::Fail(_)
    ) {
        return Ok(None);
    }
    if fields.bool("End")? == Some(true) {
        return Ok(Some(Transition::End));
    }
    match fields.string("Next")? {
        Some(next) => Ok(Some(Transition::Next(next.to_owned()))),
        None => Err(fields.error("", "One of these fields is required: [Next, End]")),
    }
}
