//! What the definitions name: each function and each state machine once, and none that leads back to itself.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::findings::Findings;
use super::keys::Settings;
use super::rule::Rule as _;
use super::rules::Name;
use super::test_config::Line;
use super::{Definition, Family};

pub(super) fn check(
    settings: &Settings,
    definitions: &Family<Option<Definition>>,
    line: Line<'_>,
    findings: &mut Findings,
) {
    one_meaning(settings, line, findings);
    one_case(settings, line, findings);
    cycle(settings, definitions, findings);
    let read = definitions
        .iter()
        .map(|(_, definition)| definition.as_ref());
    // A definition that could not be read may name what seems unused.
    if let Some(read) = read.collect::<Option<Vec<&Definition>>>() {
        let used = read.into_iter().flat_map(Definition::names).collect();
        unused_functions(settings, &used, findings);
        unused_state_machines(settings, &used, findings);
    }
}

/// A placeholder is a name alone, which functions, state machines and values share.
fn one_meaning(settings: &Settings, line: Line<'_>, findings: &mut Findings) {
    let functions = settings.functions.entries.iter();
    let functions = functions.map(|entry| ("function", &entry.name, &entry.at));
    let machines = settings.state_machines.entries.iter();
    let machines = machines.map(|entry| ("state machine", &entry.name, &entry.at));
    let values = settings.substitutions.entries.iter();
    let values = values.map(|entry| ("value", &entry.name, &entry.at));
    let mut known: HashMap<&str, (&str, &Range<usize>)> = HashMap::new();
    for (what, name, at) in functions.chain(machines).chain(values) {
        let Some((other, place)) = known.get(name.as_str()) else {
            known.insert(name, (what, at));
            continue;
        };
        let message = format!(
            "`${{{name}}}` would be this {what} and the {other} in line {}",
            line(Some((*place).clone()))
        );
        let hint = format!(
            "rename the {what}: functions, state machines and values share the names of placeholders"
        );
        findings.error("conflict", at.clone(), message, hint);
    }
}

/// Roles are named after functions and state machines, and IAM compares the names of roles without regard to case.
fn one_case(settings: &Settings, line: Line<'_>, findings: &mut Findings) {
    let functions = settings.functions.entries.iter();
    let functions = functions.map(|entry| ("function", &entry.name, &entry.at));
    let machines = settings.state_machines.entries.iter();
    let machines = machines.map(|entry| ("state machine", &entry.name, &entry.at));
    let mut known: HashMap<String, (&str, &String, &Range<usize>)> = HashMap::new();
    for (what, name, at) in functions.chain(machines) {
        let lower = name.to_ascii_lowercase();
        let Some((other, first, place)) = known.get(&lower) else {
            known.insert(lower, (what, name, at));
            continue;
        };
        // `one_meaning` reports a name that is there twice.
        if *first == name {
            continue;
        }
        let message = format!(
            "the {what} `{name}` and the {other} `{first}` in line {} differ only in case",
            line(Some((*place).clone()))
        );
        let hint = format!(
            "rename the {what}: roles are named after them, and IAM compares these names without regard to case"
        );
        findings.error("conflict", at.clone(), message, hint);
    }
}

/// State machines pin versions of each other, and a version cannot pin itself.
fn cycle(settings: &Settings, definitions: &Family<Option<Definition>>, findings: &mut Findings) {
    let names = |definition: &Option<Definition>| {
        definition
            .as_ref()
            .map(Definition::names)
            .unwrap_or_default()
    };
    let Some(cycle) = definitions.cycle(names) else {
        return;
    };
    let mut machines = settings.state_machines.entries.iter();
    let at = machines.find(|machine| Some(&machine.name) == cycle.first());
    let path: Vec<String> = cycle.iter().map(|name| format!("`{name}`")).collect();
    let path = path.join(" → ");
    let message = match cycle.as_slice() {
        [name, _] => format!("the state machine `{name}` starts itself: {path}"),
        _ => format!("state machines start each other in a circle: {path}"),
    };
    let hint = "a release pins versions, so none can start itself; to repeat work, use a `Map` state or go back to an \
                earlier state";
    let span = at.map(|machine| machine.at.clone());
    findings.error("cycle", span, message, hint.to_owned());
}

fn unused_functions(settings: &Settings, used: &BTreeSet<String>, findings: &mut Findings) {
    // What has an invalid name is reported, and no placeholder can name it.
    let functions = settings.functions.entries.iter();
    for function in functions.filter(|function| Name::allows(&function.name)) {
        if !used.contains(&function.name) {
            let name = &function.name;
            let message = format!("no state uses the function `{name}`");
            let hint = format!("name it in the definition: `${{{name}}}`");
            findings.warning("unused-function", function.at.clone(), message, hint);
        }
    }
}

/// A value that nothing names is probably misspelt where it should be named, or left over. `used` is what any stage names.
pub(super) fn unused_values(settings: &Settings, used: &BTreeSet<String>, findings: &mut Findings) {
    for value in &settings.substitutions.entries {
        let name = &value.name;
        if !used.contains(name) && Name::allows(name) {
            let message = format!("nothing uses the value `{name}`");
            let hint = format!("name it, `${{{name}}}`, or remove it");
            findings.warning("unused-value", value.at.clone(), message, hint);
        }
    }
}

/// What no state and no test starts is of no use: only the main state machine has an alias.
fn unused_state_machines(settings: &Settings, used: &BTreeSet<String>, findings: &mut Findings) {
    let tests = settings.tests.entries.iter();
    let tested: BTreeSet<&String> = tests
        .filter_map(|test| Some(&test.value.as_ref()?.0.state_machine.as_ref()?.value.value))
        .collect();
    for machine in &settings.state_machines.entries {
        let name = &machine.name;
        if !used.contains(name) && !tested.contains(name) && Name::allows(name) {
            let message = format!("no state starts the state machine `{name}`");
            let hint =
                format!("name it in a definition: `${{{name}}}`; without that, no release pins it");
            findings.warning("unused-state-machine", machine.at.clone(), message, hint);
        }
    }
}
