//! The aliases that others made for a state machine of the stack.

use std::collections::BTreeSet;

use super::observe::read;
use crate::aws::{Aws, AwsError, Class, failed, found};
use crate::config::MachineName;
use crate::stack::Stack;

/// The versions of a state machine that such aliases lead to. AWS does not delete them.
///
/// # Errors
///
/// If AWS refuses a read, but for want of rights: then a plan promises to delete what stays.
pub(in crate::resources) async fn led_to_by_others(
    aws: &Aws,
    stack: &Stack,
    machine: &MachineName,
) -> Result<BTreeSet<u64>, AwsError> {
    let mut versions = BTreeSet::new();
    for alias in aliases(aws, &stack.state_machine_arn(machine)).await? {
        if alias == stack.alias_arn() {
            continue;
        }
        let led_to = unless_denied(read(aws, &alias).await)?.flatten();
        let routing = led_to.into_iter().flat_map(|alias| alias.routing);
        versions.extend(routing.map(|(version, _)| version));
    }
    Ok(versions)
}

/// The ARNs of all aliases.
async fn aliases(aws: &Aws, state_machine_arn: &str) -> Result<Vec<String>, AwsError> {
    let mut aliases = Vec::new();
    let mut token = None;
    loop {
        let request = aws.sfn.list_state_machine_aliases();
        let request = request.state_machine_arn(state_machine_arn);
        let page = request.set_next_token(token).send().await;
        let page = found(page.map_err(failed("ListStateMachineAliases")));
        let Some(page) = unless_denied(page)?.flatten() else {
            return Ok(aliases);
        };
        let found = page.state_machine_aliases.into_iter();
        aliases.extend(found.map(|alias| alias.state_machine_alias_arn));
        token = page.next_token;
        if token.is_none() {
            return Ok(aliases);
        }
    }
}

fn unless_denied<T>(read: Result<T, AwsError>) -> Result<Option<T>, AwsError> {
    match read {
        Err(error) if error.class == Class::Denied => Ok(None),
        read => read.map(Some),
    }
}
