//! Runs steps: independent ones concurrently, dependent ones as soon as their predecessors are done.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use super::executor::Executor;
use super::outputs::{Outputs, SharedOutputs};
use super::schedule::Schedule;
use super::step_error::StepError;
use crate::aws::Aws;
use crate::plan::Step;
use crate::report::{Event, Reporter};
use crate::world::Interrupt;

/// What steps need in order to run.
pub struct Apply {
    pub aws: Aws,
    pub reporter: Arc<dyn Reporter>,
    pub interrupts: watch::Receiver<Interrupt>,
    /// What an earlier wave of the plan has learned.
    pub outputs: Outputs,
}

/// What became of the steps.
#[derive(Debug, Default)]
pub struct ApplyOutcome {
    pub done: Vec<Step>,
    pub failed: Vec<Failure>,
    /// Abandoned at the first interrupt while they waited for AWS; each with what it waited for.
    pub left: Vec<(Step, String)>,
    /// Abandoned at the second interrupt: whether AWS carries them out is unknown.
    pub in_flight: Vec<Step>,
    pub not_started: Vec<Step>,
    pub interrupted: bool,
    pub outputs: Outputs,
}

#[derive(Debug)]
pub struct Failure {
    pub step: Step,
    pub error: StepError,
}

impl ApplyOutcome {
    /// Whether every step is done.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty()
            && self.left.is_empty()
            && self.in_flight.is_empty()
            && self.not_started.is_empty()
    }

    /// Whether there is no step to report: there was no plan yet.
    pub fn is_empty(&self) -> bool {
        self.is_complete() && self.done.is_empty()
    }
}

impl Apply {
    /// Runs the steps of a plan to completion. A failure stops only what depends on it. After the first
    /// interrupt no further step starts, and after the second nothing in flight is waited for.
    pub async fn run(self, steps: Vec<Step>) -> ApplyOutcome {
        let mut run = Run {
            outputs: Arc::new(SharedOutputs::of(self.outputs.clone())),
            apply: self,
            began: Instant::now(),
            schedule: Schedule::new(steps),
            tasks: JoinSet::new(),
            outcome: ApplyOutcome::default(),
        };
        run.run_all().await;
        run.into_outcome()
    }
}

const WAITING: &str = "interrupted: no other step is begun, and those in flight are waited for; \
    the next interrupt leaves them alone";

/// An apply in progress.
struct Run {
    apply: Apply,
    outputs: Arc<SharedOutputs>,
    began: Instant,
    schedule: Schedule,
    tasks: JoinSet<Ended>,
    outcome: ApplyOutcome,
}

/// How a step ended.
struct Ended {
    step: Step,
    elapsed: Duration,
    result: Result<(), StepError>,
}

impl Run {
    async fn run_all(&mut self) {
        let mut stop = self.apply.interrupts.clone();
        let mut leave = self.apply.interrupts.clone();
        self.spawn_ready();
        while self.schedule.is_running() {
            tokio::select! {
                biased;
                Some(joined) = self.tasks.join_next() => {
                    self.settle(joined);
                    self.spawn_ready();
                }
                () = Interrupt::Leave.reached(&mut leave) => return self.tasks.shutdown().await,
                () = Interrupt::Stop.reached(&mut stop), if !self.outcome.interrupted => {
                    self.outcome.interrupted = true;
                    self.report(Event::Note { text: WAITING.to_owned() });
                }
            }
        }
    }

    fn into_outcome(self) -> ApplyOutcome {
        let (in_flight, not_started) = self.schedule.into_rest();
        ApplyOutcome {
            in_flight,
            not_started,
            interrupted: *self.apply.interrupts.borrow() >= Interrupt::Stop,
            outputs: self.outputs.lock().clone(),
            ..self.outcome
        }
    }

    fn spawn_ready(&mut self) {
        if *self.apply.interrupts.borrow() >= Interrupt::Stop {
            return;
        }
        for step in self.schedule.ready() {
            let executor = Executor {
                aws: self.apply.aws.clone(),
                outputs: Arc::clone(&self.outputs),
                reporter: Arc::clone(&self.apply.reporter),
                interrupts: self.apply.interrupts.clone(),
                began: self.began,
                step: step.name(),
            };
            self.report(Event::StepStarted { step: step.name() });
            self.tasks.spawn(async move {
                let started = Instant::now();
                let result = step.operation.execute(&executor).await;
                Ended {
                    elapsed: started.elapsed(),
                    step,
                    result,
                }
            });
        }
    }

    /// Reports the end of a step and counts it at the same moment, so that an interrupt does not find a step
    /// that was reported as done among those in flight.
    fn settle(&mut self, joined: Result<Ended, JoinError>) {
        let Ended {
            step,
            elapsed,
            result,
        } = match joined {
            Ok(ended) => ended,
            // No task is aborted before the loop has ended, so this is a panic: it belongs to the run, not to
            // the step's.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        let name = step.name();
        match result {
            Ok(()) => {
                self.report(Event::StepFinished {
                    step: name,
                    elapsed,
                });
                self.schedule.done(&step.id);
                self.outcome.done.push(step);
            }
            Err(StepError::Kept { cause }) => {
                self.report(Event::StepKept { step: name, cause });
                self.schedule.kept(&step.id);
            }
            Err(StepError::Interrupted { cause }) => {
                self.schedule.failed(&step.id);
                self.report(Event::StepLeft {
                    step: name,
                    cause: cause.clone(),
                });
                self.outcome.left.push((step, cause));
            }
            Err(error) => {
                self.schedule.failed(&step.id);
                self.report(Event::StepFailed {
                    step: name,
                    error: error.to_string(),
                });
                self.outcome.failed.push(Failure { step, error });
            }
        }
    }

    fn report(&self, event: Event) {
        self.apply.reporter.report(&event);
    }
}
