//! All reads of a stack, done concurrently.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_smithy_async::rt::sleep::AsyncSleep as _;
use futures_util::future::try_join_all;

use super::{Observed, Versions, function, log_group, read, read_triggers, role};
use crate::aws::{Aws, AwsError};
use crate::config::MachineName;
use crate::stack::{Members, Stack};

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
    members: &Members,
    versions: Versions,
) -> Result<Observed, AwsError> {
    until_whole(aws, stack, || read_all(aws, stack, members, versions)).await
}

async fn until_whole(
    aws: &Aws,
    stack: &Stack,
    read: impl AsyncFn() -> Result<Observed, AwsError>,
) -> Result<Observed, AwsError> {
    let mut observed = read().await?;
    for pause in AGAIN {
        if !observed.is_doubtful(stack, (aws.now)()) {
            break;
        }
        aws.sleep.sleep(pause).await;
        observed = read().await?;
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

/// One concurrent wave: what `members` names, and all roles under the stack's IAM path. What `members` does not account for
/// leads to what else is left of it, in a second wave that is there only then.
async fn read_all(
    aws: &Aws,
    stack: &Stack,
    members: &Members,
    versions: Versions,
) -> Result<Observed, AwsError> {
    let names = Names::of_stack(stack, members);
    let (roles, without_roles, mut observed) = tokio::try_join!(
        role::read_all(aws, stack, &names.roles),
        without_roles(aws, stack, members),
        read(aws, stack, &names, versions),
    )?;
    let mut former = without_roles;
    let mut triggers = false;
    for role in roles.keys().filter(|name| !names.roles.contains(*name)) {
        let handler = stack.handler_of_role(role).map(str::to_owned);
        former.handlers.extend(handler);
        let machine = stack.state_machine_of_role(role);
        former.state_machines.extend(machine);
        triggers |= *role == stack.triggers_role();
    }
    let former = Members {
        handlers: &former.handlers - &members.handlers,
        state_machines: &former.state_machines - &members.state_machines,
    };
    if former != Members::default() || triggers {
        let names = Names {
            triggers,
            ..Names::of_former(stack, former)
        };
        observed.add(read(aws, stack, &names, versions).await?);
    }
    observed.roles = roles;
    Ok(observed)
}

/// What is left of the stack though no role leads to it: of two deploys at once, one may remove a role while the other
/// makes what belongs to it.
///
/// # Errors
///
/// The first read that fails.
pub async fn strays(aws: &Aws, stack: &Stack, members: &Members) -> Result<Observed, AwsError> {
    until_whole(aws, stack, || read_strays(aws, stack, members)).await
}

async fn read_strays(aws: &Aws, stack: &Stack, members: &Members) -> Result<Observed, AwsError> {
    let (former, triggers) = tokio::join!(
        of_own_log_groups(aws, stack, members),
        stray_triggers(aws, stack),
    );
    let former = former?;
    if former == Members::default() {
        return Ok(triggers);
    }
    let names = Names::of_former(stack, former);
    let mut strays = read(aws, stack, &names, Versions::None).await?;
    strays.add(triggers);
    Ok(strays)
}

/// Of a stack whose deploy.toml has triggers they are read anyway. Others need no permission to read them, nor a region or
/// an emulator that has them.
async fn stray_triggers(aws: &Aws, stack: &Stack) -> Observed {
    if stack.has_triggers {
        return Observed::default();
    }
    let read = read_triggers(aws, stack, true).await;
    let mut found = read.unwrap_or_default();
    let group = found.schedule_group.take();
    found.schedule_group = group.filter(|group| stack.owns(&group.tags));
    if found.schedule_group.is_none() {
        found.schedules.clear();
    }
    found.rules.retain(|_, rule| stack.owns(&rule.tags));
    found
}

/// What `deploy.toml` no longer names and whose roles others made: no path leads to it, so it is found through its log
/// group. A stack all of whose roles are its own needs no such look.
async fn without_roles(aws: &Aws, stack: &Stack, members: &Members) -> Result<Members, AwsError> {
    if stack.roles_of_others().is_empty() {
        return Ok(Members::default());
    }
    of_own_log_groups(aws, stack, members).await
}

/// The functions and state machines that have a log group of the stack, but for `members`.
async fn of_own_log_groups(
    aws: &Aws,
    stack: &Stack,
    members: &Members,
) -> Result<Members, AwsError> {
    let of_functions = stack.function_log_group("");
    let of_state_machines = stack.state_machine_log_group(&MachineName::Main);
    let handler = |name: &str| stack.handler_of_log_group(name).map(str::to_owned);
    let machine = |name: &str| stack.state_machine_of_log_group(name);
    let (functions, state_machines) = tokio::try_join!(
        log_group::list_own(aws, stack, &of_functions, |name| {
            handler(name).is_some_and(|handler| !members.handlers.contains(&handler))
        }),
        log_group::list_own(aws, stack, &of_state_machines, |name| {
            machine(name).is_some_and(|machine| !members.state_machines.contains(&machine))
        }),
    )?;
    Ok(Members {
        handlers: functions.iter().filter_map(|name| handler(name)).collect(),
        state_machines: state_machines
            .iter()
            .filter_map(|name| machine(name))
            .collect(),
    })
}

/// The names under which a wave looks.
pub(super) struct Names {
    pub roles: BTreeSet<String>,
    pub log_groups: BTreeSet<String>,
    pub members: Members,
    /// Whether the stack may have triggers.
    pub triggers: bool,
}

impl Names {
    fn of_stack(stack: &Stack, members: &Members) -> Self {
        Self {
            roles: stack.own_roles(members).collect(),
            triggers: stack.has_triggers,
            ..Self::of_former(stack, members.clone())
        }
    }

    /// Roles are found by their path.
    fn of_former(stack: &Stack, members: Members) -> Self {
        let functions = members.handlers.iter();
        let functions = functions.map(|handler| stack.function_log_group(handler));
        let machines = members.state_machines.iter();
        let machines = machines.map(|machine| stack.state_machine_log_group(machine));
        Self {
            log_groups: functions.chain(machines).collect(),
            members,
            triggers: false,
            roles: BTreeSet::new(),
        }
    }
}
