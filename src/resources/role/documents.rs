//! The IAM documents of a stack: the minimum that each role needs.

use serde_json::{Value, json};
use txflow_asl::Arn;

use crate::config::{FunctionConfig, LogLevel, MachineName, PolicyStatement};
use crate::resources::StateMachineSettings;
use crate::stack::{Members, Stack};

/// The number of characters, without white space, of all inline policies of a role.
pub const LONGEST_POLICY: usize = 10_240;

/// The number of characters of a policy as IAM counts them.
pub fn characters(policy: &Value) -> usize {
    let policy = policy.to_string();
    policy.chars().filter(|char| !char.is_whitespace()).count()
}

/// Who may assume the role of a function.
pub fn function_trust() -> Value {
    document(vec![json!({
        "Effect": "Allow",
        "Principal": { "Service": "lambda.amazonaws.com" },
        "Action": "sts:AssumeRole",
    })])
}

/// Who may assume the role of the state machine: Step Functions, and only on behalf of this state
/// machine, so that no other account's state machine can borrow the role (the confused deputy). It comes with the ARN of
/// the state machine, of its version or alias, of a Map Run's child, or of an execution.
pub fn state_machine_trust(stack: &Stack, machine: &MachineName) -> Value {
    let state_machine = stack.state_machine_arn(machine);
    let execution = stack.execution_arn(machine, "*");
    let child_execution = stack.map_run_executions(machine);
    document(vec![json!({
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
            ] },
        },
    })])
}

/// What a function may do: write its own logs, and what `deploy.toml` declares.
pub fn function_policy(stack: &Stack, handler: &str, config: &FunctionConfig) -> Value {
    let mut statements = vec![own_logs(stack, handler)];
    if config.settings.tracing {
        // X-Ray has no resource-level permissions for these actions.
        statements.push(allow(
            &["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
            &["*".to_owned()],
        ));
    }
    if config.settings.vpc.is_some() {
        // Lambda creates the network interfaces with ids that are not known before, and the
        // Describe actions of EC2 have no resource-level permissions.
        statements.push(allow(
            &[
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:UnassignPrivateIpAddresses",
            ],
            &["*".to_owned()],
        ));
    }
    if let Some(target) = &config.settings.dead_letter_target {
        let action = match Arn::parse(target).map(|arn| arn.service) {
            Some("sns") => "sns:Publish",
            _ => "sqs:SendMessage",
        };
        statements.push(allow(&[action], std::slice::from_ref(target)));
    }
    if let Some(key) = &config.settings.kms_key {
        let function =
            json!({ "kms:EncryptionContext:aws:lambda:FunctionArn": stack.function_arn(handler) });
        statements.push(with_key(&["kms:Decrypt"], key, function));
    }
    statements.extend(config.statements.iter().map(declared));
    document(statements)
}

/// What a state machine may do: invoke exactly this stack's functions, and start its other state machines.
pub fn state_machine_policy<'a>(
    stack: &Stack,
    machine: &MachineName,
    handlers: impl Iterator<Item = &'a String>,
    children: &[MachineName],
    settings: &StateMachineSettings,
) -> Value {
    let mut statements: Vec<Value> = invocations(stack, handlers).into_iter().collect();
    statements.extend(starts(stack, children));
    if settings.logging.level != LogLevel::Off {
        // CloudWatch Logs has no resource-level permissions for log delivery.
        statements.push(allow(
            &[
                "logs:CreateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:DescribeLogGroups",
                "logs:DescribeResourcePolicies",
                "logs:GetLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:UpdateLogDelivery",
            ],
            &["*".to_owned()],
        ));
    }
    if settings.tracing {
        // X-Ray has no resource-level permissions for these actions.
        statements.push(allow(
            &[
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
                "xray:PutTelemetryRecords",
                "xray:PutTraceSegments",
            ],
            &["*".to_owned()],
        ));
    }
    if let Some(key) = &settings.kms_key {
        let state_machine = json!({ "kms:EncryptionContext:aws:states:stateMachineArn": stack.state_machine_arn(machine) });
        let actions = ["kms:Decrypt", "kms:GenerateDataKey"];
        statements.push(with_key(&actions, key, state_machine));
        if settings.logging.level != LogLevel::Off {
            // The delivery of logs encrypts what is under way with the same key.
            let delivery =
                json!({ "kms:EncryptionContext:SourceArn": stack.account.arn("logs", "*") });
            let actions = ["kms:GenerateDataKey"];
            let mut statement = with_key(&actions, key, json!({}));
            statement["Condition"] = json!({ "StringLike": delivery });
            statements.push(statement);
        }
    }
    document(statements)
}

/// What the roles need for what deploy.toml no longer names but a retained release still pins.
pub fn former_policy(stack: &Stack, former: &Members) -> Value {
    let handlers = &former.handlers;
    let logs = handlers.iter().map(|handler| own_logs(stack, handler));
    let machines: Vec<MachineName> = former.state_machines.iter().cloned().collect();
    let calls = invocations(stack, handlers.iter()).into_iter();
    document(logs.chain(calls).chain(starts(stack, &machines)).collect())
}

fn own_logs(stack: &Stack, handler: &str) -> Value {
    let log_group = stack.log_group_arn(&stack.function_log_group(handler));
    allow(
        &["logs:CreateLogStream", "logs:PutLogEvents"],
        &[format!("{log_group}:*")],
    )
}

/// The definition pins versions, which are invoked as `ARN:7`. IAM limits the size of all policies of a role, and a list of
/// a hundred functions does not fit; a pattern for them covers the other stages whose names begin alike as well.
fn invocations<'a>(stack: &Stack, handlers: impl Iterator<Item = &'a String>) -> Option<Value> {
    let versions = |handler: &str| format!("{}:*", stack.function_arn(handler));
    let mut functions: Vec<String> = handlers.map(|handler| versions(handler)).collect();
    if functions.iter().map(String::len).sum::<usize>() > LONGEST_LIST {
        functions = vec![versions("*")];
    }
    (!functions.is_empty()).then(|| allow(&["lambda:InvokeFunction"], &functions))
}

/// What nested executions need. A definition pins versions, which are started as `ARN:7`; an execution that waits for another
/// one is told by a rule of EventBridge that Step Functions manages, and stops what it started if it is stopped itself.
fn starts(stack: &Stack, machines: &[MachineName]) -> Vec<Value> {
    if machines.is_empty() {
        return Vec::new();
    }
    let versions = machines.iter();
    let versions = versions.map(|machine| format!("{}:*", stack.state_machine_arn(machine)));
    let executions = machines.iter();
    let executions = executions.map(|machine| stack.execution_arn(machine, "*"));
    let rule = "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule";
    vec![
        allow(&["states:StartExecution"], &versions.collect::<Vec<_>>()),
        allow(
            &["states:DescribeExecution", "states:StopExecution"],
            &executions.collect::<Vec<_>>(),
        ),
        allow(
            &["events:DescribeRule", "events:PutRule", "events:PutTargets"],
            &[stack.account.arn("events", rule)],
        ),
    ]
}

/// Whether a policy of a state machine's role allows that: it names the function, or all of the stage.
pub fn permits_invocation(policy: &Value, stack: &Stack, handler: &str) -> bool {
    let names = [handler, "*"].map(|handler| format!("{}:*", stack.function_arn(handler)));
    let statements = policy["Statement"].as_array().into_iter().flatten();
    let mut resources = statements
        .filter(|statement| statement["Action"] == json!(["lambda:InvokeFunction"]))
        .filter_map(|statement| statement["Resource"].as_array())
        .flatten();
    resources.any(|resource| names.iter().any(|name| resource == name.as_str()))
}

/// Leaves a quarter of what IAM accepts to the other statements of the role.
const LONGEST_LIST: usize = LONGEST_POLICY * 3 / 4;

fn document(statements: Vec<Value>) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn allow(actions: &[&str], resources: &[String]) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resources })
}

/// Use of a key for one purpose, which the encryption context tells.
fn with_key(actions: &[&str], key: &str, context: Value) -> Value {
    let mut statement = allow(actions, &[key.to_owned()]);
    statement["Condition"] = json!({ "StringEquals": context });
    statement
}

fn declared(statement: &PolicyStatement) -> Value {
    let mut value = json!({
        "Effect": "Allow",
        "Action": statement.actions,
        "Resource": statement.resources,
    });
    if let Some(condition) = &statement.condition {
        value["Condition"] = condition.clone();
    }
    value
}
