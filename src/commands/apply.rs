//! Runs a plan and reports the result.

use std::fmt;

use anyhow::Result;
use futures_util::future::LocalBoxFuture;

use super::context::{Context, Session};
use crate::apply::{Apply, ApplyOutcome, Outputs};
use crate::exit::{Advice, Exit};
use crate::plan::{Plan, Step};
use crate::report::counted;
use crate::resources::{Effect, Resource};
use crate::world::World;

/// A plan that was not completed. The text says what was done, what failed and what was not started.
#[derive(Debug)]
pub struct ApplyFailed(pub ApplyOutcome);

/// The context of an error before the first write.
#[derive(Debug, Clone, Copy)]
pub struct NothingWritten;

/// Runs what a writing command does before its first write. If that is interrupted, the error is the same as
/// that of an interrupted apply.
pub(super) async fn before_writing<T>(
    world: &World,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    // Boxed, since the nested types would be too deep for the compiler.
    let work: LocalBoxFuture<'_, Result<T>> = Box::pin(work);
    let done = tokio::select! {
        biased;
        () = world.interruption() => None,
        done = work => Some(done),
    };
    match done {
        // A Ctrl-C also reaches the programs that txflow started, and one may end before
        // txflow knows.
        Some(done) if done.is_ok() || !world.is_interrupted() => done,
        _ => Err(ApplyFailed(ApplyOutcome {
            interrupted: true,
            ..ApplyOutcome::default()
        })
        .into()),
    }
}

/// Applies the plan, and returns the outputs of its steps.
pub(super) async fn carry_out<D>(
    context: &Context,
    session: &Session<D>,
    plan: &Plan,
) -> Result<ApplyOutcome, ApplyFailed> {
    carry_on(context, session, plan, Outputs::default()).await
}

/// The same with the second wave of a plan, which needs what the first one has learned.
pub(super) async fn carry_on<D>(
    context: &Context,
    session: &Session<D>,
    plan: &Plan,
    outputs: Outputs,
) -> Result<ApplyOutcome, ApplyFailed> {
    let apply = Apply {
        aws: session.aws.clone(),
        reporter: context.printer.reporter(),
        interrupts: context.world.interrupts.clone(),
        outputs,
    };
    let outcome = apply.run(plan.steps.clone()).await;
    if outcome.is_complete() {
        Ok(outcome)
    } else {
        Err(ApplyFailed(outcome))
    }
}

impl fmt::Display for ApplyFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ApplyOutcome {
            done,
            failed,
            left,
            in_flight,
            not_started,
            interrupted,
            ..
        } = &self.0;
        f.write_str(if *interrupted {
            "interrupted"
        } else {
            "the plan was not completed"
        })?;
        let finished = finished(&self.0);
        // A look that was not begun changes nothing.
        let not_begun: Vec<&Step> = not_started.iter().filter(|step| is_change(step)).collect();
        write!(f, ": {} done", counted(finished.len(), "step"))?;
        if self.0.is_empty() {
            return write!(f, "\n  {NothingWritten}");
        }
        write!(f, ", {} failed", failed.len())?;
        if !left.is_empty() {
            write!(f, ", {} stopped waiting", left.len())?;
        }
        if !in_flight.is_empty() {
            write!(f, ", {} in flight", in_flight.len())?;
        }
        write!(f, ", {} not started", not_begun.len())?;
        if done.is_empty() && failed.is_empty() && left.is_empty() && in_flight.is_empty() {
            write!(f, "\n  {NothingWritten}")?;
        }
        if *interrupted {
            list(f, "done", finished)?;
        }
        for failure in failed {
            let object = failure.step.name().object;
            write!(f, "\n  failed: {object}\n    {}", failure.error)?;
        }
        for (step, cause) in left {
            let name = step.name();
            write!(
                f,
                "\n  stopped waiting, not done: {} ({})\n    {cause}",
                name.object, name.operation
            )?;
        }
        list(f, "in flight, and AWS may still do it", in_flight)?;
        list(f, "not started", not_begun)
    }
}

fn is_change(step: &Step) -> bool {
    step.operation.spec().effect != Effect::Wait
}

/// The steps that are done, but for the deletions that AWS has accepted and not completed.
fn finished(outcome: &ApplyOutcome) -> Vec<&Step> {
    let failed = outcome.failed.iter().map(|failure| &failure.step);
    let left = outcome.left.iter().map(|(step, _)| step);
    let rest = outcome.in_flight.iter().chain(&outcome.not_started);
    let rest = failed.chain(left).chain(rest);
    let deletes = |step: &Step| step.operation.spec().effect == Effect::Delete;
    let goes: Vec<&Resource> = { rest.filter(|step| deletes(step)) }
        .map(|step| &step.resource)
        .collect();
    let done = outcome.done.iter();
    done.filter(|step| !deletes(step) || !goes.contains(&&step.resource))
        .collect()
}

fn list<'a>(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    steps: impl IntoIterator<Item = &'a Step>,
) -> fmt::Result {
    for step in steps {
        let name = step.name();
        write!(f, "\n  {what}: {} ({})", name.object, name.operation)?;
    }
    Ok(())
}

impl std::error::Error for ApplyFailed {}

impl Advice for ApplyFailed {
    fn kind(&self) -> String {
        if self.0.interrupted {
            return "interrupted".to_owned();
        }
        let first = self.0.failed.first();
        first.map_or_else(
            || "not-completed".to_owned(),
            |failure| failure.error.kind(),
        )
    }

    fn exit(&self) -> Exit {
        if self.0.interrupted {
            Exit::Interrupted
        } else {
            Exit::Failed
        }
    }

    fn hint(&self) -> Option<String> {
        let mut hints = self.0.failed.iter();
        let hint = hints.find_map(|failure| failure.error.hint());
        Some(hint.unwrap_or_else(|| GO_ON.to_owned()))
    }
}

const GO_ON: &str = "run the same command again: it continues where this one stopped";

impl fmt::Display for NothingWritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing was written to AWS")
    }
}
