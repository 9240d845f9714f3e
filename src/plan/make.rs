//! (Desired, Observed) → [`Draft`] → [`Plan`](super::Plan).

use std::collections::BTreeMap;

use txflow_asl::Arn;

use super::{Draft, Foreign, Refusal};
use crate::resources::{Desired, Kind, Observed};
use crate::stack::Stack;

/// The steps that bring AWS to the desired state.
///
/// # Errors
///
/// [`Refusal`] if a resource has a name of the stack but does not belong to it, or if AWS cannot make
/// the change.
pub fn make<'a>(desired: &'a Desired, observed: &'a Observed) -> Result<Draft<'a>, Refusal> {
    refuse_foreign(&desired.stack, observed)?;
    refuse_foreign_rules(desired, observed)?;
    refuse_other_case(desired, observed)?;
    refuse_type_change(desired, observed)?;
    Ok(Draft::new(desired, observed))
}

/// Rules are found by the beginning of their names, so somebody else's may be among them. It only matters if the stack wants
/// one of the same name.
fn refuse_foreign_rules(desired: &Desired, observed: &Observed) -> Result<(), Refusal> {
    let foreign = Kind::Rule.held(observed).into_iter();
    let foreign = foreign.filter(|held| desired.rules.contains_key(held.name));
    let foreign = foreign.filter_map(|held| Foreign::of(&desired.stack, Kind::Rule, &held));
    let foreign: Vec<Foreign> = foreign.collect();
    match foreign.is_empty() {
        true => Ok(()),
        false => Err(Refusal::Foreign(foreign)),
    }
}

/// Checks that all of these belong to the stack, but for rules that it does not want.
///
/// # Errors
///
/// [`Refusal::Foreign`], [`Refusal::OtherPath`] or [`Refusal::OtherRegion`] with those that do not.
pub fn refuse_foreign(stack: &Stack, observed: &Observed) -> Result<(), Refusal> {
    refuse_other_path(stack, observed)?;
    let foreign = Foreign::all(stack, observed);
    if !foreign.is_empty() {
        return Err(Refusal::Foreign(foreign));
    }
    refuse_other_region(stack, observed)
}

/// The stack's own roles from before `path-prefix` changed. If `name-prefix` changed as well, only what uses them leads to
/// them.
fn refuse_other_path(stack: &Stack, observed: &Observed) -> Result<(), Refusal> {
    let own = Kind::Role.held(observed).into_iter();
    let own = own.filter(|held| stack.owns(held.tags));
    let held = own.filter_map(|held| Some((held.name.to_owned(), held.path?.to_owned())));
    let functions = observed.functions.values();
    let used = functions.map(|function| &function.latest.configuration.role_arn);
    let machines = observed.state_machines.values();
    let machines = machines.filter(|state_machine| !state_machine.deleting);
    let used = used.chain(machines.map(|state_machine| &state_machine.settings.role_arn));
    let used = used.filter_map(|arn| name_and_path(arn));
    let moved: BTreeMap<String, String> = held
        .chain(used)
        .filter(|(_, path)| stack.is_former_path(path))
        .collect();
    let Some(path) = moved.values().next().cloned() else {
        return Ok(());
    };
    Err(Refusal::OtherPath {
        roles: moved.keys().map(|name| Kind::Role.named(name)).collect(),
        path,
    })
}

/// The name of a role, and the path before it.
fn name_and_path(arn: &str) -> Option<(String, String)> {
    let role = Arn::parse(arn)?.resource.strip_prefix("role")?;
    let (path, name) = role.rsplit_once('/')?;
    Some((name.to_owned(), format!("{path}/")))
}

/// A stage in another region has roles of the same names.
fn refuse_other_region(stack: &Stack, observed: &Observed) -> Result<(), Refusal> {
    let here = stack.account.region.as_str();
    let held = Kind::Role.held(observed).into_iter();
    let elsewhere = held.filter_map(|held| Some((held.name, held.region?)));
    let mut elsewhere = elsewhere.filter(|(_, region)| *region != here).peekable();
    let Some(region) = elsewhere.peek().map(|(_, region)| (*region).to_owned()) else {
        return Ok(());
    };
    Err(Refusal::OtherRegion {
        roles: elsewhere.map(|(name, _)| Kind::Role.named(name)).collect(),
        region,
    })
}

/// The stack's own roles of what was renamed only in case.
fn refuse_other_case(desired: &Desired, observed: &Observed) -> Result<(), Refusal> {
    let lower = |name: &String| (name.to_ascii_lowercase(), name.clone());
    let held: BTreeMap<String, String> = observed.roles.keys().map(lower).collect();
    for wanted in desired.roles.keys() {
        let held = held.get(&wanted.to_ascii_lowercase());
        if let Some(held) = held.filter(|_| !observed.roles.contains_key(wanted)) {
            return Err(Refusal::OtherCase {
                wanted: wanted.clone(),
                held: held.clone(),
            });
        }
    }
    Ok(())
}

fn refuse_type_change(desired: &Desired, observed: &Observed) -> Result<(), Refusal> {
    for (machine, wanted) in desired.state_machines.iter() {
        let Some(state_machine) = observed.lasting(&machine) else {
            continue;
        };
        let (old, new) = (state_machine.settings.kind, wanted.settings.kind);
        if old != new {
            return Err(Refusal::TypeChanged {
                name: wanted.name.clone(),
                old: old.as_str(),
                new: new.as_str(),
            });
        }
    }
    Ok(())
}
