//! Finds the execution that the user names.

use anyhow::Result;

use super::error::CommandError;
use super::session::{Session, Ui};
use crate::aws::Class;
use crate::config::StateMachineKind;
use crate::executions::{self, Run};

impl Ui {
    /// Finds an execution by its ARN, its name or `last`, and reads it, with its secrets masked.
    pub(super) async fn execution(&self, session: &Session, meant: &str) -> Result<Run> {
        self.refuse_express(session)?;
        let found = executions::find(&session.aws, &session.stack, meant).await;
        let arn = match found {
            Err(error) if error.class == Class::NotFound => {
                return Err(self.not_deployed(session).into());
            }
            found => found?.ok_or_else(|| CommandError::NoExecutions {
                state_machine: session.stack.state_machine_name(),
            })?,
        };
        let run = executions::read(&session.aws, &arn).await?;
        let run = run.ok_or_else(|| CommandError::UnknownExecution {
            execution: meant.to_owned(),
            list: self.global.same_stack("txflow executions list"),
        })?;
        Ok(run.masked(&self.world.secrets))
    }

    pub(super) fn refuse_express(&self, session: &Session) -> Result<(), CommandError> {
        match session.deployment.state_machine.kind {
            StateMachineKind::Standard => Ok(()),
            StateMachineKind::Express => Err(CommandError::ExpressExecutions {
                logs: self.global.same_stack("txflow logs"),
            }),
        }
    }
}

impl Session {
    /// Checks that the execution belongs to this stack, before it is changed.
    pub(super) fn refuse_other(&self, execution: &str) -> Result<(), CommandError> {
        let own = self.stack.execution_arn("");
        if !execution.starts_with("arn:") || execution.starts_with(&own) {
            return Ok(());
        }
        Err(CommandError::OtherStateMachine {
            execution_arn: execution.to_owned(),
            state_machine: self.stack.state_machine_name(),
        })
    }
}
