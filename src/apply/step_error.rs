//! Why a step failed.

use crate::aws::{AwsError, Class};
use crate::exit::{Advice, variant};

#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The last cause before a wait was given up.
    #[error("gave up after {waited} s: {cause}")]
    GaveUp { waited: u64, cause: AwsError },
    #[error("`{name}` is {state} after {waited} s")]
    StillNotReady {
        name: String,
        state: String,
        waited: u64,
    },
    /// What a destroy has deleted is there once more.
    #[error("`{name}` was created again during this destroy: somebody deploys this stage")]
    CreatedAgain { name: String },
    /// AWS's StateReasonCode and StateReason.
    #[error("`{name}` failed with {code}: {reason}")]
    FunctionFailed {
        name: String,
        code: String,
        reason: String,
    },
    #[error("`{name}` was changed by someone else during this deploy")]
    ChangedMeanwhile {
        name: String,
        /// AWS's refusal, if it refused.
        cause: Option<AwsError>,
    },
    /// It existed when the step began to wait for it.
    #[error("the role `{name}` was removed by another command during this deploy")]
    RoleRemoved { name: String },
    /// A wait that ended at an interrupt: what it waited for has not happened.
    #[error("interrupted while waiting: {cause}")]
    Interrupted { cause: String },
    /// Somebody else uses what was to be removed, so it stays, with all that goes after it. The step ends well.
    #[error("it stays: {cause}")]
    Kept { cause: String },
    /// The resource did not exist when the plan was made, and carries the tags of this stack.
    #[error("another deploy of this stage is running: it has created `{name}` in the meantime")]
    OtherDeploy { name: String },
    /// The same without the tags.
    #[error("`{name}` appeared during this deploy and does not belong to this stack")]
    Appeared { name: String },
    /// The alias was moved again right after this deploy had moved it: by a deploy, a rollback, or somebody's own call. A destroy
    /// has removed it.
    #[error("release {release} is not live: another command has {}", moved(live.as_deref(), origin.as_deref()))]
    Overtaken {
        release: u64,
        /// What is live instead; `None` if nothing is.
        live: Option<String>,
        /// The origin of what is live, such as `txflow 0.1.0, commit 1f2e3d4`.
        origin: Option<String>,
    },
    #[error("the permissions boundary `{boundary}` does not exist")]
    NoBoundary { boundary: String, cause: AwsError },
    #[error("AWS's answer to {operation} lacks {field}")]
    IncompleteAnswer {
        operation: &'static str,
        field: &'static str,
    },
    /// The plan puts everything before the state machine that pins it, so this is a bug in txflow.
    #[error("the definition needs a version of `{name}` to pin, and none was published")]
    Unpinned { name: String },
    /// A bug in txflow as well.
    #[error("the alias needs a release to point at, and none was published")]
    NoRelease,
    #[error("the request for `{name}` cannot be made: {cause}")]
    Request { name: String, cause: String },
}

impl StepError {
    /// AWS's refusal of a change that is based on an older state, reported as such.
    pub fn changed_meanwhile(self, name: &str) -> Self {
        match self {
            Self::Aws(cause) if cause.class == Class::ChangedMeanwhile => Self::ChangedMeanwhile {
                name: name.to_owned(),
                cause: Some(cause),
            },
            other => other,
        }
    }
}

impl Advice for StepError {
    fn kind(&self) -> String {
        match self {
            Self::Aws(error) | Self::GaveUp { cause: error, .. } => error.kind(),
            error => variant(error),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Aws(error) | Self::GaveUp { cause: error, .. } => error.hint(),
            Self::ChangedMeanwhile { .. } | Self::OtherDeploy { .. } | Self::RoleRemoved { .. } => {
                Some("wait for the other command to finish, then run this one again".to_owned())
            }
            Self::CreatedAgain { .. } => Some(
                "`txflow status`, with the same options, shows what is live; run `txflow destroy` again only if that is to go as well".to_owned(),
            ),
            Self::Overtaken { .. } => Some(
                "`txflow status`, with the same options, shows what is live; to replace it, run the same command again".to_owned(),
            ),
            Self::Appeared { .. } => Some(
                "choose another `name` or `--stage`; txflow changes only what it created".to_owned(),
            ),
            Self::FunctionFailed { .. } => Some(
                "fix what AWS names, in deploy.toml or in the account, then run the same command again"
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
                "this is a bug in txflow or in the endpoint; nothing is lost, and running the same command again may help"
                    .to_owned(),
            ),
            Self::StillNotReady { .. } | Self::Interrupted { .. } | Self::Kept { .. } => None,
        }
    }
}

fn moved(live: Option<&str>, origin: Option<&str>) -> String {
    let Some(live) = live else {
        return "removed `live`".to_owned();
    };
    let from = origin.map_or_else(String::new, |origin| format!(", from {origin}"));
    format!("moved `live` to release {live}{from}")
}
