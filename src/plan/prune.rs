//! The steps that remove what is no longer in use.

use std::collections::BTreeSet;

use super::{Draft, Milestone, Reason, Removal, StepId};
use crate::config::MachineName;
use crate::resources::function::deletion::DeleteFunctionVersion;
use crate::resources::function::unused::{CheckUnused, Member};
use crate::resources::other_releases::OtherReleases;
use crate::resources::state_machine::operations::DeleteStateMachineVersion;
use crate::resources::{FunctionVersion, Kind, Pin, Usage, narrow, narrow_network};

/// Removes releases beyond `keep-versions`, function versions that nothing pins, and functions that `deploy.toml` no
/// longer names, all after `live` has moved.
pub(super) fn prune(draft: &mut Draft<'_>, usage: &Usage) {
    let live = Kind::Alias.named(draft.desired.stack.alias_name());
    let live = draft.steps.until(&live, Milestone::Usable);
    let mut superseded = Superseded::deleted(draft, usage, live);
    if is_time_to_prune(draft) {
        superseded.delete_beside(draft, usage);
        superseded.delete_forks(draft, usage);
    }
    // A release that AWS does not delete keeps what its roles allow.
    narrow(draft, &superseded.after_all());
    superseded.remove_former_state_machines(draft, usage);
    delete_versions(draft, &superseded);
    remove_former(draft, &superseded);
    remove_former_roles(draft, &superseded.after_all());
}

/// The releases that a plan deletes, and the versions of other state machines.
struct Superseded {
    /// With what each pins, and with what that pins in turn.
    versions: Vec<(StepId, Vec<Pin>)>,
    /// The steps after which `live` has moved.
    live: Vec<StepId>,
}

impl Superseded {
    fn deleted(draft: &mut Draft<'_>, usage: &Usage, live: Vec<StepId>) -> Self {
        let stack = &draft.desired.stack;
        let resource = Kind::StateMachine.named(&draft.desired.state_machines.main.name);
        let mut versions = Vec::new();
        for release in draft.observed.releases() {
            if draft.retained.keeps(release) {
                continue;
            }
            let delete = DeleteStateMachineVersion {
                state_machine_arn: stack.state_machine_arn(&MachineName::Main),
                version: release,
            };
            let after = live.iter().copied();
            let step = draft
                .steps
                .add(&resource, delete, after, vec![Reason::Superseded]);
            let frozen = usage.releases.get(&release);
            let pins = frozen.map(|frozen| usage.all_pins(frozen, stack));
            versions.push((step, pins.unwrap_or_default()));
        }
        Self { versions, live }
    }

    /// Deletes the versions of the other state machines that no kept release pins.
    fn delete_beside(&mut self, draft: &mut Draft<'_>, usage: &Usage) {
        let stack = &draft.desired.stack;
        let mut deleted = Vec::new();
        for (machine, state) in &draft.observed.state_machines {
            // One that goes takes its versions with it.
            if *machine == MachineName::Main
                || state.deleting
                || draft.desired.state_machines.get(machine).is_none()
            {
                continue;
            }
            let resource = Kind::StateMachine.named(&state.name);
            for (version, _) in &state.versions {
                if !draft.retained.has_superseded(machine, *version) {
                    continue;
                }
                let pin = Pin::StateMachine {
                    machine: machine.clone(),
                    version: *version,
                };
                let delete = DeleteStateMachineVersion {
                    state_machine_arn: stack.state_machine_arn(machine),
                    version: *version,
                };
                let after = self.after(|other| *other == pin);
                let reasons = vec![Reason::Superseded];
                let step = draft.steps.add(&resource, delete, after, reasons);
                let frozen = usage.version(&pin);
                let pins = frozen.map(|frozen| usage.all_pins(frozen, stack));
                deleted.push((step, pins.unwrap_or_default()));
            }
        }
        self.versions.extend(deleted);
    }

    /// Deletes the versions that executions were forked onto, once these are over.
    fn delete_forks(&mut self, draft: &mut Draft<'_>, usage: &Usage) {
        let stack = &draft.desired.stack;
        let mut deleted = Vec::new();
        for (machine, state) in &draft.observed.state_machines {
            if state.deleting || draft.desired.state_machines.get(machine).is_none() {
                continue;
            }
            let resource = Kind::StateMachine.named(&state.name);
            for (version, fork) in &state.forks {
                if draft.retained.keeps_fork(machine, *version) {
                    continue;
                }
                let delete = DeleteStateMachineVersion {
                    state_machine_arn: stack.state_machine_arn(machine),
                    version: *version,
                };
                let after = self.live.iter().copied();
                let reasons = vec![Reason::ForksEnded];
                let step = draft.steps.add(&resource, delete, after, reasons);
                deleted.push((step, usage.all_pins(fork, stack)));
            }
        }
        self.versions.extend(deleted);
    }

    /// Removes the state machines that `deploy.toml` no longer names, unless a retained release pins them.
    fn remove_former_state_machines(&mut self, draft: &mut Draft<'_>, usage: &Usage) {
        let stack = &draft.desired.stack;
        for machine in former_state_machines(draft) {
            let name = stack.state_machine_name(&machine);
            if let Some(by) = draft.retained.machine_pinned_by(&machine) {
                draft.notes.push(format!(
                    "state machine `{name}` is no longer in deploy.toml and stays while {by}"
                ));
                continue;
            }
            let check = CheckUnused {
                stack: stack.clone(),
                member: Member::StateMachine(machine.clone()),
                other_releases: OtherReleases::new(stack, draft.observed),
                existed: draft.observed.state_machines.contains_key(&machine),
            };
            let after = self.after(|pin| pin.of(&machine).is_some());
            let resource = Kind::StateMachine.named(&name);
            let reasons = vec![Reason::NotWanted];
            let checked = draft.steps.add(&resource, check, after, reasons);
            let mut removal = Removal::new(stack, draft.observed, &mut draft.steps);
            removal.unused = vec![checked];
            Kind::StateMachine.remove(&mut removal, &name);
            let log_group = stack.state_machine_log_group(&machine);
            if draft.observed.log_groups.contains_key(&log_group) {
                Kind::LogGroup.remove(&mut removal, &log_group);
            }
            Kind::Role.remove(&mut removal, &stack.state_machine_role(&machine));
            let removed = removal.removed;
            let pins = usage.pins_of_machine(&machine, stack);
            let removed = removed.into_iter().map(|(_, step)| (step, pins.clone()));
            self.versions.extend(removed);
        }
    }

    /// The steps after which nothing pins what is to be removed. A release that AWS does not delete, since an alias of
    /// somebody else leads to it, keeps what it pins.
    fn after(&self, is_removed: impl Fn(&Pin) -> bool) -> Vec<StepId> {
        let versions = self.versions.iter();
        let pinning = versions.filter(|(_, pins)| pins.iter().any(&is_removed));
        let pinning = pinning.map(|(step, _)| *step);
        self.live.iter().copied().chain(pinning).collect()
    }

    fn after_all(&self) -> Vec<StepId> {
        let versions = self.versions.iter().map(|(step, _)| *step);
        self.live.iter().copied().chain(versions).collect()
    }
}

/// The state machines of which something is left.
fn former_state_machines(draft: &Draft<'_>) -> BTreeSet<MachineName> {
    let (desired, observed) = (draft.desired, draft.observed);
    let stack = &desired.stack;
    let roles = observed.roles.keys();
    let roles = roles.filter_map(|role| stack.state_machine_of_role(role));
    let log_groups = observed.log_groups.keys();
    let log_groups = log_groups.filter_map(|group| stack.state_machine_of_log_group(group));
    roles
        .chain(log_groups)
        .chain(observed.state_machines.keys().cloned())
        .filter(|machine| desired.state_machines.get(machine).is_none())
        .collect()
}

/// What was left behind goes with the next release, so that a stack in which only that is left is as it should be.
fn is_time_to_prune(draft: &Draft<'_>) -> bool {
    let mut releases = draft.observed.releases();
    draft.state_machines.main.publishes() || releases.any(|release| !draft.retained.keeps(release))
}

/// Whether a plan deletes a version of a function that `deploy.toml` names.
pub(crate) fn deletes_version(draft: &Draft<'_>, handler: &str, version: &str) -> bool {
    // The newest version is the one that this release pins, or is about to.
    let newest = draft.observed.functions.get(handler);
    let newest = newest.and_then(|function| function.versions.last());
    is_time_to_prune(draft)
        && newest.is_some_and(|newest| newest.version != version)
        && !draft.retained.pins(handler, version)
        && draft.retained.is_past(handler, version)
}

fn delete_versions(draft: &mut Draft<'_>, superseded: &Superseded) {
    for (handler, function) in &draft.observed.functions {
        if !draft.desired.functions.contains_key(handler) {
            continue;
        }
        let resource = Kind::Function.named(&function.name);
        let mut deleted = Vec::new();
        for FunctionVersion { version, .. } in &function.versions {
            if !deletes_version(draft, handler, version) {
                continue;
            }
            let pin = Pin::function(handler, version);
            let after = superseded.after(|other| *other == pin);
            let delete = DeleteFunctionVersion {
                name: function.name.clone(),
                version: version.clone(),
            };
            let reasons = vec![Reason::Superseded];
            deleted.push(draft.steps.add(&resource, delete, after, reasons));
        }
        narrow_network(draft, handler, &deleted);
    }
}

/// Removes the functions that `deploy.toml` no longer names, unless a retained release pins them.
fn remove_former(draft: &mut Draft<'_>, superseded: &Superseded) {
    let stack = &draft.desired.stack;
    for handler in former(draft) {
        let name = stack.function_name(handler);
        if let Some(by) = draft.retained.pinned_by(handler) {
            draft.notes.push(format!(
                "function `{name}` is no longer in deploy.toml and stays while {by}"
            ));
            continue;
        }
        let check = CheckUnused {
            stack: stack.clone(),
            member: Member::Function(handler.to_owned()),
            other_releases: OtherReleases::new(stack, draft.observed),
            existed: draft.observed.functions.contains_key(handler),
        };
        let after = superseded.after(|pin| {
            pin.of_function()
                .is_some_and(|(pinned, _)| pinned == handler)
        });
        let resource = Kind::Function.named(&name);
        let checked = draft
            .steps
            .add(&resource, check, after, vec![Reason::NotWanted]);
        let mut removal = Removal::new(stack, draft.observed, &mut draft.steps);
        removal.unused = vec![checked];
        if draft.observed.functions.contains_key(handler) {
            Kind::Function.remove(&mut removal, &name);
        }
        let log_group = stack.function_log_group(handler);
        if draft.observed.log_groups.contains_key(&log_group) {
            Kind::LogGroup.remove(&mut removal, &log_group);
        }
        Kind::Role.remove(&mut removal, &stack.function_role(handler));
    }
}

/// The handlers of which something is left: they are found through their roles, or else through their log groups.
fn former<'a>(draft: &Draft<'a>) -> BTreeSet<&'a str> {
    let (desired, observed) = (draft.desired, draft.observed);
    let stack = &desired.stack;
    let roles = observed.roles.keys();
    let roles = roles.filter_map(|role| stack.handler_of_role(role));
    let log_groups = observed.log_groups.keys();
    let log_groups = log_groups.filter_map(|group| stack.handler_of_log_group(group));
    roles
        .chain(log_groups)
        .chain(observed.functions.keys().map(String::as_str))
        .filter(|handler| !desired.functions.contains_key(*handler))
        .collect()
}

/// Removes the roles that nothing needs since others make them, or since roles are named in another way.
fn remove_former_roles(draft: &mut Draft<'_>, after: &[StepId]) {
    let stack = &draft.desired.stack;
    let former = former(draft);
    let former_machines = former_state_machines(draft);
    for name in draft.observed.roles.keys() {
        let handler = stack.handler_of_role(name);
        let machine = stack.state_machine_of_role(name);
        if draft.desired.roles.contains_key(name)
            || handler.is_some_and(|handler| former.contains(handler))
            || machine.is_some_and(|machine| former_machines.contains(&machine))
        {
            continue;
        }
        if draft
            .retained
            .runs_with(&stack.role_arn(name), draft.observed)
        {
            draft.notes.push(format!(
                "role `{name}` is no longer used and stays while a release that uses it is kept"
            ));
            continue;
        }
        let mut removal = Removal::new(stack, draft.observed, &mut draft.steps);
        removal.unused = after.to_vec();
        Kind::Role.remove(&mut removal, name);
    }
}
