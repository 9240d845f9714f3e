//! Runs a plan and says what became of it.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use super::session::{Session, Ui};
use crate::apply::{Apply, Outcome};
use crate::report::counted;

/// Some of a plan was not done. Its text says what was done, what failed and what was not started.
#[derive(Debug)]
pub struct ApplyFailed(pub Outcome);

impl Ui {
    pub(super) fn apply(&self, session: &Session) -> Apply {
        let interrupted = self.world.interrupted.clone();
        Apply::new(session.aws.clone(), Arc::clone(&self.reporter), interrupted)
    }
}

/// What was learned, where all was done.
pub(super) async fn finish(apply: Apply) -> Result<Outcome, ApplyFailed> {
    let outcome = apply.finish().await;
    if outcome.is_complete() {
        Ok(outcome)
    } else {
        Err(ApplyFailed(outcome))
    }
}

impl fmt::Display for ApplyFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outcome {
            done,
            failed,
            not_started,
            interrupted,
            ..
        } = &self.0;
        let mut text = format!(
            "{}: {} done, {} failed, {} not started",
            if *interrupted {
                "interrupted"
            } else {
                "the plan was not carried out in full"
            },
            counted(done.len(), "step"),
            failed.len(),
            not_started.len()
        );
        for failure in failed {
            let object = failure.step.name().object;
            let _ = write!(text, "\n  failed: {object}\n    {}", failure.error);
        }
        for step in not_started {
            let name = step.name();
            let _ = write!(
                text,
                "\n  not started: {} ({})",
                name.object, name.operation
            );
        }
        f.write_str(&text)
    }
}

impl std::error::Error for ApplyFailed {}
