//! Why an execution cannot be forked.

/// Why an execution cannot be forked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ForkError {
    #[error(
        "`{state}` has succeeded, and what failed is beside it; to run all of `{around}` again, start from that"
    )]
    SucceededInside { state: String, around: String },
    #[error("no state of the definition is named `{state}`{}", nearest(nearest_to.as_ref()))]
    Unknown {
        state: String,
        nearest_to: Option<String>,
    },
    #[error("the execution failed in `{state}`, which the current definition does not have{}", nearest(nearest_to.as_ref()))]
    Removed {
        state: String,
        nearest_to: Option<String>,
    },
    #[error("the execution never entered `{state}`; it entered {}", names(entered))]
    NotEntered { state: String, entered: Vec<String> },
    #[error("the execution succeeded, so no state of it failed")]
    Succeeded,
    #[error("the execution is still running, so no state of it has failed")]
    Running,
    #[error("the execution ended between two states, so no state of it failed")]
    NoneFailed,
    #[error(
        "the execution was ended by the Fail state `{state}`, and no state before it failed by an error"
    )]
    FailState { state: String },
    #[error("without a recorded execution, the state and its input must be given")]
    NoHistory,
    #[error(
        "`{state}`, or a state behind it, reads the input of the execution, and this fork was not started with that of the first execution"
    )]
    ForkOfFork { state: String },
    #[error("the history does not hold what `{state}` was entered with")]
    Cut { state: String },
    #[error("`{state}` is inside of `{around}`, where only the recorded input can be used")]
    InputInside { state: String, around: String },
    #[error("`{state}` cannot go on where it stopped: {reason}")]
    NotExact { state: String, reason: String },
    #[error(
        "a definition that starts at `{state}` has {bytes} bytes with what was recorded, and Step Functions accepts 1 MiB"
    )]
    TooLarge { state: String, bytes: usize },
    #[error("the definition cannot run: {cause}")]
    NotRunnable { cause: String },
}

fn nearest(name: Option<&String>) -> String {
    name.map_or_else(String::new, |name| {
        format!("; the nearest name is `{name}`")
    })
}

fn names(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
