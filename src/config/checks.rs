//! Checks that concern more than one key: limits on several keys together, and names that must match.

use std::collections::HashSet;
use std::ops::Range;

use txflow_asl::Arn;

use super::Definition;
use super::choices::{LogLevel, StateMachineKind};
use super::environment;
use super::findings::Findings;
use super::keys::{Settings, StateMachine};
use super::nearest;
use super::stages::File;
use super::test_keys::Test;

/// The limit of `CreateFunction` and of `CreateRole`, in characters.
pub const NAME_LIMIT: usize = 64;
/// AWS allows 50 tags on a resource, of which txflow needs three.
const TAG_LIMIT: usize = 47;
/// An EXPRESS execution ends after five minutes.
const EXPRESS_LIMIT: i64 = 300;

pub(super) fn check(
    file: &File,
    stage: &str,
    definition: Option<&Definition>,
    findings: &mut Findings,
) {
    names(file, stage, findings);
    tags(&file.settings, findings);
    boundary(&file.settings, findings);
    state_machine(&file.settings.state_machine.0, findings);
    // `[defaults]` is also checked on its own, for a file that has no functions yet.
    let defaults = &file.settings.defaults.0.environment;
    environment::check("[defaults]", defaults, findings);
    for function in &file.settings.functions.entries {
        if let Some(handler) = &function.value {
            environment::check(&function.name, &handler.0.environment, findings);
        }
    }
    if let Some(definition) = definition {
        unused_functions(&file.settings, definition, findings);
        let states = States::of(definition);
        for test in &file.settings.tests.entries {
            if let Some(keys) = &test.value {
                states.check(&test.name, keys, findings);
            }
        }
    }
}

/// What is deployed is named after the workflow, the stage and the function.
fn names(file: &File, stage: &str, findings: &mut Findings) {
    let Some(name) = &file.name else {
        return;
    };
    let mut fits = |what: &str, last: &str, span: Option<Range<usize>>| {
        let full = format!("{}-{stage}-{last}", name.value.value);
        let length = full.chars().count();
        if length > NAME_LIMIT {
            let message = format!(
                "{what} would be named `{full}`, {length} characters; AWS accepts {NAME_LIMIT}"
            );
            let hint = "shorten the name of the workflow, of the stage or of the function";
            findings.error("name-too-long", span, message, hint.to_owned());
        }
    };
    fits(
        "the role of the state machine",
        "state-machine",
        name.span.clone(),
    );
    for function in &file.settings.functions.entries {
        fits("the function", &function.name, Some(function.at.clone()));
    }
    let mut functions = file.settings.functions.entries.iter();
    if let Some(function) = functions.find(|function| function.name == "state-machine") {
        let message = "a function cannot be named `state-machine`: the state machine's role is";
        findings.error("invalid-name", function.at.clone(), message, None);
    }
}

fn tags(settings: &Settings, findings: &mut Findings) {
    for tag in &settings.tags.entries {
        let prefix = tag.name.split_once(':').map(|(prefix, _)| prefix);
        if let Some(owner @ ("aws" | "txflow")) = prefix {
            let message = format!("tags that start with `{owner}:` are reserved");
            findings.error("invalid-name", tag.at.clone(), message, None);
        }
    }
    let count = settings.tags.entries.len();
    if count > TAG_LIMIT {
        let message = format!("there are {count} tags; AWS allows 50, of which txflow needs 3");
        findings.error("out-of-range", settings.tags.at.clone(), message, None);
    }
}

/// A permissions boundary is a policy of the role's own account, or one of AWS's.
fn boundary(settings: &Settings, findings: &mut Findings) {
    let Some(boundary) = &settings.roles.0.permissions_boundary else {
        return;
    };
    let arn = &boundary.value.value;
    let Some(Arn {
        partition,
        account: owner,
        ..
    }) = Arn::parse(arn)
    else {
        return;
    };
    let mut differs = |what: &str, found: &str, expected: &str| {
        let message = format!(
            "the permissions boundary belongs to {what} `{found}`, but the stack belongs to `{expected}`"
        );
        let hint = "a permissions boundary must be a policy of the role's own account";
        findings.error("conflict", boundary.span.clone(), message, hint.to_owned());
    };
    if let Some(account) = settings.account.as_ref().map(|account| &account.value)
        && owner != "aws"
        && owner != account
    {
        differs("account", owner, account);
    }
    if let Some(region) = &settings.region {
        let expected = partition_of(&region.value);
        if partition != expected {
            differs("partition", partition, expected);
        }
    }
}

/// The partition of a region, from its name.
pub fn partition_of(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

fn state_machine(keys: &StateMachine, findings: &mut Findings) {
    if keys.r#type.value.0 != StateMachineKind::Express {
        return;
    }
    if let Some(logging) = keys.logging.as_ref().filter(|l| l.value.0 == LogLevel::Off) {
        let message = "an EXPRESS state machine needs logs: they are its only history";
        let hint = "set `logging` to `ALL`, `ERROR` or `FATAL`";
        findings.error("conflict", logging.span.clone(), message, hint.to_owned());
    }
    if let Some(timeout) = keys.timeout.as_ref().filter(|t| t.value.0 > EXPRESS_LIMIT) {
        let message = format!("an EXPRESS execution ends after {EXPRESS_LIMIT} seconds");
        findings.error("out-of-range", timeout.span.clone(), message, None);
    }
}

fn unused_functions(settings: &Settings, definition: &Definition, findings: &mut Findings) {
    let used: HashSet<String> = definition.functions().into_iter().collect();
    for function in &settings.functions.entries {
        if !used.contains(&function.name) {
            let name = &function.name;
            let message = format!("no state uses the function `{name}`");
            let hint = format!("name it in the definition: `${{{name}}}`");
            findings.warning("unused-function", function.at.clone(), message, hint);
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
    }
}
