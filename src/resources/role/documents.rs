//! The IAM documents of a stack: the minimum that each role needs.

use serde_json::{Value, json};
use txflow_asl::Arn;
use txflow_asl::permissions::{Need, NeededResource, Owner, needs};

use super::derived::derived;
use super::statement::{Because, Statement, covers, document};
use crate::config::{FileSystemConfig, FunctionConfig, LogLevel, MachineName, Placeholder};
use crate::policy::with_parts;
use crate::resources::{Release, StateMachine, StateMachineSettings};
use crate::stack::{Members, Stack};

/// The number of characters, without white space, of all inline policies of a role.
pub const LONGEST_POLICY: usize = 10_240;

/// What tracing needs: of a function only this.
pub(crate) const TRACING: [&str; 2] = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"];

/// What tracing of a state machine needs besides.
pub(crate) const SAMPLING: [&str; 2] = ["xray:GetSamplingRules", "xray:GetSamplingTargets"];

/// What a function in a VPC needs.
pub(crate) const NETWORK: [&str; 6] = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
];

/// What a function that mounts a file system needs.
pub(crate) const MOUNT: [&str; 2] = [
    "elasticfilesystem:ClientMount",
    "elasticfilesystem:ClientWrite",
];

/// What the logs of a state machine need.
pub(crate) const LOG_DELIVERY: [&str; 8] = [
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
];

/// The number of characters of a policy as IAM counts them.
pub fn characters(policy: &Value) -> usize {
    let policy = policy.to_string();
    policy.chars().filter(|char| !char.is_whitespace()).count()
}

/// Who may assume the role of a function.
pub fn function_trust() -> Value {
    trusted(json!({
        "Effect": "Allow",
        "Principal": { "Service": "lambda.amazonaws.com" },
        "Action": "sts:AssumeRole",
    }))
}

/// Who may assume the role of the state machine: Step Functions, and only on behalf of this state
/// machine, so that no other account's state machine can borrow the role (the confused deputy). It comes with the ARN of
/// the state machine, of its version or alias, of a Map Run or its child, or of an execution.
pub fn state_machine_trust(stack: &Stack, machine: &MachineName) -> Value {
    let state_machine = stack.state_machine_arn(machine);
    let execution = stack.execution_arn(machine, "*");
    let child_execution = stack.map_run_executions(machine);
    let map_run = stack.map_runs(machine);
    trusted(json!({
        "Effect": "Allow",
        "Principal": { "Service": "states.amazonaws.com" },
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": { "aws:SourceAccount": stack.account.id },
            "ArnLike": { "aws:SourceArn": [
                state_machine,
                format!("{state_machine}:*"),
                format!("{state_machine}/*"),
                execution,
                child_execution,
                map_run,
            ] },
        },
    }))
}

fn trusted(statement: Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

/// What a function may do: write its own logs, and what `deploy.toml` declares.
pub fn function_statements(
    stack: &Stack,
    handler: &str,
    config: &FunctionConfig,
) -> Vec<Statement> {
    let mut statements = vec![own_logs(stack, handler)];
    if config.settings.tracing {
        // X-Ray has no resource-level permissions for these actions.
        statements.push(Statement::new(Because::Tracing, &TRACING, &any()));
    }
    if config.settings.vpc.is_some() {
        statements.push(network_interfaces());
    }
    statements.extend(config.settings.file_systems.iter().map(mount));
    if let Some(target) = &config.settings.dead_letter_target {
        let action = match Arn::parse(target).map(|arn| arn.service) {
            Some("sns") => "sns:Publish",
            _ => "sqs:SendMessage",
        };
        let target = std::slice::from_ref(target);
        statements.push(Statement::new(Because::DeadLetters, &[action], target));
    }
    if let Some(key) = &config.settings.kms_key {
        let function =
            json!({ "kms:EncryptionContext:aws:lambda:FunctionArn": stack.function_arn(handler) });
        statements.push(with_key(&["kms:Decrypt"], key, function));
    }
    statements.extend(
        config
            .statements
            .iter()
            .map(|one| Statement::declared(one, stack)),
    );
    statements
}

/// Lambda creates the network interfaces of a function in a VPC with ids that are not known before, and the Describe
/// actions of EC2 have no resource-level permissions.
pub fn network_interfaces() -> Statement {
    Statement::new(Because::Network, &NETWORK, &any())
}

/// IAM has no access points as resources of these actions, but a condition key for them.
fn mount(file_system: &FileSystemConfig) -> Statement {
    let through = json!({ "elasticfilesystem:AccessPointArn": file_system.access_point });
    let file_systems = [file_system.of_any_name()];
    let statement = Statement::new(Because::FileSystem, &MOUNT, &file_systems);
    statement.on_condition(json!({ "ArnEquals": through }))
}

/// What may still be run beside the desired definition, and what keeps it.
pub type Runnable<'a> = (Because, &'a Release);

/// What a state machine may do: invoke these functions, what its states need, and what `deploy.toml` declares.
pub fn state_machine_statements<'a>(
    stack: &Stack,
    handlers: impl Iterator<Item = &'a String>,
    state_machine: &StateMachine,
    retained: &[Runnable<'_>],
) -> Vec<Statement> {
    let own = needs_of(state_machine, stack);
    let own = own.iter().map(|need| (Because::state(need), need));
    let owner = owner(stack, &state_machine.name);
    let of_retained: Vec<(&Because, Vec<Need>)> = retained
        .iter()
        .map(|(because, release)| {
            let needs = needs(&release.definition, &owner).into_iter();
            let needs = needs.flat_map(|need| of_any_version(need, stack));
            (because, needs.collect())
        })
        .collect();
    let of_retained = of_retained
        .iter()
        .flat_map(|(because, needs)| needs.iter().map(|need| (Because::clone(because), need)));
    let invocations = invocations(stack, handlers);
    let declared = state_machine.statements.iter();
    let declared = declared.map(|one| Statement::declared(one, stack));
    let mut others: Vec<Statement> = invocations.into_iter().chain(declared).collect();
    let derived = derived(own.chain(of_retained), &mut others);
    let (invocations, declared): (Vec<_>, Vec<_>) = others
        .into_iter()
        .partition(|statement| statement.because.contains(&Because::Functions));
    let machine = &state_machine.machine;
    let mut of_settings = settings_statements(stack, machine, &state_machine.settings);
    for (_, release) in retained {
        let more = settings_statements(stack, machine, &release.settings);
        let more = more.into_iter().filter(|one| !of_settings.contains(one));
        let more: Vec<Statement> = more.collect();
        of_settings.extend(more);
    }
    { invocations.into_iter() }
        .chain(derived)
        .chain(of_settings)
        .chain(declared)
        .collect()
}

/// What a state machine needs as it was frozen: what its states call, and its settings. What `deploy.toml` declares is in
/// no release. `definition` names no versions, but `ARN:*`.
pub fn derived_statements(
    stack: &Stack,
    machine: &MachineName,
    definition: &Value,
    settings: &StateMachineSettings,
) -> Vec<Statement> {
    let name = stack.state_machine_name(machine);
    let needs = needs(definition, &owner(stack, &name)).into_iter();
    let needs: Vec<Need> = needs.flat_map(|need| of_any_version(need, stack)).collect();
    let needs = needs.iter().map(|need| (Because::state(need), need));
    let mut statements = derived(needs, &mut []);
    statements.extend(settings_statements(stack, machine, settings));
    statements
}

/// What the states of the definition need. The stack's functions and state machines stand in it as `ARN:*`, since the version
/// that a release pins is not known before.
pub fn needs_of(state_machine: &StateMachine, stack: &Stack) -> Vec<Need> {
    let definition = &state_machine.definition;
    let definition = definition.resolve(|placeholder| match placeholder {
        Placeholder::Named(name) if state_machine.starts.contains(name) => {
            let machine = MachineName::Named(name.clone());
            format!("{}:*", stack.state_machine_arn(&machine))
        }
        Placeholder::Named(handler) => versions(stack, handler),
        other => stack.account.pseudo_parameter(other),
    });
    let needs = needs(&definition, &owner(stack, &state_machine.name)).into_iter();
    needs.flat_map(|need| of_any_version(need, stack)).collect()
}

/// A release pins a version of another state machine of the stack, and the next one pins another. AWS's documentation is
/// inconsistent on whether a version is checked against its own ARN, so both are needed.
fn of_any_version(need: Need, stack: &Stack) -> Vec<Need> {
    let own = stack.state_machine_arn(&MachineName::Named(String::new()));
    let NeededResource::Arn(arn) = &need.resource else {
        return vec![need];
    };
    match arn.rsplit_once(':') {
        Some((machine, version))
            if machine.starts_with(&own) && (version == "*" || version.parse::<u64>().is_ok()) =>
        {
            let on = |arn: String| Need {
                resource: NeededResource::Arn(arn),
                ..need.clone()
            };
            with_parts(machine.to_owned()).map(on).into()
        }
        _ => vec![need],
    }
}

fn owner<'a>(stack: &'a Stack, state_machine: &'a str) -> Owner<'a> {
    let account = &stack.account;
    Owner {
        partition: &account.partition,
        region: &account.region,
        account: &account.id,
        state_machine,
    }
}

/// What the settings of a state machine need.
fn settings_statements(
    stack: &Stack,
    machine: &MachineName,
    settings: &StateMachineSettings,
) -> Vec<Statement> {
    let mut statements = Vec::new();
    if settings.logging.level != LogLevel::Off {
        // CloudWatch Logs has no resource-level permissions for log delivery.
        statements.push(Statement::new(Because::LogDelivery, &LOG_DELIVERY, &any()));
    }
    if settings.tracing {
        // X-Ray has no resource-level permissions for these actions.
        let actions = [SAMPLING, TRACING].concat();
        statements.push(Statement::new(Because::Tracing, &actions, &any()));
    }
    if let Some(key) = &settings.kms_key {
        let state_machine = json!({ "kms:EncryptionContext:aws:states:stateMachineArn": stack.state_machine_arn(machine) });
        let actions = ["kms:Decrypt", "kms:GenerateDataKey"];
        statements.push(with_key(&actions, key, state_machine));
        if settings.logging.level != LogLevel::Off {
            // The delivery of logs encrypts what is under way with the same key.
            let delivery =
                json!({ "kms:EncryptionContext:SourceArn": stack.account.arn("logs", "*") });
            let key = std::slice::from_ref(key);
            let statement = Statement::new(Because::Key, &["kms:GenerateDataKey"], key);
            statements.push(statement.on_condition(json!({ "StringLike": delivery })));
        }
    }
    statements
}

/// What the roles need for what deploy.toml no longer names but a retained release still pins.
pub fn former_policy(stack: &Stack, former: &Members) -> Value {
    let handlers = &former.handlers;
    let logs = handlers.iter().map(|handler| own_logs(stack, handler));
    let calls = invocations(stack, handlers.iter());
    let starts = former.state_machines.iter();
    let starts = starts.flat_map(|machine| starts_of(stack, machine));
    let statements: Vec<Statement> = logs.chain(calls).chain(starts).collect();
    document(&statements)
}

/// What starting a state machine, and waiting for it, needs.
fn starts_of(stack: &Stack, machine: &MachineName) -> [Statement; 2] {
    let versions = with_parts(stack.state_machine_arn(machine));
    let executions = stack.execution_arn(machine, "*");
    let because = Because::StateMachine;
    let waits = ["states:DescribeExecution", "states:StopExecution"];
    [
        Statement::new(because.clone(), &["states:StartExecution"], &versions),
        Statement::new(because, &waits, &[executions]),
    ]
}

fn own_logs(stack: &Stack, handler: &str) -> Statement {
    let log_group = stack.log_group_arn(&stack.function_log_group(handler));
    Statement::new(
        Because::OwnLogs,
        &["logs:CreateLogStream", "logs:PutLogEvents"],
        &[format!("{log_group}:*")],
    )
}

/// The versions of a function, which is all that a definition pins: they are invoked as `ARN:7`.
fn versions(stack: &Stack, handler: &str) -> String {
    format!("{}:*", stack.function_arn(handler))
}

/// IAM limits the size of all policies of a role, and a list of a hundred functions does not fit; a pattern for them
/// covers the other stages whose names begin alike as well.
fn invocations<'a>(stack: &Stack, handlers: impl Iterator<Item = &'a String>) -> Option<Statement> {
    let mut functions: Vec<String> = handlers.map(|handler| versions(stack, handler)).collect();
    if functions.iter().map(String::len).sum::<usize>() > LONGEST_LIST {
        functions = vec![versions(stack, "*")];
    }
    let because = Because::Functions;
    (!functions.is_empty()).then(|| Statement::new(because, &["lambda:InvokeFunction"], &functions))
}

/// Whether a policy of a state machine's role allows that: it names the function, or all of the stage.
pub fn permits_invocation(policy: &Value, stack: &Stack, handler: &str) -> bool {
    let names = [handler, "*"].map(|handler| versions(stack, handler));
    let statements = policy["Statement"].as_array().into_iter().flatten();
    let mut resources = statements
        .filter(|statement| statement["Action"] == json!(["lambda:InvokeFunction"]))
        .filter_map(|statement| statement["Resource"].as_array())
        .flatten();
    resources.any(|resource| names.iter().any(|name| resource == name.as_str()))
}

/// Whether a policy of a state machine's role lets it start a version of another state machine: IAM is asked about the state
/// machine itself, and an older policy may name versions. The statement may be one of deploy.toml.
pub fn permits_start(policy: &Value, stack: &Stack, machine: &MachineName, version: u64) -> bool {
    let machine = stack.state_machine_arn(machine);
    let started = [format!("{machine}:{version}"), machine];
    let any_covers = |patterns: &Value, text: &str| {
        let patterns = patterns.as_array().into_iter().flatten();
        let mut patterns = patterns.filter_map(Value::as_str);
        patterns.any(|pattern| covers(pattern, text))
    };
    let statements = policy["Statement"].as_array().into_iter().flatten();
    let is_on_it = |statement: &&Value| {
        let mut started = started.iter();
        started.any(|arn| any_covers(&statement["Resource"], arn))
    };
    let mut on_it = statements.filter(is_on_it);
    on_it.any(|statement| {
        let mut starts = ["states:StartExecution", "states:StartSyncExecution"].into_iter();
        starts.any(|action| any_covers(&statement["Action"], action))
    })
}

/// Leaves a quarter of what IAM accepts to the other statements of the role.
const LONGEST_LIST: usize = LONGEST_POLICY * 3 / 4;

fn any() -> [String; 1] {
    ["*".to_owned()]
}

/// Use of a key for one purpose, which the encryption context tells.
fn with_key(actions: &[&str], key: &str, context: Value) -> Statement {
    let statement = Statement::new(Because::Key, actions, &[key.to_owned()]);
    statement.on_condition(json!({ "StringEquals": context }))
}
