//! What a state waits for that is running. The definition says how long at most, so it is computed as `TestState` does it. Pure.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use txflow_asl::test_state::{MockErrorOutput, MockInput, StateConfiguration, Waits};

use super::Tested;
use crate::executions::{Attempt, Failure, StateKind, Tree};

/// What a state waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub what: WaitsFor,
    /// Until then, at the latest if it is for something else than the time.
    pub until: Option<Timestamp>,
    /// How often whoever does the work has to send a heartbeat.
    pub heartbeat: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitsFor {
    /// That a `Wait` ends.
    Time,
    /// An attempt after one that failed, by its number from 1. With jitter it may be earlier.
    Attempt { number: usize, jitter: bool },
    /// Somebody who has the token of the task.
    Token,
    /// A worker of an activity.
    Worker,
    /// The end of what the task started, such as an execution.
    Job { service: String },
    /// What the task called, with the number of the attempt.
    Answer { attempt: usize },
}

/// What the state waits for, with what a test of it said.
pub(super) fn waiting(tested: &Tested<'_>, index: usize, waits: Waits) -> Option<Waiting> {
    let state = tested.tree.state(index);
    let waiting = |what, until, heartbeat: Option<u64>| Waiting {
        what,
        until,
        heartbeat: heartbeat.map(Duration::from_secs),
    };
    if state.kind == StateKind::Wait {
        let until = waits.until.filter(|_| !tested.reads_context());
        let until = until.and_then(|until| Timestamp::from_millisecond(until.as_millis()).ok());
        return Some(waiting(WaitsFor::Time, until, None));
    }
    let attempt = state.attempts.last()?;
    if let (Some(failure), Some(ended)) = (&attempt.failure, attempt.ended) {
        let retry = retry(tested, index, failure)?;
        let at = ended.checked_add(SignedDuration::from_secs_f64(retry.seconds));
        let what = WaitsFor::Attempt {
            number: state.attempts.len() + 1,
            jitter: retry.jitter,
        };
        return Some(waiting(what, at.ok(), None));
    }
    if attempt.ended.is_some() {
        return None;
    }
    let what = awaited(attempt, state.attempts.len());
    // What a test cannot compute may be written.
    let written = |field: &str| tested.written?.get(field)?.as_u64();
    let limit = waits.timeout_seconds.or_else(|| written("TimeoutSeconds"));
    let heartbeat = waits
        .heartbeat_seconds
        .or_else(|| written("HeartbeatSeconds"));
    let limit = limit.and_then(|seconds| {
        let seconds = i64::try_from(seconds).ok()?;
        { attempt.scheduled }
            .checked_add(SignedDuration::from_secs(seconds))
            .ok()
    });
    Some(waiting(what, limit, heartbeat))
}

fn awaited(attempt: &Attempt, number: usize) -> WaitsFor {
    let call = attempt.call.as_ref().filter(|_| attempt.submitted);
    match call {
        Some(call) if call.is_activity() => WaitsFor::Worker,
        Some(call) if call.waits_for_token() => WaitsFor::Token,
        Some(call) => WaitsFor::Job {
            service: call.service.clone(),
        },
        None => WaitsFor::Answer { attempt: number },
    }
}

struct Retry {
    seconds: f64,
    jitter: bool,
}

/// The pause before the attempt that follows a failure; nothing if the state does not try again. Each retrier counts for itself,
/// and from the start if the execution is redriven.
fn retry(tested: &Tested<'_>, index: usize, failure: &Failure) -> Option<Retry> {
    let (retrier, _) = tested.retrier(failure, 0)?;
    let earlier = earlier_failures(&tested.tree, index);
    let used = earlier.filter(|earlier| {
        let other = tested.retrier(earlier, 0);
        other.is_some_and(|(other, _)| other == retrier)
    });
    let (_, seconds) = tested.retrier(failure, used.count())?;
    let jitter = tested.written?["Retry"][retrier]["JitterStrategy"] == "FULL";
    Some(Retry {
        seconds: seconds?,
        jitter,
    })
}

/// The failures before the last one, since the last redrive.
fn earlier_failures<'a>(tree: &Tree<'a>, index: usize) -> impl Iterator<Item = &'a Failure> {
    let attempts = &tree.state(index).attempts;
    let redriven = { attempts.windows(2) }.rposition(|pair| tree.is_redriven(&pair[0], &pair[1]));
    let first = redriven.map_or(0, |at| at + 1);
    let before_last = attempts.len().saturating_sub(1);
    let counted = attempts[first..before_last.max(first)].iter();
    counted.filter_map(|attempt| attempt.failure.as_ref())
}

impl Tested<'_> {
    /// Which retrier of the state a failure meets, and its pause in seconds after so many retries, if it tries again.
    fn retrier(&self, failure: &Failure, retries: usize) -> Option<(usize, Option<f64>)> {
        let mut request = self.request(Some(MockInput {
            error_output: Some(MockErrorOutput {
                error: Some(failure.error.clone()),
                cause: Some(failure.cause.clone()),
            }),
            ..MockInput::default()
        }));
        // Not what the states around it make of the failure.
        request.definition = self.written?.to_string();
        request.state_name = None;
        request.state_configuration = StateConfiguration {
            retrier_retry_count: i64::try_from(retries).ok(),
            ..StateConfiguration::default()
        };
        let answer = self.answer(request).ok()?;
        let details = answer.inspection_data.get("errorDetails")?;
        let retrier = usize::try_from(details.get("retryIndex")?.as_u64()?).ok()?;
        let pause = details.get("retryBackoffIntervalSeconds");
        Some((retrier, pause.and_then(Value::as_f64)))
    }

    /// Whether the state depends on what only an execution has: a test has another context.
    fn reads_context(&self) -> bool {
        let text = self.written.map(Value::to_string).unwrap_or_default();
        text.contains("$$.") || text.contains("$states.context")
    }
}
