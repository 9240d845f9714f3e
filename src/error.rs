//! A failed run: its heading, its hint and its exit code.

use txflow_local_aws::{EndpointError, StartError, StoreError};

use crate::apply::StepError;
use crate::aws::{AwsError, Class, ConnectError};
use crate::build::BuildError;
use crate::commands::{ApplyFailed, CommandError};
use crate::config::Diagnostics;
use crate::plan::Refusal;
use crate::policy::permissions;

/// How a run ends. The numbers are documented, and pipelines branch on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    Failed = 1,
    /// Bad usage or bad configuration.
    Usage = 2,
    TestFailed = 3,
    ChangesPending = 4,
    Interrupted = 130,
}

/// The exit code of an error.
pub fn exit(error: &anyhow::Error) -> Exit {
    if error.is::<Diagnostics>() {
        return Exit::Usage;
    }
    if let Some(error) = error.downcast_ref::<CommandError>() {
        return error.exit();
    }
    if let Some(
        ConnectError::NoRegion
        | ConnectError::OtherAccount { .. }
        | ConnectError::BadEndpoint { .. },
    ) = error.downcast_ref()
    {
        return Exit::Usage;
    }
    match error.downcast_ref::<ApplyFailed>() {
        Some(failed) if failed.0.interrupted => Exit::Interrupted,
        _ => Exit::Failed,
    }
}

/// What the user can do about an error, where txflow knows.
pub fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        if let Some(error) = cause.downcast_ref::<CommandError>() {
            return error.hint();
        }
        if let Some(error) = cause.downcast_ref::<BuildError>() {
            return error.hint();
        }
        if let Some(error) = cause.downcast_ref::<ConnectError>() {
            return connect_hint(error);
        }
        if let Some(error) = cause.downcast_ref::<AwsError>() {
            return aws_hint(error);
        }
        if let Some(error) = cause.downcast_ref::<Refusal>() {
            return Some(refusal_hint(error));
        }
        if let Some(error) = cause.downcast_ref::<StartError>() {
            return start_hint(error);
        }
        let failed = cause.downcast_ref::<ApplyFailed>()?;
        let mut hints = failed
            .0
            .failed
            .iter()
            .filter_map(|failure| step_hint(&failure.error));
        Some(hints.next().unwrap_or_else(|| GO_ON.to_owned()))
    })
}

const GO_ON: &str = "run the same command again: it goes on where this one stopped";

fn connect_hint(error: &ConnectError) -> Option<String> {
    match error {
        ConnectError::NoRegion => {
            Some("set `region` in deploy.toml, pass `--region`, or set AWS_REGION".to_owned())
        }
        ConnectError::BadEndpoint { endpoint } => Some(format!(
            "it is written with its scheme, such as `http://{}`",
            endpoint.trim_start_matches('/')
        )),
        ConnectError::OtherAccount { .. } => Some(
            "use the credentials of that account, or change `account` in deploy.toml".to_owned(),
        ),
        ConnectError::Aws(error) => aws_hint(error),
    }
}

fn aws_hint(error: &AwsError) -> Option<String> {
    if let Some(action) = error.denied_action() {
        if for_administrators(action) {
            return Some(format!(
                "`txflow policy` gives no pipeline `{action}` on a role with a permissions boundary; an administrator runs this command once, or undoes the change in deploy.toml"
            ));
        }
        return Some(format!(
            "the credentials may not do `{action}`; `txflow policy`, with the same `--stage`, prints what a stack's commands need; add `--function NAME` for a function that has left deploy.toml"
        ));
    }
    let hint = match error.class {
        Class::NoCredentials => {
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, pass `--profile`, or log in (`aws sso login`); or pass `--local`, which needs no account"
        }
        Class::Credentials => {
            "log in again (`aws sso login`), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or pass `--profile`"
        }
        Class::Denied => {
            "the credentials lack this permission; `txflow policy`, with the same `--stage`, prints what a stack's commands need"
        }
        Class::Unreachable => "check the network, and `--endpoint-url` where one is set",
        Class::Throttled => "AWS limits the rate of calls; run the same command again in a minute",
        Class::Busy => {
            "another change of it is in progress; run the same command again when it is over"
        }
        Class::RoleNotReady => {
            "AWS may take minutes to know a new role or policy; run the same command again"
        }
        Class::NotFound | Class::AlreadyExists | Class::ChangedMeanwhile => {
            "something else changes the same resources; `txflow plan` shows how they are now"
        }
        Class::NotSupported | Class::Other => return None,
    };
    Some(hint.to_owned())
}

/// What a policy leaves out that requires a permissions boundary.
fn for_administrators(action: &str) -> bool {
    let mut permissions = permissions().filter(|permission| permission.action == action);
    permissions.any(|permission| permission.is_left_to_administrators())
}

fn refusal_hint(error: &Refusal) -> String {
    match error {
        Refusal::Foreign(_) => {
            "choose another `name` or `--stage`, or remove what is there by hand; txflow touches only what it made".to_owned()
        }
        Refusal::TypeChanged { .. } => {
            "AWS cannot change the type of a state machine: `txflow destroy` the stage first, or use another stage".to_owned()
        }
    }
}

fn step_hint(error: &StepError) -> Option<String> {
    match error {
        StepError::Aws(error) | StepError::GaveUp { cause: error, .. } => aws_hint(error),
        StepError::ChangedMeanwhile { .. } | StepError::OtherDeploy { .. } => {
            Some("wait for the other deploy to end, then run this one again".to_owned())
        }
        StepError::Overtaken { .. } => Some(
            "`txflow status` shows what is live; to replace it, run the same command again".to_owned(),
        ),
        StepError::Appeared { .. } => Some(
            "choose another `name` or `--stage`; txflow touches only what it made".to_owned(),
        ),
        StepError::FunctionFailed { .. } => Some(
            "mend in deploy.toml or in the account what AWS names, then run the same command again"
                .to_owned(),
        ),
        StepError::NoBoundary { .. } => Some(
            "`txflow policy --boundary` prints what it should say; an administrator creates it once, with `aws iam create-policy`"
                .to_owned(),
        ),
        StepError::IncompleteAnswer { .. }
        | StepError::Unpinned { .. }
        | StepError::NoRelease
        | StepError::Request { .. } => Some(
            "this is a fault of txflow or of the endpoint; nothing is lost, and running the same command again may help"
                .to_owned(),
        ),
        StepError::StillNotReady { .. } | StepError::Interrupted { .. } => None,
    }
}

fn start_hint(error: &StartError) -> Option<String> {
    let hint = match error {
        error if error.is_out_of_room() => {
            "make room on the disk of `.txflow/`, or raise the limit on the size of files, then run the same command again"
        }
        StartError::AlreadyRunning(_) => {
            "commands with `--local` use the server that runs; end it with Ctrl-C to serve in another way"
        }
        StartError::DataDirectory { .. } => {
            "txflow keeps there what is deployed locally, and must be able to write it"
        }
        StartError::Endpoint(EndpointError::Elsewhere { .. }) => {
            "txflow writes only addresses of this machine there, so somebody else wrote this one: remove the file, and look at where it came from"
        }
        StartError::Endpoint(EndpointError::Unreadable { .. }) => {
            "remove the file; a local AWS that runs has to be started again to write it"
        }
        StartError::Store(StoreError::Failed(_)) => {
            "the last changes may not have been kept; if the disk is full, make room, then run the same command again"
        }
        StartError::Store(_) => {
            "move `.txflow/local` away to begin with an empty local AWS; what was deployed there is deployed again by `txflow deploy --local`"
        }
    };
    Some(hint.to_owned())
}

#[cfg(test)]
mod tests;
