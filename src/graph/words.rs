//! What stands in a box, in every form.

use std::time::Duration;

use super::{Edge, Paint, StatePaint, Vertex};
use crate::executions::{Cause, Outcome};
use crate::report::style::duration;

/// A shorter duration is not worth a word.
const SHORTEST: Duration = Duration::from_millis(5);

/// `Task · purchase-handler`.
pub(super) fn kind(state: &Vertex) -> String {
    match &state.detail {
        Some(detail) => format!("{} · {detail}", state.kind),
        None => state.kind.clone(),
    }
}

/// What became of a state, in short lines.
pub(super) fn became(paint: &StatePaint) -> Vec<String> {
    let mut lines = if paint.entered == 1 {
        vec![once(paint)]
    } else {
        often(paint)
    };
    if paint.retries > 0 {
        let retries = match paint.retries {
            1 => "1 retry".to_owned(),
            retries => format!("{retries} retries"),
        };
        match lines.as_mut_slice() {
            [line] => *line = format!("{line} · {retries}"),
            _ => lines.push(retries),
        }
    }
    if paint.items > 0 {
        let failed = match paint.failed_items {
            0 => String::new(),
            failed => format!(" · {failed} failed"),
        };
        let plural = if paint.items == 1 { "" } else { "s" };
        lines.push(format!("{} item{plural}{failed}", paint.items));
    }
    lines.extend(paint.error.clone());
    lines
}

fn once(paint: &StatePaint) -> String {
    let outcome = paint.outcome.as_str();
    // A state that still runs has no duration yet.
    if paint.outcome == Outcome::Running || paint.elapsed < SHORTEST {
        return outcome.to_owned();
    }
    format!("{outcome} · {}", duration(paint.elapsed))
}

fn often(paint: &StatePaint) -> Vec<String> {
    let entered = paint.entered;
    let outcome = match paint.outcome {
        Outcome::Failed | Outcome::Caught => {
            format!("{entered}× · {} {}", paint.failed, paint.outcome.as_str())
        }
        outcome => format!("{entered}× {}", outcome.as_str()),
    };
    if paint.elapsed < SHORTEST {
        return vec![outcome];
    }
    let (total, longest) = (duration(paint.elapsed), duration(paint.longest));
    vec![outcome, format!("{total} in all · longest {longest}")]
}

/// What stands at an edge, with how often it was taken if that was more than once.
pub(super) fn labels(edge: &Edge, taken: usize) -> Vec<String> {
    let mut labels = edge.labels.clone();
    if taken > 1 {
        labels.push(format!("{taken}×"));
    }
    labels
}

/// `SUCCEEDED in 0.19 s`.
pub(super) fn status(paint: &Paint) -> String {
    let status = paint.status.as_str();
    if paint.status.is_ended() {
        format!("{status} in {}", duration(paint.elapsed))
    } else {
        status.to_owned()
    }
}

/// Error and cause of an execution that failed.
pub(super) fn failure(paint: &Paint) -> Option<String> {
    match (&paint.error, &paint.cause) {
        (Some(error), Some(cause)) => Some(format!("{error}: {}", Cause::parse(cause).message)),
        (None, Some(cause)) => Some(Cause::parse(cause).message),
        (error, None) => error.clone(),
    }
}
