//! Finds the execution that the user names.

use anyhow::Result;

use crate::aws::Class;
use crate::commands::context::{Context, Session};
use crate::commands::error::CommandError;
use crate::config::StateMachineKind;
use crate::executions::{self, Run};
use crate::stack::Stack;

/// Finds an execution by its ARN, its name or `last`, and reads it, with its secrets masked.
pub(in crate::commands) async fn named(
    context: &Context,
    session: &Session,
    meant: &str,
) -> Result<Run> {
    refuse_express(context, session)?;
    let found = executions::find(&session.aws, &session.stack, meant).await;
    let arn = match found {
        Err(error) if error.class == Class::NotFound => {
            return Err(context.not_deployed_here(session).await.into());
        }
        found => found?.ok_or_else(|| CommandError::NoExecutions {
            state_machine: session.stack.state_machine_name(),
        })?,
    };
    let run = executions::read(&session.aws, &arn).await?;
    let run = run.ok_or_else(|| CommandError::UnknownExecution {
        execution: meant.to_owned(),
        list: context.global.same_stack("txflow executions list"),
    })?;
    Ok(run.masked(&context.world.secrets))
}

pub(super) fn refuse_express(context: &Context, session: &Session) -> Result<(), CommandError> {
    match session.deployment.state_machine.kind {
        StateMachineKind::Standard => Ok(()),
        StateMachineKind::Express => Err(CommandError::ExpressExecutions {
            logs: context.global.same_stack("txflow logs"),
        }),
    }
}

/// Checks that the execution belongs to this stack, before it is changed.
pub(super) fn refuse_other(stack: &Stack, execution: &str) -> Result<(), CommandError> {
    let own = stack.execution_arn("");
    if !execution.starts_with("arn:") || execution.starts_with(&own) {
        return Ok(());
    }
    Err(CommandError::OtherStateMachine {
        execution_arn: execution.to_owned(),
        state_machine: stack.state_machine_name(),
    })
}
