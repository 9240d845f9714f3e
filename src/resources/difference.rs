//! What makes one release another one (pure).

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::contents::{Allowed, Contents, FunctionContents, MachineContents};
use super::function::configuration_changes;
use super::state_machine::settings_changes;
use crate::config::MachineName;
use crate::graph::{
    FieldDifference, Mark, StateDifference, machine_differences, state_differences,
};
use crate::plan::{Attribute, Reason};
use crate::stack::Stack;

/// A release, or what is in the working folder.
pub struct Side {
    pub release: Option<u64>,
    pub contents: Contents,
}

/// All that differs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Difference {
    pub stack: String,
    pub stage: String,
    /// The release that is compared with.
    pub old: Option<u64>,
    /// The release that is compared; `null` for what is in the working folder.
    pub new: Option<u64>,
    pub state_machines: Vec<MachineDifference>,
    pub functions: Vec<FunctionDifference>,
    /// What the states need to be allowed.
    pub permissions: Vec<PermissionDifference>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct MachineDifference {
    /// Its name in AWS.
    pub name: String,
    pub change: Mark,
    pub states: Vec<StateDifference>,
    /// What differs in the definition beside the states.
    pub fields: Vec<FieldDifference>,
    /// What differs beside the definition.
    pub settings: Vec<Reason>,
    /// Both definitions, to be drawn.
    #[serde(skip)]
    pub definitions: Option<(Value, Value)>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct FunctionDifference {
    /// Its name in AWS.
    pub name: String,
    pub change: Mark,
    /// `null` if it is in only one of both, or is not published.
    pub old_version: Option<String>,
    pub new_version: Option<String>,
    pub differences: Vec<Reason>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct PermissionDifference {
    /// The role of the state machine.
    pub role: String,
    pub change: Mark,
    pub actions: Vec<String>,
    pub resource: String,
    /// As JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

impl Difference {
    pub fn new(stack: &Stack, old: Side, new: Side) -> Self {
        // AWS does not say which values are secrets.
        let shows_values = new.release.is_none();
        let (had, has) = (&old.contents, &new.contents);
        Self {
            stack: stack.name.clone(),
            stage: stack.stage.clone(),
            old: old.release,
            new: new.release,
            state_machines: state_machines(stack, had, has),
            functions: functions(stack, had, has, shows_values),
            permissions: permissions(stack, had, has),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.state_machines.is_empty() && self.functions.is_empty() && self.permissions.is_empty()
    }

    /// `release 3`, or `the working folder`.
    pub fn shown(release: Option<u64>) -> String {
        release.map_or_else(
            || "the working folder".to_owned(),
            |release| format!("release {release}"),
        )
    }
}

fn both<'a, K: Ord>(
    old: impl Iterator<Item = &'a K>,
    new: impl Iterator<Item = &'a K>,
) -> BTreeSet<&'a K> {
    old.chain(new).collect()
}

fn state_machines(stack: &Stack, old: &Contents, new: &Contents) -> Vec<MachineDifference> {
    let (had, has) = (&old.state_machines, &new.state_machines);
    let machines = both(had.keys(), has.keys()).into_iter();
    let differences = machines.filter_map(|machine| {
        let name = stack.state_machine_name(machine);
        state_machine(name, had.get(machine), has.get(machine))
    });
    differences.collect()
}

fn state_machine(
    name: String,
    old: Option<&MachineContents>,
    new: Option<&MachineContents>,
) -> Option<MachineDifference> {
    let alone = |change| MachineDifference {
        name: name.clone(),
        change,
        states: Vec::new(),
        fields: Vec::new(),
        settings: Vec::new(),
        definitions: None,
    };
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (None, Some(_)) => return Some(alone(Mark::Added)),
        _ => return Some(alone(Mark::Removed)),
    };
    let states = state_differences(&old.definition, &new.definition);
    let fields = machine_differences(&old.definition, &new.definition);
    let settings = settings_changes(&old.settings, &new.settings);
    let differs = !(states.is_empty() && fields.is_empty());
    (differs || !settings.is_empty()).then(|| MachineDifference {
        definitions: differs.then(|| (old.definition.clone(), new.definition.clone())),
        states,
        fields,
        settings,
        ..alone(Mark::Changed)
    })
}

fn functions(
    stack: &Stack,
    old: &Contents,
    new: &Contents,
    shows_values: bool,
) -> Vec<FunctionDifference> {
    let (had, has) = (&old.functions, &new.functions);
    let handlers = both(had.keys(), has.keys()).into_iter();
    let differences = handlers.filter_map(|handler| {
        let name = stack.function_name(handler);
        function(name, had.get(handler), has.get(handler), shows_values)
    });
    differences.collect()
}

fn function(
    name: String,
    old: Option<&FunctionContents>,
    new: Option<&FunctionContents>,
    shows_values: bool,
) -> Option<FunctionDifference> {
    let version = |contents: Option<&FunctionContents>| contents?.version.clone();
    let (change, differences) = match (old, new) {
        (Some(old), Some(new)) => (Mark::Changed, contents(old, new, shows_values)),
        (None, _) => (Mark::Added, Vec::new()),
        (_, None) => (Mark::Removed, Vec::new()),
    };
    (change != Mark::Changed || !differences.is_empty()).then(|| FunctionDifference {
        name,
        change,
        old_version: version(old),
        new_version: version(new),
        differences,
    })
}

fn contents(old: &FunctionContents, new: &FunctionContents, shows_values: bool) -> Vec<Reason> {
    let mut differences = Vec::new();
    if old.code_sha256 != new.code_sha256 {
        let (old, new) = (Some(&old.code_sha256), Some(&new.code_sha256));
        differences.push(Reason::changed(Attribute::Code, old, new));
    }
    let (had, has) = (&old.configuration, &new.configuration);
    if had.architecture != has.architecture {
        differences.push(Reason::changed(
            Attribute::Named("architecture"),
            Some(had.architecture.as_str()),
            Some(has.architecture.as_str()),
        ));
    }
    let configuration = configuration_changes(had, has).into_iter();
    differences.extend(configuration.map(|difference| match difference {
        Reason::Changed {
            attribute: attribute @ Attribute::Environment(_),
            old,
            new,
        } if !shows_values => Reason::Changed {
            attribute,
            old: old.map(|_| "(not shown)".to_owned()),
            new: new.map(|_| "(not shown)".to_owned()),
        },
        other => other,
    }));
    differences
}

fn permissions(stack: &Stack, old: &Contents, new: &Contents) -> Vec<PermissionDifference> {
    let (had, has) = (&old.state_machines, &new.state_machines);
    let machines = both(had.keys(), has.keys()).into_iter();
    let allowed = |contents: &Contents, machine: &MachineName| {
        let contents = contents.state_machines.get(machine);
        contents.map_or_else(BTreeSet::new, |contents| contents.allowed.clone())
    };
    let differences = machines.flat_map(|machine| {
        let (had, has) = (allowed(old, machine), allowed(new, machine));
        let role = stack.state_machine_role(machine);
        let added = by_resource(&role, Mark::Added, has.difference(&had));
        let removed = by_resource(&role, Mark::Removed, had.difference(&has));
        added.into_iter().chain(removed)
    });
    differences.collect()
}

/// What is allowed on one resource stands together.
fn by_resource<'a>(
    role: &str,
    change: Mark,
    allowed: impl Iterator<Item = &'a Allowed>,
) -> Vec<PermissionDifference> {
    let mut actions: BTreeMap<(&String, &Option<String>), Vec<String>> = BTreeMap::new();
    for one in allowed {
        let key = (&one.resource, &one.condition);
        actions.entry(key).or_default().push(one.action.clone());
    }
    let differences = actions.into_iter();
    let differences = differences.map(|((resource, condition), actions)| PermissionDifference {
        role: role.to_owned(),
        change,
        actions,
        resource: resource.clone(),
        condition: condition.clone(),
    });
    differences.collect()
}
