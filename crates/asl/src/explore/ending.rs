//! How an execution ended, and where.

use std::collections::HashMap;
use std::sync::Arc;

use crate::definition::Dynamic;
use crate::history::{Event, EventKind, StateType, TaskEvent};
use crate::states::{Program, StateKind};
use crate::{Machine, Outcome, Status};

/// How an execution ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Succeeded,
    /// In a Fail state: its author wants that.
    Failed,
    /// By an error that nothing caught.
    Error {
        state: Arc<str>,
        error: String,
        cause: String,
        /// Whether a task answered with it, and not the state itself failed.
        by_task: bool,
    },
    /// By the `TimeoutSeconds` of the machine, or the limit of an express execution.
    TimedOut,
    /// It waits for an answer that never comes.
    Stuck,
    /// There were too many events.
    Endless,
}

/// What a definition fails with that does not fit its data.
pub(super) const OF_DEFINITION: [&str; 7] = [
    "States.Runtime",
    "States.ParameterPathFailure",
    "States.ResultPathMatchFailure",
    "States.QueryEvaluationError",
    "States.IntrinsicFailure",
    "States.NoChoiceMatched",
    "States.DataLimitExceeded",
];

impl Ending {
    pub(super) fn of(events: &[Event], outcome: &Outcome, machine: &Machine) -> Self {
        match outcome.status {
            Status::Succeeded => Self::Succeeded,
            Status::TimedOut => Self::TimedOut,
            Status::Aborted => Self::Stuck,
            Status::Failed => Self::failed(events, outcome, machine),
        }
    }

    fn failed(events: &[Event], outcome: &Outcome, machine: &Machine) -> Self {
        let by_id: HashMap<u64, &Event> = events.iter().map(|event| (event.id, event)).collect();
        let last = events.last().map_or(0, |last| last.previous_event_id);
        let before = |id: u64| by_id.get(&id).copied();
        let chain = std::iter::successors(before(last), |event| before(event.previous_event_id));
        let mut by_task = None;
        let mut evaluation = false;
        for event in chain {
            match &event.kind {
                EventKind::StateEntered {
                    name, state_type, ..
                } => {
                    let error = outcome.error.clone().unwrap_or_default();
                    // Unless what fails is the evaluation of the state's own fields.
                    let raised =
                        error != "States.Runtime" || raises(machine.program(), name, &error);
                    if *state_type == StateType::Fail && !evaluation && raised {
                        return Self::Failed;
                    }
                    return Self::Error {
                        state: Arc::clone(name),
                        error,
                        cause: outcome.cause.clone().unwrap_or_default(),
                        by_task: by_task.unwrap_or_default(),
                    };
                }
                // What failed is inside of these.
                EventKind::ParallelStateFailed
                | EventKind::MapStateFailed
                | EventKind::MapIterationFailed { .. }
                | EventKind::MapIterationAborted { .. }
                | EventKind::StateAborted { .. } => {}
                kind => {
                    evaluation |= matches!(kind, EventKind::EvaluationFailed { .. });
                    by_task.get_or_insert(is_failed_task(kind));
                }
            }
        }
        // An event is missing, since there may be no more.
        Self::Endless
    }
}

/// Whether a Fail state raises an error by its name.
fn raises(program: &Program, state: &str, error: &str) -> bool {
    program.states().any(|one| match &one.kind {
        StateKind::Fail(fail) => {
            *one.name == *state
                && matches!(&fail.error, Some(Dynamic::Literal(literal)) if literal == error)
        }
        _ => { one.branches().iter() }.any(|inner| raises(inner, state, error)),
    })
}

fn is_failed_task(kind: &EventKind) -> bool {
    let EventKind::Task { event, .. } = kind else {
        return false;
    };
    matches!(
        event,
        TaskEvent::Failed { .. }
            | TaskEvent::TimedOut { .. }
            | TaskEvent::ScheduleFailed { .. }
            | TaskEvent::StartFailed { .. }
            | TaskEvent::SubmitFailed { .. }
    )
}
