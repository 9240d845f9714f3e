//! What a test names must exist, or it could never pass.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use super::answer_checks;
use super::choices::ExecutionStatus;
use super::findings::Findings;
use super::keys::Settings;
use super::mock_checks;
use super::nearest;
use super::test_keys::Test;
use super::{Definition, Family, MachineName};

/// What each test names of its state machine.
pub(super) fn check(
    settings: &Settings,
    definitions: &Family<Option<Definition>>,
    findings: &mut Findings,
) {
    let mut states: BTreeMap<MachineName, Option<States>> = BTreeMap::new();
    for test in &settings.tests.entries {
        let Some(keys) = test.value.as_ref().map(|item| &item.0) else {
            continue;
        };
        let named = keys.state_machine.as_ref();
        let machine = MachineName::of(named.map(|named| named.value.value.as_str()));
        let Some(definition) = definitions.get(&machine) else {
            let name = machine.given().unwrap_or_default();
            let message = format!("deploy.toml has no `[state-machines.{name}]`");
            let known = definitions.named.keys().map(String::as_str);
            let hint = nearest::hint(name, "the state machines beside the main one are", known);
            let span = named.and_then(|named| named.span.clone());
            findings.error("unknown-state-machine", span, message, hint);
            continue;
        };
        contradictions(keys, findings);
        called_functions(keys, settings, findings);
        if let Some(definition) = definition {
            mock_checks::check(&test.name, keys, definition, findings);
            if let Some(machine) = settings.keys_of(&machine) {
                let kind = machine.r#type.value;
                answer_checks::check(&test.name, keys, kind, definition, findings);
            }
        }
        let states = states
            .entry(machine)
            .or_insert_with(|| definition.as_ref().map(States::of));
        if let Some(states) = states {
            states.check(&test.name, keys, findings);
        }
    }
}

/// An execution either succeeds and has an output, or has an error and a cause.
fn contradictions(test: &Test, findings: &mut Findings) {
    let Some(expect) = test.expect.as_ref().map(|expect| &expect.value) else {
        return;
    };
    let status = expect.status.value;
    let succeeds = status == ExecutionStatus::Succeeded;
    let of_a_failure = [
        ("error", expect.error.as_ref().map(|error| &error.span)),
        ("cause", expect.cause.as_ref().map(|cause| &cause.span)),
    ];
    let of_a_success = [("output", expect.output.as_ref().map(|output| &output.span))];
    let never = match succeeds {
        true => &of_a_failure[..],
        false => &of_a_success[..],
    };
    for (key, span) in never {
        let Some(span) = span else { continue };
        let (message, hint) = match (succeeds, expect.status.span.is_some()) {
            (true, false) => (
                format!("an execution that must succeed, as it does by default, has no `{key}`"),
                "add `status = \"FAILED\"`".to_owned(),
            ),
            (true, true) => (
                format!("an execution that ends as `SUCCEEDED` has no `{key}`"),
                format!("expect another `status`, or remove `{key}`"),
            ),
            (false, _) => (
                format!(
                    "an execution that ends as `{}` has no `{key}`",
                    status.as_str()
                ),
                format!("expect `status = \"SUCCEEDED\"`, or remove `{key}`"),
            ),
        };
        findings.error("conflict", (*span).clone(), message, hint);
    }
}

/// The functions whose calls a test expects must be there.
fn called_functions(test: &Test, settings: &Settings, findings: &mut Findings) {
    let expect = test.expect.iter();
    let calls = expect.filter_map(|expect| expect.value.calls.as_ref());
    let calls = calls.flat_map(|calls| &calls.0);
    for function in calls.filter_map(|call| call.value.0.function.as_ref()) {
        let name = &function.value.value;
        let known = || {
            settings
                .functions
                .entries
                .iter()
                .map(|entry| entry.name.as_str())
        };
        if !known().any(|known| known == name) {
            let message = format!("deploy.toml has no function `{name}`");
            let known: Vec<&str> = known().collect();
            let hint = nearest::hint(name, "the functions are", known);
            findings.error("unknown-function", function.span.clone(), message, hint);
        }
    }
}

/// The states that a test names must exist, or it could never pass.
struct States {
    all: IndexedNames,
    top_level: IndexedNames,
}

/// Names in order, with a fast lookup.
struct IndexedNames {
    in_order: Vec<String>,
    known: HashSet<String>,
}

impl States {
    fn of(definition: &Definition) -> Self {
        let indexed = |in_order: Vec<String>| IndexedNames {
            known: in_order.iter().cloned().collect(),
            in_order,
        };
        Self {
            all: indexed(definition.states()),
            top_level: indexed(definition.top_level_states()),
        }
    }

    fn check(&self, test: &str, keys: &Test, findings: &mut Findings) {
        let mut known = |state: &str, span: Option<Range<usize>>, names: &IndexedNames, what| {
            if names.known.contains(state) {
                return;
            }
            let message = format!("the test `{test}` names `{state}`, which is not a {what}");
            let names = names.in_order.iter().map(String::as_str);
            let hint = (!findings.are_many())
                .then(|| nearest::hint(state, "the states are", names))
                .flatten();
            findings.error("unknown-state", span, message, hint);
        };
        if let Some(expect) = keys.expect.as_ref().map(|expect| &expect.value) {
            for state in expect.path.iter().flat_map(|path| &path.value.0) {
                let what = "state on the path of an execution";
                let (name, span) = (&state.value.value, state.span.clone());
                known(name, span, &self.top_level, what);
            }
            for retries in &expect.retries.entries {
                known(&retries.name, Some(retries.at.clone()), &self.all, "state");
            }
        }
        for mock in &keys.mock.entries {
            known(&mock.name, Some(mock.at.clone()), &self.all, "state");
        }
        for answer in &keys.answer.entries {
            known(&answer.name, Some(answer.at.clone()), &self.all, "state");
        }
    }
}
