//! What a failure leads to: a retry, a catch, or the end of the scope.

use std::sync::Arc;

use super::Execution;
use super::engine::Progress;
use super::ids::ScopeId;
use super::scope::{BlockedOn, Scope};
use crate::Timestamp;
use crate::decision::Decision;
use crate::evaluation::Place;
use crate::failure::{Failure, Origin};
use crate::history::EventKind;
use crate::states::{State, StateKind};
use crate::timestamp::duration;

impl Execution {
    pub(super) fn fail_state(
        &mut self,
        scope: &mut Scope,
        id: ScopeId,
        state: &State,
        failure: Failure,
    ) -> Progress {
        let failure = self.attribute(scope, state, failure);
        let retrier = state.retrier(&failure);
        if let Some((i, _)) = retrier {
            self.decide(state, Decision::Retrier(i));
        }
        if let Some((i, retrier)) = retrier
            && let Some(attempts) = scope.attempts.get_mut(i)
            && *attempts < retrier.max_attempts
        {
            let delay = retrier.delay_seconds(*attempts);
            *attempts += 1;
            let delay = match retrier.full_jitter {
                true => delay * self.random.fraction(),
                false => delay,
            };
            let at = self.now + duration(delay);
            // A delay that exceeds the range of timestamps ends the retries.
            if at <= Timestamp::LAST {
                let timer = self.timers.arm(at, id);
                return Progress::Blocked(BlockedOn::Backoff(timer));
            }
        }
        let failed_after = scope.last_event;
        self.record_failed_state(scope, state, &failure);
        let Some((i, catcher)) = state.catcher(&failure) else {
            return Progress::Failed(failure);
        };
        let place = Place::field("Catch");
        let visit = self.visit(scope, state);
        match visit.exit_by_catch(catcher, place.item(i), &failure.output()) {
            Ok(exit) => {
                self.decide(state, Decision::Catcher(i));
                self.leave(scope, state, exit, Some(&catcher.next))
            }
            Err(failure) => {
                // The state fails a second time, from where it stood before it failed first.
                scope.last_event = failed_after;
                let failure = self.attribute(scope, state, failure);
                self.record_failed_state(scope, state, &failure);
                Progress::Failed(failure)
            }
        }
    }

    /// Records the failure of a Map or a Parallel.
    fn record_failed_state(&mut self, scope: &mut Scope, state: &State, failure: &Failure) {
        if failure.is_runtime() {
            return;
        }
        match state.kind {
            StateKind::Map(_) => self.record(scope, EventKind::MapStateFailed),
            StateKind::Parallel(_) => self.record(scope, EventKind::ParallelStateFailed),
            _ => {}
        }
    }

    /// Attributes the failure to its state, as the history shows it, and records an event if JSONata caused it.
    pub(super) fn attribute(
        &mut self,
        scope: &mut Scope,
        state: &State,
        failure: Failure,
    ) -> Failure {
        let origin = failure.origin.clone();
        let failure = failure.in_state(&state.name, scope.entered_event);
        if let Origin::Evaluation { location } = origin {
            let event = EventKind::EvaluationFailed {
                state: Arc::clone(&state.name),
                location,
                error: failure.error.clone().unwrap_or_default(),
                cause: failure.cause.clone().unwrap_or_default(),
            };
            self.record(scope, event);
        }
        failure
    }
}
