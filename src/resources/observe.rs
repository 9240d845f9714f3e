//! All reads of a stack, done concurrently.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_smithy_async::rt::sleep::AsyncSleep as _;
use futures_util::future::try_join_all;

use super::{Observed, Versions, function, log_group, read, role};
use crate::aws::{Aws, AwsError};
use crate::stack::Stack;

/// When a reading that does not seem whole is repeated.
const AGAIN: [Duration; 4] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];

/// Reads what AWS holds of the stack. The reads of one wave do not see the same moment: a resource that another deploy
/// creates in the meantime can appear without its tags, and what the last deploy created may not be shown yet. Then it is read
/// again.
///
/// # Errors
///
/// The first read that fails.
pub async fn observe(
    aws: &Aws,
    stack: &Stack,
    handlers: &BTreeSet<String>,
    versions: Versions,
) -> Result<Observed, AwsError> {
    let mut observed = read_all(aws, stack, handlers, versions).await?;
    for pause in AGAIN {
        if !observed.is_doubtful(stack, (aws.now)()) {
            break;
        }
        aws.sleep.sleep(pause).await;
        observed = read_all(aws, stack, handlers, versions).await?;
    }
    Ok(observed)
}

/// The same stack with all versions of its functions: what is not pinned may have to be removed.
///
/// # Errors
///
/// The first read that fails.
pub async fn with_all_versions(aws: &Aws, observed: &Observed) -> Result<Observed, AwsError> {
    let mut observed = observed.clone();
    let functions = observed.functions.values_mut();
    let functions = functions.filter(|function| !function.all_versions);
    let read = functions.map(async |function| {
        function.versions = function::versions(aws, &function.name).await?;
        function.all_versions = true;
        Ok::<_, AwsError>(())
    });
    try_join_all(read).await?;
    Ok(observed)
}

/// One concurrent wave: what `handlers` names, and all roles under the stack's IAM path. A role that
/// `handlers` does not account for leads to what else is left of its handler, in a second wave that
/// is there only then.
async fn read_all(
    aws: &Aws,
    stack: &Stack,
    handlers: &BTreeSet<String>,
    versions: Versions,
) -> Result<Observed, AwsError> {
    let names = Names::of_stack(stack, handlers);
    let (roles, without_roles, mut observed) = tokio::try_join!(
        role::read_all(aws, stack, &names.roles),
        without_roles(aws, stack, handlers),
        read(aws, stack, &names, versions),
    )?;
    let left = roles.keys().filter(|name| !names.roles.contains(*name));
    let former = Names::of_former(stack, left, without_roles);
    if !former.handlers.is_empty() || former.triggers {
        observed.add(read(aws, stack, &former, versions).await?);
    }
    observed.roles = roles;
    Ok(observed)
}

/// The handlers that `deploy.toml` no longer names and whose roles others made: no path leads to them, so they are found
/// through their log groups. A stack all of whose roles are its own needs no such look.
async fn without_roles(
    aws: &Aws,
    stack: &Stack,
    handlers: &BTreeSet<String>,
) -> Result<BTreeSet<String>, AwsError> {
    if stack.roles_of_others().is_empty() {
        return Ok(BTreeSet::new());
    }
    let groups = log_group::list_own(aws, stack, |name| {
        let handler = stack.handler_of_log_group(name);
        handler.is_some_and(|handler| !handlers.contains(handler))
    });
    let groups = groups.await?;
    let left = groups
        .iter()
        .filter_map(|name| stack.handler_of_log_group(name));
    Ok(left.map(str::to_owned).collect())
}

/// The names under which a wave looks.
pub(super) struct Names {
    pub roles: BTreeSet<String>,
    pub log_groups: BTreeSet<String>,
    pub handlers: BTreeSet<String>,
    /// Whether the stack may have triggers.
    pub triggers: bool,
    /// Whether only that is looked for which `deploy.toml` no longer names.
    former: bool,
}

impl Names {
    fn of_stack(stack: &Stack, handlers: &BTreeSet<String>) -> Self {
        let log_groups = handlers.iter();
        let log_groups = log_groups.map(|handler| stack.function_log_group(handler));
        Self {
            roles: stack.own_roles(handlers).collect(),
            log_groups: log_groups
                .chain([stack.state_machine_log_group()])
                .collect(),
            handlers: handlers.clone(),
            triggers: stack.has_triggers,
            former: false,
        }
    }

    fn of_former<'a>(
        stack: &Stack,
        roles: impl Iterator<Item = &'a String>,
        without_roles: BTreeSet<String>,
    ) -> Self {
        let roles: Vec<&String> = roles.collect();
        let triggers = roles.iter().any(|role| **role == stack.triggers_role());
        let roles = roles.into_iter();
        let handlers = roles.filter_map(|role| stack.handler_of_role(role));
        let handlers = handlers.map(str::to_owned).chain(without_roles);
        let handlers: BTreeSet<String> = handlers.collect();
        let log_groups = handlers.iter();
        Self {
            log_groups: log_groups
                .map(|handler| stack.function_log_group(handler))
                .collect(),
            handlers,
            triggers,
            roles: BTreeSet::new(),
            former: true,
        }
    }

    /// Reads what a stack has one of.
    pub async fn unless_former<T>(
        &self,
        read: impl Future<Output = Result<Option<T>, AwsError>>,
    ) -> Result<Option<T>, AwsError> {
        if self.former {
            return Ok(None);
        }
        read.await
    }
}
