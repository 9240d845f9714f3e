//! Checks that concern more than one key: limits on several keys together, and names that must match.

use std::collections::HashMap;
use std::ops::Range;

use txflow_asl::Arn;

use super::choices::{LogFormat, LogLevel, StateMachineKind};
use super::environment;
use super::findings::Findings;
use super::function::{Function, Statement};
use super::keys::{Settings, StateMachine};
use super::local_checks;
use super::partition::partition_of;
use super::references;
use super::region::{UNKNOWN_REGION, doubtful_region};
use super::setting::{At, List};
use super::stages::File;
use super::test_checks;
use super::test_config::Line;
use super::text::Text;
use super::trigger_checks;
use super::{Definition, Family};

/// The limit of `CreateFunction` and of `CreateRole`, in characters.
pub const NAME_LIMIT: usize = 64;
/// The limit of `CreateStateMachine`, in characters.
const STATE_MACHINE_NAME_LIMIT: usize = 80;
/// The limit of the path of a role, in characters.
const PATH_LIMIT: usize = 512;
/// AWS allows 50 tags on a resource, of which txflow needs four on roles.
const TAG_LIMIT: usize = 46;
/// An EXPRESS execution ends after five minutes.
const EXPRESS_LIMIT: i64 = 300;

pub(super) fn check(
    file: &File,
    stage: &str,
    definitions: &Family<Option<Definition>>,
    line: Line<'_>,
    findings: &mut Findings,
) {
    names(file, stage, findings);
    tags(&file.settings, findings);
    region(&file.settings, findings);
    boundary(&file.settings, findings);
    for (_, machine) in file.settings.state_machines() {
        state_machine(machine, &file.settings, findings);
    }
    trigger_checks::check(file, stage, findings);
    // `[defaults]` is also checked on its own, for a file that has no functions yet.
    function(
        "[defaults]",
        &file.settings.defaults.0,
        &file.settings,
        findings,
    );
    for entry in &file.settings.functions.entries {
        if let Some(handler) = &entry.value {
            function(&entry.name, &handler.0, &file.settings, findings);
            reaches_file_systems(&entry.name, &handler.0, findings);
        }
    }
    references::check(&file.settings, definitions, line, findings);
    test_checks::check(&file.settings, definitions, findings);
    local_checks::check(&file.settings, findings);
}

fn region(settings: &Settings, findings: &mut Findings) {
    let Some(region) = &settings.region else {
        return;
    };
    if let Some(doubt) = doubtful_region(&region.value.value) {
        let span = region.span.clone();
        findings.warning(UNKNOWN_REGION, span, doubt.message, doubt.hint);
    }
}

/// What is deployed is named after the workflow, the stage and the function. Log groups, which may have names of 512
/// characters, are named after functions and state machines.
fn names(file: &File, stage: &str, findings: &mut Findings) {
    let Some(name) = &file.name else {
        return;
    };
    let prefix = format!("{}-{stage}", name.value.value);
    let hint = |full: &str| {
        let names = "shorten the name of the workflow, of the stage or of the function";
        let key = match full {
            path if path.starts_with('/') => "path-prefix",
            role if !role.starts_with(&prefix) => "name-prefix",
            _ => return names.to_owned(),
        };
        format!("{names}, or `[roles] {key}`")
    };
    let mut fits = |what: &str, full: &str, limit: usize, span: Option<Range<usize>>| {
        let length = full.chars().count();
        if length > limit {
            let message =
                format!("{what} would be named `{full}`, {length} characters; AWS accepts {limit}");
            findings.error("name-too-long", span, message, hint(full));
        }
    };
    let span = name.span.clone();
    fits(
        "the state machine",
        &prefix,
        STATE_MACHINE_NAME_LIMIT,
        span.clone(),
    );
    let roles = &file.settings.roles.0;
    let before = roles
        .name_prefix
        .as_ref()
        .map_or("", |prefix| &prefix.value);
    if file.settings.state_machine.0.role.is_none() {
        let role = format!("{before}{prefix}-state-machine");
        fits("the role of the state machine", &role, NAME_LIMIT, span);
    }
    for machine in &file.settings.state_machines.entries {
        let at = Some(machine.at.clone());
        let full = format!("{prefix}-{}", machine.name);
        fits(
            "the state machine",
            &full,
            STATE_MACHINE_NAME_LIMIT,
            at.clone(),
        );
        let keys = machine.value.as_ref().map(|keys| &keys.machine);
        if keys.is_none_or(|keys| keys.role.is_none()) {
            let role = format!("{before}{prefix}-state-machine.{}", machine.name);
            fits("the role of the state machine", &role, NAME_LIMIT, at);
        }
    }
    for function in &file.settings.functions.entries {
        let full = format!("{prefix}-{}", function.name);
        let at = Some(function.at.clone());
        fits("the function", &full, NAME_LIMIT, at.clone());
        let keys = function.value.as_ref().map(|handler| &handler.0);
        if !before.is_empty() && keys.is_none_or(|keys| keys.role.is_none()) {
            let role = format!("{before}{full}");
            fits("the role of the function", &role, NAME_LIMIT, at);
        }
    }
    if let Some(path) = &roles.path_prefix {
        let full = format!(
            "{}/txflow/{}/{stage}/",
            path.value.value.trim_end_matches('/'),
            name.value.value
        );
        fits(
            "the path of the roles",
            &full,
            PATH_LIMIT,
            path.span.clone(),
        );
    }
    for function in &file.settings.functions.entries {
        // IAM compares the names of roles without regard to case.
        let message = match function.name.to_ascii_lowercase().as_str() {
            "state-machine" => {
                "a function cannot be named `state-machine`: the state machine's role is"
            }
            "triggers" => "a function cannot be named `triggers`: the role of the triggers is",
            _ => continue,
        };
        findings.error("invalid-name", function.at.clone(), message, None);
    }
}

fn function(name: &str, keys: &Function, settings: &Settings, findings: &mut Findings) {
    environment::check(name, &keys.environment, findings);
    if let Some(target) = &keys.dead_letter_target {
        if target.value.value.ends_with(".fifo") {
            let message = "Lambda does not support FIFO queues and topics as dead-letter targets";
            let hint = "name a standard queue or a standard topic";
            findings.error("conflict", target.span.clone(), message, hint.to_owned());
        }
        same_partition("the dead-letter target", target, settings, findings);
    }
    let levels = [
        keys.application_log_level
            .as_ref()
            .and_then(|level| level.span.clone()),
        keys.system_log_level
            .as_ref()
            .and_then(|level| level.span.clone()),
    ];
    if keys.log_format == LogFormat::Text {
        for level in levels.into_iter().flatten() {
            let message = "Lambda filters logs by level only if they are JSON";
            let hint = "add `log-format = \"JSON\"`";
            findings.error("conflict", level, message, hint.to_owned());
        }
    }
    for key in keys.kms_key.iter().chain(&keys.log_kms_key) {
        same_region("the key", key, settings, key_in, findings);
    }
    let file_systems = keys.file_systems.iter().flat_map(|list| &list.value.0);
    for access_point in file_systems.filter_map(|one| one.access_point.0.as_ref()) {
        let hint = |region: &str| format!("name an access point in `{region}`");
        same_region("the access point", access_point, settings, hint, findings);
    }
    if let Some(role) = &keys.role {
        own_account("the role", role, settings, findings);
        no_statements(keys.statements.as_ref(), findings);
    }
    for layer in keys.layers.iter().flat_map(|layers| &layers.0) {
        same_partition("the layer", layer, settings, findings);
    }
}

/// Not asked of `[defaults]`, whose functions may each be in a VPC of their own.
fn reaches_file_systems(name: &str, keys: &Function, findings: &mut Findings) {
    let Some(file_systems) = &keys.file_systems else {
        return;
    };
    if !file_systems.value.0.is_empty() && keys.vpc.is_none() {
        let message = format!("the function `{name}` mounts a file system, but is not in a VPC");
        let hint = format!(
            "add `vpc` to `[functions.{name}]`, with subnets that reach a mount target of the file system"
        );
        findings.error("conflict", file_systems.span.clone(), message, hint);
    }
}

/// A role that others made is only passed.
fn no_statements(statements: Option<&At<List<Statement, 0, 100>>>, findings: &mut Findings) {
    if let Some(statements) = statements {
        let message = "`statements` cannot be added to a role that others made";
        let hint = "allow them in that role, or leave out `role`: txflow then makes one";
        findings.error(
            "conflict",
            statements.span.clone(),
            message,
            hint.to_owned(),
        );
    }
}

/// IAM compares the keys of tags without regard to case.
fn tags(settings: &Settings, findings: &mut Findings) {
    let mut known: HashMap<String, &str> = HashMap::new();
    for tag in &settings.tags.entries {
        let lower = tag.name.to_lowercase();
        if let Some((owner @ ("aws" | "txflow"), _)) = lower.split_once(':') {
            let message = format!("tags that start with `{owner}:` are reserved");
            findings.error("invalid-name", tag.at.clone(), message, None);
        }
        if let Some(first) = known.get(&lower) {
            let message = format!(
                "the tags `{first}` and `{}` differ only in case, and IAM takes them for the same",
                tag.name
            );
            let hint =
                "remove one of them; a stage overrides a tag that is written in the same case";
            findings.error("conflict", tag.at.clone(), message, hint.to_owned());
        } else {
            known.insert(lower, &tag.name);
        }
    }
    let count = settings.tags.entries.len();
    if count > TAG_LIMIT {
        let message = format!("there are {count} tags; AWS allows 50, of which txflow needs 4");
        let hint = format!("keep {TAG_LIMIT} of them");
        findings.error("out-of-range", settings.tags.at.clone(), message, hint);
    }
}

/// What a function or a role refers to is in the partition of the stack. Only `region` in the file tells which that is.
fn same_partition<R>(what: &str, arn: &At<Text<R>>, settings: &Settings, findings: &mut Findings) {
    let Some(region) = settings.region.as_ref().map(|region| &region.value) else {
        return;
    };
    let expected = partition_of(&region.value);
    let found = Arn::parse(&arn.value.value).map(|arn| arn.partition);
    if let Some(found) = found.filter(|found| *found != expected) {
        let message =
            format!("{what} belongs to partition `{found}`, but the stack belongs to `{expected}`");
        let hint = format!(
            "the region `{}` is in the partition `{expected}`",
            region.value
        );
        findings.error("conflict", arn.span.clone(), message, hint);
    }
}

fn key_in(region: &str) -> String {
    format!("name a key in `{region}`, or a replica there of a multi-region key")
}

/// AWS encrypts with keys of the same region alone, and Lambda mounts file systems of it. `hint` says what to do in the
/// region of the stack.
fn same_region<R>(
    what: &str,
    arn: &At<Text<R>>,
    settings: &Settings,
    hint: impl Fn(&str) -> String,
    findings: &mut Findings,
) {
    same_partition(what, arn, settings, findings);
    let Some(region) = settings.region.as_ref().map(|region| &region.value.value) else {
        return;
    };
    let found = Arn::parse(&arn.value.value).map(|arn| arn.region);
    // Another partition has been reported already.
    let found = found.filter(|found| partition_of(found) == partition_of(region));
    if let Some(found) = found.filter(|found| found != region) {
        let message = format!("{what} is in region `{found}`, but the stack is in `{region}`");
        findings.error("conflict", arn.span.clone(), message, hint(region));
    }
}

/// A permissions boundary is a policy of the role's own account, or one of AWS's.
fn boundary(settings: &Settings, findings: &mut Findings) {
    let Some(boundary) = &settings.roles.0.permissions_boundary else {
        return;
    };
    own_account("the permissions boundary", boundary, settings, findings);
}

/// What IAM gives to a stack is in its account, and in its partition.
fn own_account<R>(what: &str, arn: &At<Text<R>>, settings: &Settings, findings: &mut Findings) {
    same_partition(what, arn, settings, findings);
    let Some(owner) = Arn::parse(&arn.value.value).map(|arn| arn.account) else {
        return;
    };
    if let Some(account) = settings.account.as_ref().map(|account| &account.value)
        && owner != "aws"
        && owner != account
    {
        let message =
            format!("{what} belongs to account `{owner}`, but the stack belongs to `{account}`");
        let hint = format!("{what} must be in the account of the stack");
        findings.error("conflict", arn.span.clone(), message, hint);
    }
}

fn state_machine(keys: &StateMachine, settings: &Settings, findings: &mut Findings) {
    for key in keys.kms_key.iter().chain(&keys.log_kms_key) {
        same_region("the key", key, settings, key_in, findings);
    }
    if let Some(role) = &keys.role {
        own_account("the role of the state machine", role, settings, findings);
        no_statements(keys.statements.as_ref(), findings);
    }
    if keys.r#type.value != StateMachineKind::Express {
        return;
    }
    if let Some(logging) = keys.logging.as_ref().filter(|l| l.value == LogLevel::Off) {
        let message = "an EXPRESS state machine needs logs: they are its only history";
        let hint = "set `logging` to `ALL`, `ERROR` or `FATAL`";
        findings.error("conflict", logging.span.clone(), message, hint.to_owned());
    }
    if let Some(timeout) = keys.timeout.as_ref().filter(|t| t.value.0 > EXPRESS_LIMIT) {
        let message = format!("an EXPRESS execution ends after {EXPRESS_LIMIT} seconds");
        findings.error("out-of-range", timeout.span.clone(), message, None);
    }
}
