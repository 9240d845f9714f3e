//! Why a step failed.

use crate::aws::AwsError;
use crate::exit::Advice;

#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The last cause of a wait that was given up.
    #[error("gave up after {waited} s: {cause}")]
    GaveUp { waited: u64, cause: AwsError },
    #[error("`{name}` is {state} after {waited} s")]
    StillNotReady {
        name: String,
        state: String,
        waited: u64,
    },
    /// AWS's StateReasonCode and StateReason.
    #[error("`{name}` failed with {code}: {reason}")]
    FunctionFailed {
        name: String,
        code: String,
        reason: String,
    },
    #[error("`{name}` was changed by someone else during this deploy")]
    ChangedMeanwhile { name: String, cause: AwsError },
    /// A wait that was left at an interrupt: what it waits for has not been done.
    #[error("interrupted while waiting: {cause}")]
    Interrupted { cause: String },
    /// It was not there when the plan was made, and carries the tags of this stack.
    #[error("another deploy of this stage is running: it has made `{name}` meanwhile")]
    OtherDeploy { name: String },
    /// As above, without the tags.
    #[error("`{name}` appeared during this deploy and does not belong to this stack")]
    Appeared { name: String },
    /// The alias was moved again right after this deploy had moved it.
    #[error("release {release} is not live: another deploy of this stage has moved `live` to release {live}{}", from(.origin.as_deref()))]
    Overtaken {
        release: u64,
        live: String,
        /// Of what is live, such as `txflow 0.1.0, commit 1f2e3d4`.
        origin: Option<String>,
    },
    #[error("the permissions boundary `{boundary}` does not exist")]
    NoBoundary { boundary: String, cause: AwsError },
    #[error("AWS's answer to {operation} lacks {field}")]
    IncompleteAnswer {
        operation: &'static str,
        field: &'static str,
    },
    /// The plan puts every function before the state machine, so this is a fault of txflow.
    #[error("no version of `{handler}` is known to pin in the definition")]
    Unpinned { handler: String },
    /// As above.
    #[error("no release is known for the alias to point at")]
    NoRelease,
    #[error("the request for `{name}` cannot be made: {cause}")]
    Request { name: String, cause: String },
}

impl Advice for StepError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Aws(error) | Self::GaveUp { cause: error, .. } => error.hint(),
            Self::ChangedMeanwhile { .. } | Self::OtherDeploy { .. } => {
                Some("wait for the other deploy to end, then run this one again".to_owned())
            }
            Self::Overtaken { .. } => Some(
                "`txflow status` shows what is live; to replace it, run the same command again".to_owned(),
            ),
            Self::Appeared { .. } => Some(
                "choose another `name` or `--stage`; txflow touches only what it made".to_owned(),
            ),
            Self::FunctionFailed { .. } => Some(
                "correct what AWS names, in deploy.toml or in the account, then run the same command again"
                    .to_owned(),
            ),
            Self::NoBoundary { .. } => Some(
                "`txflow policy --boundary` prints what it should say; an administrator creates it once, with `aws iam create-policy`"
                    .to_owned(),
            ),
            Self::IncompleteAnswer { .. }
            | Self::Unpinned { .. }
            | Self::NoRelease
            | Self::Request { .. } => Some(
                "this is a fault of txflow or of the endpoint; nothing is lost, and running the same command again may help"
                    .to_owned(),
            ),
            Self::StillNotReady { .. } | Self::Interrupted { .. } => None,
        }
    }
}

fn from(origin: Option<&str>) -> String {
    origin.map_or_else(String::new, |origin| format!(", from {origin}"))
}
