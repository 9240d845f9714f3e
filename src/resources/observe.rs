//! All reads of a stack, done concurrently.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_smithy_async::rt::sleep::AsyncSleep as _;
use futures_util::future::try_join_all;

use super::{Kind, Observed, function, log_group, role, state_machine};
use crate::aws::{Aws, AwsError};
use crate::stack::Stack;

/// How long a resource without tags is read again before it counts as somebody else's.
const UNTAGGED: [Duration; 3] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
];

/// Reads what AWS holds of the stack. The reads of one wave do not see the same moment, and a resource that
/// another deploy creates in the meantime can appear without its tags: that is read again.
///
/// # Errors
///
/// The first read that fails.
pub async fn observe(
    aws: &Aws,
    stack: &Stack,
    handlers: &BTreeSet<String>,
) -> Result<Observed, AwsError> {
    let mut observed = read(aws, stack, handlers).await?;
    for pause in UNTAGGED {
        if !has_untagged(&observed) {
            break;
        }
        aws.sleep.sleep(pause).await;
        observed = read(aws, stack, handlers).await?;
    }
    Ok(observed)
}

/// Whether a resource has no tags at all.
fn has_untagged(observed: &Observed) -> bool {
    let mut kinds = Kind::ALL.into_iter();
    kinds.any(|kind| kind.held(observed).iter().any(|held| held.tags.is_empty()))
}

/// One concurrent wave: what `handlers` names, and all roles under the stack's IAM path. A role whose handler
/// is not among `handlers` leads to what else is left of that handler, in a second wave that happens only
/// then.
async fn read(aws: &Aws, stack: &Stack, handlers: &BTreeSet<String>) -> Result<Observed, AwsError> {
    let names: BTreeSet<String> = handlers
        .iter()
        .map(|handler| stack.function_name(handler))
        .chain([stack.state_machine_role()])
        .collect();
    let groups = handlers
        .iter()
        .map(|handler| stack.function_log_group(handler));
    let groups: Vec<String> = groups.chain([stack.state_machine_log_group()]).collect();
    let (listed, mut roles, mut log_groups, mut functions, state_machine) = tokio::try_join!(
        role::list(aws, stack),
        each(&names, |name| role::read(aws, name)),
        log_group::read(aws, stack, &groups),
        each(handlers, |handler| function::read(aws, stack, handler)),
        state_machine::read(aws, stack),
    )?;

    let left: BTreeSet<String> = listed.difference(&names).cloned().collect();
    if !left.is_empty() {
        let handlers: BTreeSet<String> = left
            .iter()
            .filter_map(|role| stack.handler_of_role(role))
            .map(str::to_owned)
            .collect();
        let groups = handlers
            .iter()
            .map(|handler| stack.function_log_group(handler));
        let groups: Vec<String> = groups.collect();
        let (more_roles, more_groups, more_functions) = tokio::try_join!(
            each(&left, |name| role::read(aws, name)),
            log_group::read(aws, stack, &groups),
            each(&handlers, |handler| function::read(aws, stack, handler)),
        )?;
        roles.extend(more_roles);
        log_groups.extend(more_groups);
        functions.extend(more_functions);
    }
    Ok(Observed {
        roles,
        log_groups,
        functions,
        state_machine,
    })
}

/// Reads these concurrently and leaves out those that do not exist.
async fn each<'a, T, F>(
    names: &'a BTreeSet<String>,
    read: impl Fn(&'a str) -> F,
) -> Result<BTreeMap<String, T>, AwsError>
where
    F: Future<Output = Result<Option<T>, AwsError>>,
{
    let read = names.iter().map(|name| {
        let state = read(name);
        async move { Ok::<_, AwsError>(state.await?.map(|state| (name.clone(), state))) }
    });
    Ok(try_join_all(read).await?.into_iter().flatten().collect())
}
