//! The calls that delete a state machine with what runs on it.

use aws_sdk_sfn::types::{ExecutionStatus, StateMachineStatus};
use futures_util::stream::{self, TryStreamExt as _};

use super::permissions::{EXECUTIONS, STATE_MACHINE};
use crate::apply::{Backoff, Executor, StepError};
use crate::aws::{Class, failed};
use crate::policy::{Command, Permission};
use crate::resources::operation::{Effect, Executed, Operation, Spec, Words};

/// Stops everything that runs on a state machine.
#[derive(Debug)]
pub(crate) struct StopExecutions {
    pub state_machine_arn: String,
    /// How many there were when the plan was made.
    pub running: usize,
}

pub(super) static STOP_EXECUTIONS: Spec = Spec {
    operation: "StopExecution",
    effect: Effect::Update,
    words: Words::new("Stopping", "Stopped"),
    part: None,
    permissions: &[Permission::new(
        "states:StopExecution",
        &EXECUTIONS,
        &[Command::Destroy],
    )],
};

impl Operation for StopExecutions {
    fn spec(&self) -> &'static Spec {
        &STOP_EXECUTIONS
    }

    fn part(&self) -> Option<String> {
        Some(match self.running {
            1 => "the running execution".to_owned(),
            running => format!("{running} running executions"),
        })
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(stop_running(executor, &self.state_machine_arn))
    }
}

#[derive(Debug)]
pub(crate) struct DeleteStateMachine {
    pub arn: String,
}

pub(super) static DELETE_STATE_MACHINE: Spec = Spec {
    operation: "DeleteStateMachine",
    effect: Effect::Delete,
    words: Words::DELETE,
    part: None,
    permissions: &[Permission::new(
        "states:DeleteStateMachine",
        &STATE_MACHINE,
        Command::REMOVE,
    )],
};

impl Operation for DeleteStateMachine {
    fn spec(&self) -> &'static Spec {
        &DELETE_STATE_MACHINE
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        let request = executor.aws.sfn.delete_state_machine();
        let request = request.state_machine_arn(&self.arn);
        executor.run_removal(self, move || request.clone().send())
    }
}

/// Polls DescribeStateMachine until the deletion, which is asynchronous, is complete.
#[derive(Debug)]
pub(crate) struct WaitForDeletion {
    pub arn: String,
}

pub(super) static WAIT_FOR_DELETION: Spec = Spec {
    operation: "DescribeStateMachine",
    effect: Effect::Delete,
    words: Words::new("Waiting", "Gone"),
    part: None,
    // What blocks the deletion is stopped.
    permissions: &[Permission::new(
        "states:StopExecution",
        &EXECUTIONS,
        Command::REMOVE,
    )],
};

impl Operation for WaitForDeletion {
    fn spec(&self) -> &'static Spec {
        &WAIT_FOR_DELETION
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(self.wait(executor))
    }
}

impl WaitForDeletion {
    /// An execution that was started after the plan was made would block the deletion, so what is still running is stopped. AWS may
    /// show for some seconds what was before the deletion; after that, what is not being deleted is somebody's new state machine.
    async fn wait(&self, executor: &Executor) -> Result<(), StepError> {
        let mut backoff = Backoff::deletion();
        let mut visible = Backoff::visible();
        loop {
            let status = match super::describe(&executor.aws, &self.arn).await {
                Ok(answer) => answer.status().cloned(),
                Err(error) if error.class == Class::NotFound => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            if status == Some(StateMachineStatus::Active) {
                let created_again = || StepError::CreatedAgain {
                    name: name_in(&self.arn).to_owned(),
                };
                let pause = visible.next().ok_or_else(created_again)?;
                let cause = || "AWS does not show its deletion yet".to_owned();
                executor.pause(pause, cause).await?;
                continue;
            }
            let Some(pause) = backoff.next() else {
                return Err(StepError::StillNotReady {
                    name: self.arn.clone(),
                    state: status.unwrap_or(StateMachineStatus::Deleting).to_string(),
                    waited: backoff.waited().as_secs(),
                });
            };
            let cause = "Step Functions deletes it when its executions have ended";
            if backoff.waited() == pause {
                executor.waiting(cause);
            }
            stop_running(executor, &self.arn).await?;
            executor.pause(pause, || cause.to_owned()).await?;
        }
    }
}

/// The name of the state machine with this ARN.
fn name_in(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

/// How many executions are stopped at once. AWS allows 200 a second in large regions and 150 in others.
const STOPPED_AT_ONCE: usize = 20;

async fn stop_running(executor: &Executor, state_machine_arn: &str) -> Result<(), StepError> {
    let mut pages = executor
        .aws
        .sfn
        .list_executions()
        .state_machine_arn(state_machine_arn)
        .status_filter(ExecutionStatus::Running)
        .max_results(1000)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = match page.map_err(failed("ListExecutions")) {
            Ok(page) => page,
            // It has been deleted, or it is EXPRESS, whose executions are not listed.
            Err(error) if matches!(error.class, Class::NotFound | Class::NotSupported) => break,
            Err(error) => return Err(error.into()),
        };
        let running = page.executions.into_iter().map(Ok::<_, StepError>);
        stream::iter(running)
            .try_for_each_concurrent(STOPPED_AT_ONCE, async |execution| {
                stop(executor, &execution.execution_arn).await
            })
            .await?;
    }
    Ok(())
}

async fn stop(executor: &Executor, arn: &str) -> Result<(), StepError> {
    let stopped = executor
        .aws
        .sfn
        .stop_execution()
        .execution_arn(arn)
        .error("txflow.Destroyed")
        .cause("The stack is being destroyed.")
        .send()
        .await;
    match stopped.map_err(failed(STOP_EXECUTIONS.operation)) {
        // It has ended meanwhile.
        Err(error) if error.class == Class::NotFound => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}
