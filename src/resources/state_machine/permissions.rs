//! What IAM must allow for the state machines and their executions.

use std::collections::BTreeSet;

use crate::config::MachineName;
use crate::policy::{Command, Permission, Scope, Target, with_parts};
use crate::resources::role::PASS_TESTING_ROLE;

/// AWS's documentation is inconsistent on whether a version or an alias is checked against its own ARN.
pub(in crate::resources) static STATE_MACHINE: Target = Target::new("StateMachine", |scope| {
    let machines = scope.members().state_machines.into_iter();
    let arns = machines.map(|machine| scope.stack.state_machine_arn(&machine));
    arns.flat_map(with_parts).collect()
});

/// The keys that encrypt the definitions and the executions.
static KEY: Target = Target::new("StateMachineKey", |scope| {
    let keys = scope.state_machines.iter();
    let keys: BTreeSet<String> = keys
        .filter_map(|(_, machine)| machine.kms_key.clone())
        .collect();
    keys.into_iter().collect()
});

pub(super) const DESCRIBE_KEY: Permission =
    Permission::new("kms:DescribeKey", &KEY, Command::DEFINE);
pub(super) const GENERATE_DATA_KEY: Permission =
    Permission::new("kms:GenerateDataKey", &KEY, Command::DEFINE);

pub(super) static EXECUTIONS: Target = Target::new("Executions", |scope| {
    let machines = scope.members().state_machines.into_iter();
    machines
        .map(|machine| scope.stack.execution_arn(&machine, "*"))
        .collect()
});

/// The executions that Distributed Maps start.
static MAP_RUN_EXECUTIONS: Target = Target::new("MapRunExecutions", |scope| {
    let machines = distributing(scope);
    machines
        .map(|machine| scope.stack.map_run_executions(&machine))
        .collect()
});

static MAP_RUNS: Target = Target::new("MapRuns", |scope| {
    let machines = distributing(scope);
    machines
        .map(|machine| scope.stack.map_runs(&machine))
        .collect()
});

fn distributing<'a>(scope: &'a Scope<'a>) -> impl Iterator<Item = MachineName> {
    let machines = scope.state_machines.iter();
    let distributing = machines.filter(|(_, machine)| machine.definition.has_distributed_map());
    distributing.map(|(name, _)| name)
}

/// What shows a tree, or counts calls.
const READ_MAP_RUN: &[Command] = &[Command::Test, Command::Executions, Command::Ui];

const START: &[Command] = &[
    Command::Test,
    Command::Start,
    Command::ExecutionsFork,
    Command::Ui,
];
const READ_EXECUTION: &[Command] = &[
    Command::Test,
    Command::Start,
    Command::Logs,
    Command::Graph,
    Command::Executions,
    Command::ExecutionsFork,
    Command::Replay,
    Command::Canary,
    Command::Ui,
];

/// A command that removes something must know what is in use, and a test must find what its event has started.
const LIST_EXECUTIONS: &[Command] = &[
    Command::Deploy,
    Command::Test,
    Command::Plan,
    Command::Status,
    Command::Logs,
    Command::Graph,
    Command::Executions,
    Command::ExecutionsFork,
    Command::Replay,
    Command::Canary,
    Command::Destroy,
    Command::Ui,
];

/// AWS has no resource for a state that is tested.
static TESTED_STATES: Target = Target::new("TestedStates", |_| vec!["*".to_owned()]);

/// AWS has no resource for a task token.
static ANSWERED_TASKS: Target = Target::new("AnsweredTasks", |scope| {
    let any = scope.answers_tasks.then(|| "*".to_owned());
    any.into_iter().collect()
});

const TEST_STATE: &[Command] = &[Command::TestState];

/// Reading what exists, and running it.
pub(super) const READS: &[Permission] = &[
    Permission::new("states:DescribeStateMachine", &STATE_MACHINE, Command::READ),
    // To find out which versions the release pins.
    Permission::new("states:DescribeStateMachine", &STATE_MACHINE, Command::RUN),
    Permission::new(
        "states:DescribeStateMachine",
        &STATE_MACHINE,
        &[Command::Diff],
    ),
    // A fork changes only a state machine that is the stack's.
    Permission::new(
        "states:DescribeStateMachine",
        &STATE_MACHINE,
        &[Command::ExecutionsFork, Command::Ui],
    ),
    Permission::new(
        "states:ListTagsForResource",
        &STATE_MACHINE,
        &[Command::Diff, Command::ExecutionsFork, Command::Ui],
    ),
    // To find out what the old release froze.
    Permission::new(
        "states:DescribeStateMachine",
        &STATE_MACHINE,
        &[Command::Canary],
    ),
    // AWS decrypts definitions, inputs and outputs in the name of who reads them.
    Permission::new("kms:Decrypt", &KEY, &Command::ALL),
    Permission::new(
        "states:ListStateMachineVersions",
        &STATE_MACHINE,
        Command::READ,
    ),
    // To say which releases there are.
    Permission::new(
        "states:ListStateMachineVersions",
        &STATE_MACHINE,
        &[Command::Diff],
    ),
    // To find out whether a canary of the newest release has ended.
    Permission::new(
        "states:ListStateMachineVersions",
        &STATE_MACHINE,
        &[Command::Canary],
    ),
    // Of a state machine that no release pins the newest version counts.
    Permission::new("states:ListStateMachineVersions", &STATE_MACHINE, START),
    Permission::new("states:ListTagsForResource", &STATE_MACHINE, Command::READ),
    Permission::new("states:ListExecutions", &STATE_MACHINE, LIST_EXECUTIONS),
    Permission::new("states:StartExecution", &STATE_MACHINE, START),
    Permission::new("states:StartSyncExecution", &STATE_MACHINE, START),
    Permission::new("states:DescribeExecution", &EXECUTIONS, READ_EXECUTION),
    Permission::new("states:GetExecutionHistory", &EXECUTIONS, READ_EXECUTION),
    Permission::new("states:DescribeMapRun", &MAP_RUNS, READ_MAP_RUN),
    Permission::new("states:ListExecutions", &MAP_RUNS, READ_MAP_RUN),
    Permission::new(
        "states:DescribeExecution",
        &MAP_RUN_EXECUTIONS,
        READ_MAP_RUN,
    ),
    Permission::new(
        "states:GetExecutionHistory",
        &MAP_RUN_EXECUTIONS,
        READ_MAP_RUN,
    ),
    Permission::new(
        "states:DescribeStateMachineForExecution",
        &EXECUTIONS,
        &[
            Command::Deploy,
            Command::Plan,
            Command::Status,
            Command::Graph,
            // Only the definition of a fork says how it went on.
            Command::ExecutionsFork,
            Command::Ui,
        ],
    ),
    Permission::new("states:StopExecution", &EXECUTIONS, &[Command::Executions]),
    Permission::new(
        "states:RedriveExecution",
        &EXECUTIONS,
        &[Command::Executions],
    ),
    Permission::new("states:SendTaskSuccess", &ANSWERED_TASKS, &[Command::Test]),
    Permission::new("states:SendTaskFailure", &ANSWERED_TASKS, &[Command::Test]),
    Permission::new("states:TestState", &TESTED_STATES, TEST_STATE),
    PASS_TESTING_ROLE,
];
