//! Whether a release can be live.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::AwsError;
use crate::commands::context::Session;
use crate::config::MachineName;
use crate::resources::{self, Pin, Release, RoleState, StateMachineState};

/// What callers would find of a release.
pub(super) enum Look {
    Usable {
        notes: Vec<String>,
    },
    /// Two deploys at once may leave one whose functions the other one has removed.
    Broken {
        cause: String,
    },
}

pub(super) async fn look_at<D>(
    session: &Session<D>,
    release: &Release,
    roles: &BTreeMap<String, RoleState>,
) -> Result<Look, AwsError> {
    let mut notes = Vec::new();
    // The state machines that are still to be looked at, with the version of each.
    let mut left = vec![(MachineName::Main, release.clone())];
    let mut seen = BTreeSet::new();
    while let Some((machine, release)) = left.pop() {
        for pin in release.pins(&session.stack) {
            if !seen.insert((machine.clone(), pin.clone())) {
                continue;
            }
            match look_at_pin(session, &machine, &release, &pin, roles).await? {
                Look::Usable { notes: more } => notes.extend(more),
                broken @ Look::Broken { .. } => return Ok(broken),
            }
            if let Some((child, version)) = pin.of_state_machine() {
                let Session { aws, stack, .. } = session;
                let found = resources::startable(aws, stack, child, version).await?;
                let Some(found) = found else {
                    let name = stack.state_machine_name(child);
                    let cause =
                        format!("version {version} of state machine `{name}` does not exist");
                    return Ok(Look::Broken { cause });
                };
                left.push((child.clone(), found));
            }
        }
    }
    Ok(Look::Usable { notes })
}

/// The newest of the releases before this one that callers could get, apart from those that are live.
pub(super) async fn newest_usable<D>(
    session: &Session<D>,
    state_machine: &StateMachineState,
    before: u64,
    roles: &BTreeMap<String, RoleState>,
) -> Result<Option<u64>, AwsError> {
    let alias = state_machine.alias.as_ref();
    let live = |release: u64| alias.is_some_and(|alias| alias.version() == Some(release));
    let earlier = state_machine.versions.iter().map(|(release, _)| *release);
    for number in earlier.filter(|release| *release < before && !live(*release)) {
        let Session { aws, stack, .. } = session;
        let release = resources::release(aws, stack, &MachineName::Main, number).await?;
        if let Look::Usable { .. } = look_at(session, &release, roles).await? {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// The same of one thing that a version of a state machine pins.
async fn look_at_pin<D>(
    session: &Session<D>,
    machine: &MachineName,
    release: &Release,
    pin: &Pin,
    roles: &BTreeMap<String, RoleState>,
) -> Result<Look, AwsError> {
    let Session { aws, stack, .. } = session;
    let mut notes = Vec::new();
    // Nobody but txflow says what a role of others may do.
    let own = stack.state_machine_role(machine);
    let role = roles.get(&own);
    let role = role.filter(|_| release.settings.role_arn == stack.role_arn(&own));
    let denied = if let Some((handler, version)) = pin.of_function() {
        let function = stack.function_name(handler);
        let Some(found) = resources::published(aws, &function, version).await? else {
            let cause = format!("version {version} of function `{function}` does not exist");
            return Ok(Look::Broken { cause });
        };
        notes.extend(found.idle(&function));
        let denied = role.is_some_and(|role| !role.may_invoke(stack, handler));
        denied.then(|| format!("invoke `{function}`"))
    } else if let Some((child, version)) = pin.of_state_machine() {
        let denied = role.is_some_and(|role| !role.may_start(stack, child, version));
        denied.then(|| format!("start `{}`", stack.state_machine_name(child)))
    } else {
        None
    };
    let Some(denied) = denied else {
        return Ok(Look::Usable { notes });
    };
    let of = match machine {
        MachineName::Main => "the state machine".to_owned(),
        MachineName::Named(name) => format!("the state machine `{name}`"),
    };
    let cause = format!("the role of {of} may not {denied}");
    Ok(Look::Broken { cause })
}
