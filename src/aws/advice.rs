//! What the user can do about an AWS error.

use super::{AwsError, Class, ConnectError};
use crate::exit::{Advice, Exit, variant};
use crate::policy::permissions;

impl Advice for ConnectError {
    fn kind(&self) -> String {
        match self {
            Self::Aws(error) => error.kind(),
            error => variant(error),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NoRegion | Self::OtherAccount { .. } | Self::BadEndpoint { .. } => Exit::Usage,
            Self::Aws(error) => error.exit(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NoRegion => {
                Some("set `region` in deploy.toml, pass `--region`, or set AWS_REGION".to_owned())
            }
            Self::BadEndpoint { endpoint } => Some(format!(
                "add the scheme, such as `http://{}`",
                endpoint.trim_start_matches('/')
            )),
            Self::OtherAccount { .. } => Some(
                "use the credentials of that account, or change `account` in deploy.toml"
                    .to_owned(),
            ),
            Self::Aws(error) => error.hint(),
        }
    }
}

impl Advice for AwsError {
    fn kind(&self) -> String {
        format!("aws-{}", variant(&self.class))
    }

    fn hint(&self) -> Option<String> {
        if let Some(action) = self.denied_action() {
            if for_administrators(action) {
                return Some(format!(
                    "`txflow policy` does not grant a pipeline `{action}` on a role with a permissions boundary; ask an administrator to run this command once, or undo the change in deploy.toml"
                ));
            }
            return Some(format!(
                "the credentials do not allow `{action}`; `txflow policy`, with the same `--stage`, prints what a stack's commands need; add `--function NAME` for a function that has left deploy.toml"
            ));
        }
        let hint = match self.class {
            Class::NoCredentials => {
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, pass `--profile`, or log in (`aws sso login`); or pass `--local`, which needs no account"
            }
            Class::Credentials => {
                "log in again (`aws sso login`), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or pass `--profile`"
            }
            Class::Denied => {
                "the credentials lack this permission; `txflow policy`, with the same `--stage`, prints what a stack's commands need"
            }
            Class::Refused => {
                "nothing listens there; check `--endpoint-url` if one is set, or run the same command again if it was the local AWS of a command that has ended"
            }
            Class::Unreachable => "check the network, and `--endpoint-url` if one is set",
            Class::Throttled => {
                "AWS limits the rate of calls; run the same command again in a minute"
            }
            Class::Busy => {
                "another change to it is in progress; run the same command again when it has finished"
            }
            Class::RoleNotReady => {
                "AWS may take minutes to apply a new role or policy: run the same command again; if that does not help, check that the role still exists, trusts the service and has its policy"
            }
            Class::NotFound | Class::AlreadyExists | Class::ChangedMeanwhile => {
                "something else is changing the same resources; `txflow plan`, with the same options, shows their current state"
            }
            Class::InUse => "somebody else's alias points at it; remove the alias, or leave both",
            Class::NotSupported | Class::Other => return None,
        };
        Some(hint.to_owned())
    }
}

impl AwsError {
    /// What a step waits for that will be sent again: no failure, so it does not read like one.
    pub fn awaited(&self) -> String {
        match self.class {
            Class::RoleNotReady => {
                let role = match self.role() {
                    Some(role) => format!("role `{role}`"),
                    None => "its role".to_owned(),
                };
                format!(
                    "AWS cannot use {role} yet; a new role or policy takes some seconds, at times a minute"
                )
            }
            Class::Busy => "another change to it is in progress in AWS".to_owned(),
            Class::NotFound => {
                "AWS does not show it everywhere yet; this takes some seconds".to_owned()
            }
            _ => self.message.clone(),
        }
    }

    /// The role that AWS names.
    fn role(&self) -> Option<&str> {
        let (_, arn) = self.message.split_once(":role/")?;
        let end = arn.find(|c: char| !(c.is_ascii_alphanumeric() || "/+=,.@_-".contains(c)));
        let path = &arn[..end.unwrap_or(arn.len())];
        path.trim_end_matches('.').rsplit('/').next()
    }
}

/// The actions that a policy leaves out if it requires a permissions boundary.
fn for_administrators(action: &str) -> bool {
    let mut permissions = permissions().filter(|permission| permission.action == action);
    permissions.any(|permission| permission.is_left_to_administrators())
}
