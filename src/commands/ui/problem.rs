//! Errors as a page shows them.

use hyper::StatusCode;
use txflow_local_aws::DirectError;

use crate::aws::{AwsError, Class};
use crate::commands::CommandError;
use crate::config::{Diagnostics, Severity};
use crate::error::{self, ErrorParts};
use crate::exit::Exit;
use crate::page::view::problem::Problem;
use crate::world::{Secrets, plain};

/// What was asked for does not exist; says so.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Missing(pub String);

/// What the page does not do on AWS.
#[derive(Debug, thiserror::Error)]
#[error("on AWS, this page starts and forks executions, and changes nothing else")]
pub(super) struct NotHere {
    pub command: String,
}

/// The same words as on a terminal, without styles and secrets.
pub(super) fn problem_of(error: &anyhow::Error, secrets: &Secrets) -> Problem {
    let parts = ErrorParts::of(error);
    let hint = match error.downcast_ref::<NotHere>() {
        Some(NotHere { command }) => Some(format!("run `{command}`")),
        None => parts.hint,
    };
    // A warning is not why something was not done.
    let findings = error.downcast_ref::<Diagnostics>().map(|found| {
        let errors = found.0.iter();
        let errors = errors.filter(|one| one.severity == Severity::Error);
        Diagnostics(errors.cloned().collect()).to_string()
    });
    let shown = |text: &str| secrets.mask(&plain(text)).into_owned();
    Problem {
        message: match findings {
            Some(_) => "the files of the project have errors".to_owned(),
            None => shown(&parts.message),
        },
        findings: findings.as_deref().map(shown),
        causes: { parts.causes.iter() }.map(|cause| shown(cause)).collect(),
        hint: hint.map(|hint| shown(&hint)),
    }
}

/// What a form says that cannot be done.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Wrong(pub String);

/// Whether it is what was asked for that is wrong, or something here.
pub(super) fn status_of(error: &anyhow::Error) -> StatusCode {
    if error.is::<Missing>() || is_unknown_release(error) {
        return StatusCode::NOT_FOUND;
    }
    if error.is::<NotHere>() {
        return StatusCode::FORBIDDEN;
    }
    let refused = error.chain().find_map(|cause| {
        let by_aws = cause.downcast_ref::<AwsError>().and_then(|error| {
            let class = error.code.as_ref().map(|_| error.class);
            match class? {
                Class::NotFound => Some(StatusCode::NOT_FOUND),
                Class::AlreadyExists | Class::NotSupported | Class::Other => {
                    Some(StatusCode::BAD_REQUEST)
                }
                _ => None,
            }
        });
        let by_service = match cause.downcast_ref::<DirectError>() {
            Some(DirectError::Refused { .. }) => Some(StatusCode::BAD_REQUEST),
            _ => None,
        };
        by_aws.or(by_service)
    });
    let is_wrong =
        error.is::<Wrong>() || cannot_any_more(error) || error::exit(error) == Exit::Usage;
    match refused {
        Some(refused) => refused,
        None if is_wrong => StatusCode::BAD_REQUEST,
        None => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Whether an execution has gone on since its page was shown.
fn cannot_any_more(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<CommandError>();
    matches!(
        error,
        Some(CommandError::AlreadyEnded { .. } | CommandError::CannotRedrive { .. })
    )
}

fn is_unknown_release(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<CommandError>();
    matches!(error, Some(CommandError::UnknownRelease { .. }))
}
