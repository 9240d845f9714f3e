//! The deploy.toml of an existing state machine: only what differs from the defaults.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use toml::Value;

use super::environment::{Environment, environment};
use super::existing::{Existing, Function};
use super::roles::{Roles, kept_role, roles};
use super::statements::Statement;
use crate::config::{Architecture, FunctionConfig, LogLevel, StateMachineKind};
use crate::resources::{ExistingFunction, ExistingLogs, ExistingStateMachine, Retention};

/// Keys and values, in the order of the file.
type Settings = Vec<(&'static str, Value)>;

const SECRETS: &str = "# The values of environment variables may be secrets: they come from the environment of whoever
# deploys, by the names in `env`.
";

const EXAMPLE: &str = r#"
# A test starts an execution and checks its result:
#
# [tests.EXAMPLE]
# input = { orderId = "order-1" }
# expect = { status = "SUCCEEDED" }
"#;

pub(super) fn deploy_toml(existing: &Existing, name: &str) -> String {
    let arn = &existing.arn;
    let mut text = format!(
        "# Written by `txflow init` from {arn}.\n\
         # It deploys a stack of its own; what this was written from stays as it is.\n"
    );
    let environment = environment(&existing.functions);
    if !environment.sources().is_empty() {
        text.push_str(SECRETS);
    }
    text.push('\n');
    line(&mut text, "name", &name.into());
    line(&mut text, "region", &arn.region.as_str().into());
    line(&mut text, "account", &arn.account.as_str().into());
    organization(&mut text, existing);
    let architecture = existing.functions.iter().find_map(Function::architecture);
    if architecture == Some(Architecture::Arm64) {
        let architecture = Architecture::Arm64.as_str();
        section(
            &mut text,
            "build",
            &vec![("architecture", architecture.into())],
        );
    }
    functions(&mut text, existing, &environment);
    section(
        &mut text,
        "state-machine",
        &state_machine(&existing.state_machine),
    );
    let of_state_machine = existing.statements();
    statements(&mut text, "state-machine", &of_state_machine.statements);
    tags(&mut text, &existing.state_machine);
    triggers(&mut text, existing);
    text.push_str(EXAMPLE);
    text
}

/// What an organization demands of roles.
fn organization(text: &mut String, existing: &Existing) {
    let Roles {
        permissions_boundary,
        path_prefix,
        name_prefix,
    } = roles(existing);
    let keys = [
        ("permissions-boundary", permissions_boundary),
        ("path-prefix", path_prefix),
        ("name-prefix", name_prefix),
    ];
    let keys = keys.into_iter();
    let keys = keys.filter_map(|(key, value)| Some((key, Value::from(value?))));
    section(text, "roles", &keys.collect());
}

fn functions(text: &mut String, existing: &Existing, environment: &Environment) {
    let functions = &existing.functions;
    let found = functions
        .iter()
        .filter_map(|function| function.found.as_ref());
    let all: Vec<Settings> = found.map(function_settings).collect();
    let shared = shared(&all);
    section(text, "defaults", &shared);
    variables(text, "defaults.environment", &environment.shared);
    for function in functions {
        let _ = writeln!(text, "\n# {}", origin(function));
        let handler = key(&function.handler);
        let _ = writeln!(text, "[functions.{handler}]");
        let settings = function.found.as_ref().map(function_settings);
        for (key, value) in settings.into_iter().flatten() {
            if !shared.contains(&(key, value.clone())) {
                line(text, key, &value);
            }
        }
        if let Some(role) = kept_role(function) {
            line(text, "role", &role.into());
        }
        let heading = format!("functions.{handler}");
        if let Some(own) = environment.own.get(&function.handler) {
            variables(text, &format!("{heading}.environment"), own);
        }
        statements(text, &heading, &existing.statements_of(function).statements);
    }
}

fn statements(text: &mut String, heading: &str, statements: &[Statement]) {
    for statement in statements {
        let _ = writeln!(text, "\n[[{heading}.statements]]");
        line(text, "actions", &statement.actions.clone().into());
        line(text, "resources", &statement.resources.clone().into());
        if let Some(condition) = statement.condition.as_ref().and_then(toml_of) {
            line(text, "condition", &condition);
        }
    }
}

fn triggers(text: &mut String, existing: &Existing) {
    let found = existing.triggers.as_deref().unwrap_or_default();
    for keys in super::triggers::triggers(found, &existing.arn) {
        text.push_str("\n[[triggers]]\n");
        for (key, value) in keys {
            if let Some(value) = toml_of(&value) {
                line(text, key, &value);
            }
        }
    }
}

/// `None` if TOML cannot say it: it has no `null`.
fn toml_of(value: &serde_json::Value) -> Option<Value> {
    Value::try_from(value).ok()
}

fn origin(function: &Function) -> String {
    match function.runtime() {
        Some(runtime) => format!("`{}`, {runtime}", function.name),
        None => format!("`{}`, which does not exist", function.name),
    }
}

/// What several functions have in common.
fn shared(all: &[Settings]) -> Settings {
    let [first, others @ ..] = all else {
        return Vec::new();
    };
    if others.is_empty() {
        return Vec::new();
    }
    let in_all = |setting: &&(&str, Value)| others.iter().all(|other| other.contains(setting));
    first.iter().filter(in_all).cloned().collect()
}

fn function_settings(function: &ExistingFunction) -> Settings {
    let unwritten = FunctionConfig::unwritten();
    let config = FunctionConfig {
        settings: function.configuration.settings.clone(),
        log_retention: match function.logs.retention {
            Retention::NoGroup => unwritten.log_retention,
            Retention::Days(days) => Some(days),
            Retention::Forever => None,
        },
        log_kms_key: function.logs.kms_key.clone(),
        reserved_concurrency: function.reserved_concurrency,
        ..unwritten
    };
    let keys = config.keys().into_iter();
    keys.filter_map(|(key, value)| Some((key, toml_of(&value)?)))
        .collect()
}

fn state_machine(existing: &ExistingStateMachine) -> Settings {
    let mut written = Vec::new();
    let settings = &existing.settings;
    let is_express = settings.kind == StateMachineKind::Express;
    if is_express {
        written.push(("type", settings.kind.as_str().into()));
    }
    // The default of each type; and an EXPRESS one cannot be without logs.
    let usual = if is_express {
        [LogLevel::All, LogLevel::Off]
    } else {
        [LogLevel::Off; 2]
    };
    if !usual.contains(&settings.logging.level) {
        written.push(("logging", settings.logging.level.as_str().into()));
    }
    if settings.logging.include_execution_data {
        written.push(("include-execution-data", true.into()));
    }
    written.extend(logs(&existing.logs));
    if let Some(key) = &settings.kms_key {
        written.push(("kms-key", key.as_str().into()));
    }
    if settings.tracing {
        written.push(("tracing", true.into()));
    }
    written
}

fn logs(logs: &ExistingLogs) -> Settings {
    let retention: Option<Value> = match logs.retention {
        Retention::NoGroup | Retention::Days(30) => None,
        Retention::Days(days) => Some(days.into()),
        Retention::Forever => Some("forever".into()),
    };
    let retention = retention.map(|value| ("log-retention", value));
    let key = logs.kms_key.as_deref();
    let key = key.map(|key| ("log-kms-key", Value::from(key)));
    retention.into_iter().chain(key).collect()
}

/// The user's own: those of AWS and of txflow cannot be set.
fn tags(text: &mut String, state_machine: &ExistingStateMachine) {
    let reserved = |key: &str| key.starts_with("aws:") || key.starts_with("txflow:");
    let tags = state_machine.tags.iter();
    let tags: Vec<_> = tags.filter(|(key, _)| !reserved(key)).collect();
    if !tags.is_empty() {
        text.push_str("\n[tags]\n");
    }
    for (name, value) in tags {
        line(text, &key(name), &value.as_str().into());
    }
}

fn variables(text: &mut String, heading: &str, variables: &BTreeMap<String, String>) {
    if variables.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n[{heading}]");
    for (name, source) in variables {
        let table = toml::Table::from_iter([
            ("env".to_owned(), source.as_str().into()),
            ("secret".to_owned(), true.into()),
        ]);
        line(text, &key(name), &table.into());
    }
}

fn section(text: &mut String, heading: &str, settings: &Settings) {
    if settings.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n[{heading}]");
    for (key, value) in settings {
        line(text, key, value);
    }
}

fn line(text: &mut String, key: &str, value: &Value) {
    let _ = writeln!(text, "{key} = {value}");
}

/// A key, in quotes if it needs them.
fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.is_empty() && name.chars().all(bare) {
        name.to_owned()
    } else {
        Value::from(name).to_string()
    }
}
