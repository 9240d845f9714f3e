//! Finds the execution that the user names.

use anyhow::Result;

use crate::aws::Class;
use crate::commands::context::{Context, Session};
use crate::commands::error::CommandError;
use crate::commands::state_machine::StateMachineOption;
use crate::config::{MachineName, StateMachineKind};
use crate::executions::{self, Run};

/// Finds an execution of a state machine by its ARN, its name, the beginning of that or `last`, and reads it, with its
/// secrets masked.
pub(in crate::commands) async fn named<D>(
    context: &Context,
    session: &Session<D>,
    machine: &MachineName,
    meant: &str,
) -> Result<Run> {
    refuse_express(context, session, machine)?;
    let found = executions::find(&session.aws, &session.stack, machine, meant).await;
    let arn = match found {
        Err(error) if error.class == Class::NotFound => {
            return Err(context.not_deployed_here(session).await.into());
        }
        found => found?.ok_or_else(|| CommandError::NoExecutions {
            state_machine: session.stack.state_machine_name(machine),
            test: context.global.same_stack("txflow test"),
        })?,
    };
    let run = match executions::read(&session.aws, &arn).await? {
        None if !meant.starts_with("arn:") => {
            let arn = beginning_with(context, session, machine, meant).await?;
            executions::read(&session.aws, &arn).await?
        }
        run => run,
    };
    let run = run.ok_or_else(|| unknown(context, meant))?;
    Ok(run.masked(&context.world.secrets))
}

/// The ARN of the only execution whose name begins so.
async fn beginning_with<D>(
    context: &Context,
    session: &Session<D>,
    machine: &MachineName,
    meant: &str,
) -> Result<String> {
    let (aws, stack) = (&session.aws, &session.stack);
    let found = match executions::beginning_with(aws, stack, machine, meant).await {
        Err(error) if error.class == Class::NotFound => {
            return Err(context.not_deployed_here(session).await.into());
        }
        found => found?,
    };
    match &found[..] {
        [] => Err(unknown(context, meant).into()),
        [only] => Ok(only.execution_arn.clone()),
        several => Err(CommandError::SeveralExecutions {
            beginning: meant.to_owned(),
            names: several.iter().map(|one| one.name.clone()).collect(),
        }
        .into()),
    }
}

fn unknown(context: &Context, meant: &str) -> CommandError {
    CommandError::UnknownExecution {
        execution: meant.to_owned(),
        list: context.global.same_stack("txflow executions list"),
    }
}

/// The state machine of an execution: an ARN says so itself.
pub(in crate::commands) fn machine_of<D>(
    session: &Session<D>,
    option: &StateMachineOption,
    meant: &str,
) -> Result<MachineName, CommandError> {
    let (machine, _) = option.of(&session.config.state_machines)?;
    Ok(machine_in(session, meant).unwrap_or(machine))
}

/// The state machine of the stack whose execution has this ARN.
fn machine_in<D>(session: &Session<D>, execution_arn: &str) -> Option<MachineName> {
    let mut machines = session.config.state_machines.names();
    machines.find(|machine| execution_arn.starts_with(&session.stack.execution_arn(machine, "")))
}

pub(in crate::commands) fn refuse_express<D>(
    context: &Context,
    session: &Session<D>,
    machine: &MachineName,
) -> Result<(), CommandError> {
    match session.config.state_machines.get(machine) {
        Some(StateMachineKind::Express) => Err(CommandError::ExpressExecutions {
            logs: context.global.same_stack("txflow logs"),
        }),
        Some(StateMachineKind::Standard) | None => Ok(()),
    }
}

/// Checks that the execution belongs to this stack, before it is changed.
pub(super) fn refuse_other<D>(session: &Session<D>, execution: &str) -> Result<(), CommandError> {
    if !execution.starts_with("arn:") || machine_in(session, execution).is_some() {
        return Ok(());
    }
    Err(CommandError::OtherStateMachine {
        execution_arn: execution.to_owned(),
        state_machine: session.stack.state_machine_name(&MachineName::Main),
    })
}
