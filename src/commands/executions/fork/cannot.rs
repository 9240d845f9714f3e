//! Why an execution cannot be forked, and what to do instead.

use txflow_asl::fork::ForkError;

use crate::commands::context::Context;
use crate::commands::error::CommandError;
use crate::executions::Family;

/// The error of an execution or a state of this name.
pub(super) fn cannot(context: &Context, name: &str, error: &ForkError) -> CommandError {
    CommandError::CannotFork {
        name: name.to_owned(),
        cause: error.to_string(),
        hint: hint(context, name, error),
    }
}

/// If the history of an execution cannot be used.
pub(super) fn unreadable(name: &str, cause: String) -> CommandError {
    CommandError::CannotFork {
        name: name.to_owned(),
        cause,
        hint: "leave out the execution, and pass `--from` and `--input`".to_owned(),
    }
}

fn hint(context: &Context, name: &str, error: &ForkError) -> String {
    let command = |command: &str| context.global.same_stack(command);
    match error {
        ForkError::SucceededInside { around, .. } | ForkError::NotExact { state: around, .. } => {
            format!("`--from '{around}'` runs all of it again")
        }
        ForkError::Unknown { .. } => {
            "pass the name of a state of the definition that is live".to_owned()
        }
        ForkError::Removed { .. } => {
            "choose another state with `--from`, and pass the `--input` that it needs".to_owned()
        }
        ForkError::NotEntered { .. } => {
            "choose a state that it entered, or pass the state's `--input` as well".to_owned()
        }
        ForkError::Running => format!(
            "wait for its end, or stop it with `{}`; `--from` forks it from a state that it has entered",
            command(&format!("txflow executions stop {name}"))
        ),
        ForkError::Succeeded | ForkError::NoneFailed | ForkError::FailState { .. } => {
            "choose the state with `--from`".to_owned()
        }
        ForkError::NoHistory => "pass `--from` and `--input`".to_owned(),
        ForkError::ForkOfFork { .. } => match Family::of(name).origin() {
            Some(first) => format!(
                "fork the first execution: `{}`",
                command(&format!("txflow executions fork {first}"))
            ),
            None => "fork the first execution instead".to_owned(),
        },
        ForkError::Cut { .. } => "pass the input of the state with `--input`".to_owned(),
        ForkError::InputInside { around, .. } => {
            format!("leave out `--input`, or pass that of `{around}` with `--from '{around}'`")
        }
        ForkError::TooLarge { .. } => "pass a smaller `--input`".to_owned(),
        ForkError::NotRunnable { .. } => {
            format!("fix the definition, and run `{}`", command("txflow deploy"))
        }
    }
}
