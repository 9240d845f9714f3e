//! Runs steps: independent ones at once, dependent ones as soon as what they need is there.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::execute::{Executor, StepError};
use super::outputs::{Learned, Outputs};
use super::schedule::Schedule;
use crate::aws::Aws;
use crate::plan::{Step, StepId};
use crate::report::{Event, Reporter};

/// An apply in progress. Steps may be added while others run: roles are created while the build
/// still goes on.
pub struct Apply {
    aws: Aws,
    outputs: Arc<Outputs>,
    reporter: Arc<dyn Reporter>,
    interrupted: watch::Receiver<bool>,
    schedule: Schedule,
    tasks: JoinSet<(StepId, Result<(), StepError>)>,
    outcome: Outcome,
}

/// What became of the steps.
#[derive(Debug, Default)]
pub struct Outcome {
    pub done: Vec<Step>,
    pub failed: Vec<Failure>,
    pub not_started: Vec<Step>,
    pub interrupted: bool,
    pub learned: Learned,
}

#[derive(Debug)]
pub struct Failure {
    pub step: Step,
    pub error: StepError,
}

impl Outcome {
    /// Whether every step was done.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.not_started.is_empty()
    }
}

impl Apply {
    /// `interrupted` turns true when no new step may be taken.
    pub fn new(aws: Aws, reporter: Arc<dyn Reporter>, interrupted: watch::Receiver<bool>) -> Self {
        Self {
            aws,
            outputs: Arc::default(),
            reporter,
            interrupted,
            schedule: Schedule::default(),
            tasks: JoinSet::new(),
            outcome: Outcome::default(),
        }
    }

    /// Takes on steps and starts those that wait for nothing. Steps that it knows are not run twice.
    pub fn start(&mut self, steps: Vec<Step>) {
        self.schedule.add(steps);
        self.spawn_ready();
    }

    /// Runs all that was taken on to its end. A failure stops only what depends on it; an interrupt
    /// stops all that has not begun, and what is in flight is waited for.
    pub async fn finish(mut self) -> Outcome {
        while let Some(joined) = self.tasks.join_next().await {
            match joined {
                Ok((id, result)) => self.settle(&id, result),
                // A task is never aborted, so this is a panic: it is the run's, not the step's.
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
            self.spawn_ready();
        }
        self.outcome.interrupted = *self.interrupted.borrow();
        self.outcome.learned = self.outputs.learned().clone();
        self.outcome.not_started = self.schedule.into_not_started();
        self.outcome
    }

    fn spawn_ready(&mut self) {
        if *self.interrupted.borrow() {
            return;
        }
        for step in self.schedule.ready() {
            let executor = Executor {
                aws: self.aws.clone(),
                outputs: Arc::clone(&self.outputs),
                reporter: Arc::clone(&self.reporter),
                step: step.name(),
            };
            let reporter = Arc::clone(&self.reporter);
            self.tasks.spawn(async move {
                let started = Instant::now();
                let name = step.name();
                reporter.report(&Event::StepStarted { step: name.clone() });
                let result = executor.execute(&step.action).await;
                reporter.report(&match &result {
                    Ok(()) => Event::StepFinished {
                        step: name,
                        elapsed: started.elapsed(),
                    },
                    Err(error) => Event::StepFailed {
                        step: name,
                        error: error.to_string(),
                    },
                });
                (step.id, result)
            });
        }
    }

    fn settle(&mut self, id: &StepId, result: Result<(), StepError>) {
        match result {
            Ok(()) => self.outcome.done.extend(self.schedule.done(id)),
            Err(error) => {
                if let Some(step) = self.schedule.failed(id) {
                    self.outcome.failed.push(Failure { step, error });
                }
            }
        }
    }
}
