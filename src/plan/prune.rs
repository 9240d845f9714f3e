//! The steps that remove what is no longer in use.

use std::collections::BTreeSet;

use super::{Draft, Milestone, Reason, Removal, StepId};
use crate::resources::function::operations::DeleteFunctionVersion;
use crate::resources::function::unused::CheckUnused;
use crate::resources::state_machine::operations::DeleteStateMachineVersion;
use crate::resources::{FunctionVersion, Kind, Pin, Usage, narrow, narrow_network};

/// Removes releases beyond `keep-versions`, function versions that nothing pins, and functions that `deploy.toml` no
/// longer names, all after `live` has moved.
pub(super) fn prune(draft: &mut Draft<'_>, usage: &Usage) {
    let live = Kind::Alias.named(draft.desired.stack.alias_name());
    let live = draft.steps.until(&live, Milestone::Usable);
    narrow(draft, &live);
    let superseded = Superseded::deleted(draft, usage, live);
    delete_versions(draft, &superseded);
    remove_former(draft, &superseded);
    remove_former_roles(draft, &superseded.after_all());
}

/// The releases that a plan deletes.
struct Superseded {
    /// With what each pins, by handler and version.
    releases: Vec<(StepId, Vec<Pin>)>,
    /// The steps after which `live` has moved.
    live: Vec<StepId>,
}

impl Superseded {
    fn deleted(draft: &mut Draft<'_>, usage: &Usage, live: Vec<StepId>) -> Self {
        let stack = &draft.desired.stack;
        let resource = Kind::StateMachine.named(stack.state_machine_name());
        let mut releases = Vec::new();
        for release in draft.observed.releases() {
            if draft.retained.keeps(release) {
                continue;
            }
            let delete = DeleteStateMachineVersion {
                state_machine_arn: stack.state_machine_arn(),
                version: release,
            };
            let after = live.iter().copied();
            let step = draft
                .steps
                .add(&resource, delete, after, vec![Reason::Superseded]);
            let pins = usage.releases.get(&release);
            releases.push((step, pins.map(|pins| pins.pins(stack)).unwrap_or_default()));
        }
        Self { releases, live }
    }

    /// The steps after which nothing pins what is to be removed. A release that AWS does not delete, since an alias of
    /// somebody else leads to it, keeps what it pins.
    fn after(&self, is_removed: impl Fn(&Pin) -> bool) -> Vec<StepId> {
        let releases = self.releases.iter();
        let pinning = releases.filter(|(_, pins)| pins.iter().any(&is_removed));
        let pinning = pinning.map(|(step, _)| *step);
        self.live.iter().copied().chain(pinning).collect()
    }

    fn after_all(&self) -> Vec<StepId> {
        let releases = self.releases.iter().map(|(step, _)| *step);
        self.live.iter().copied().chain(releases).collect()
    }
}

/// Whether a plan deletes a version of a function that `deploy.toml` names.
pub(crate) fn deletes_version(draft: &Draft<'_>, handler: &str, version: &str) -> bool {
    // What was left behind goes with the next release, so that a stack in which only that is left is as it should be.
    let mut releases = draft.observed.releases();
    let is_time =
        draft.state_machine.publishes() || releases.any(|release| !draft.retained.keeps(release));
    // The newest version is the one that this release pins, or is about to.
    let newest = draft.observed.functions.get(handler);
    let newest = newest.and_then(|function| function.versions.last());
    is_time
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
            let after = superseded.after(|pin| (&pin.0, &pin.1) == (handler, version));
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
            handler: handler.to_owned(),
            newest: draft.observed.releases().next(),
        };
        let after = superseded.after(|(pinned, _)| pinned == handler);
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
    for name in draft.observed.roles.keys() {
        let handler = stack.handler_of_role(name);
        if draft.desired.roles.contains_key(name)
            || handler.is_some_and(|handler| former.contains(handler))
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
