//! Which command needs which action, and on what.

use super::Command::{
    self, Deploy, Destroy, Executions, Graph, Logs, Plan, Rollback, Status, Test,
};

/// One action.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Such as `lambda:CreateFunction`.
    pub action: &'static str,
    pub on: On,
    pub commands: &'static [Command],
}

/// What an action is allowed on. In this order they stand in the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// The roles under the stack's path.
    Roles,
    /// The same, as long as they carry the permissions boundary of the stack, if it has one.
    BoundedRoles,
    /// The same, for being given that boundary. Nothing if the stack has none.
    Boundary,
    /// The same, if the stack has no boundary. IAM has no condition on what a trust policy says, so that whoever may
    /// write one may let anybody in.
    Trust,
    /// The same, and whatever else has the name of one: AWS does not know the path of a role that is not there
    /// yet, and a role of somebody else must be seen to be left alone.
    RoleNames,
    /// The roles under the stack's path, if they are given to Lambda or to Step Functions.
    PassedRoles,
    Functions,
    /// Those that the functions name.
    Layers,
    LogGroups,
    StateMachine,
    Executions,
    /// AWS lists log groups by account.
    AllLogGroups,
    /// AWS has no resources for listing roles.
    Anything,
    /// AWS has no resources for these either. Only where a function is in a network.
    Networks,
}

/// The stack as AWS has it.
const READ: &[Command] = &[Deploy, Plan, Status, Rollback, Destroy];
/// What removes something must know what is in use.
const LIST_EXECUTIONS: &[Command] = &[Deploy, Plan, Status, Logs, Graph, Executions, Destroy];
const READ_EXECUTION: &[Command] = &[Test, Logs, Graph, Executions];
const READ_ALIAS: &[Command] = &[Deploy, Plan, Test, Status, Rollback, Destroy];
const WRITE: &[Command] = &[Deploy];
/// A deploy removes what deploy.toml no longer names.
const REMOVE: &[Command] = &[Deploy, Destroy];

/// All that txflow may ask of AWS but GetCallerIdentity, which needs no permission.
pub const TABLE: &[Row] = &[
    row("iam:ListRoles", On::Anything, READ),
    row("iam:GetRole", On::RoleNames, READ),
    row("iam:GetRolePolicy", On::RoleNames, READ),
    row("iam:ListRolePolicies", On::RoleNames, READ),
    row("iam:ListAttachedRolePolicies", On::RoleNames, READ),
    row("iam:CreateRole", On::BoundedRoles, WRITE),
    row("iam:PutRolePolicy", On::BoundedRoles, WRITE),
    row("iam:PutRolePermissionsBoundary", On::Boundary, WRITE),
    row("iam:UpdateAssumeRolePolicy", On::Trust, WRITE),
    row("iam:TagRole", On::Roles, WRITE),
    row("iam:UntagRole", On::Roles, WRITE),
    row("iam:DeleteRolePolicy", On::Roles, REMOVE),
    row("iam:DetachRolePolicy", On::Roles, REMOVE),
    row("iam:DeleteRole", On::Roles, REMOVE),
    row("iam:PassRole", On::PassedRoles, WRITE),
    row("lambda:GetFunction", On::Functions, READ),
    row("lambda:ListTags", On::Functions, READ),
    row("lambda:ListVersionsByFunction", On::Functions, READ),
    row("lambda:GetFunctionConfiguration", On::Functions, WRITE),
    row("lambda:CreateFunction", On::Functions, WRITE),
    row("lambda:UpdateFunctionConfiguration", On::Functions, WRITE),
    row("lambda:UpdateFunctionCode", On::Functions, WRITE),
    row("lambda:PublishVersion", On::Functions, WRITE),
    row("lambda:PutFunctionConcurrency", On::Functions, WRITE),
    row("lambda:DeleteFunctionConcurrency", On::Functions, WRITE),
    row("lambda:TagResource", On::Functions, WRITE),
    row("lambda:UntagResource", On::Functions, WRITE),
    row("lambda:DeleteFunction", On::Functions, REMOVE),
    row("lambda:GetLayerVersion", On::Layers, WRITE),
    row("ec2:DescribeSecurityGroups", On::Networks, WRITE),
    row("ec2:DescribeSubnets", On::Networks, WRITE),
    row("ec2:DescribeVpcs", On::Networks, WRITE),
    row("logs:DescribeLogGroups", On::AllLogGroups, READ),
    row("logs:ListTagsForResource", On::LogGroups, READ),
    row("logs:CreateLogGroup", On::LogGroups, WRITE),
    row("logs:PutRetentionPolicy", On::LogGroups, WRITE),
    row("logs:DeleteRetentionPolicy", On::LogGroups, WRITE),
    row("logs:TagResource", On::LogGroups, WRITE),
    row("logs:UntagResource", On::LogGroups, WRITE),
    row("logs:DeleteLogGroup", On::LogGroups, REMOVE),
    row("logs:FilterLogEvents", On::LogGroups, &[Test, Logs]),
    row("states:DescribeStateMachine", On::StateMachine, READ),
    row("states:ListStateMachineVersions", On::StateMachine, READ),
    row(
        "states:DescribeStateMachineAlias",
        On::StateMachine,
        READ_ALIAS,
    ),
    row("states:ListTagsForResource", On::StateMachine, READ),
    row("states:ListExecutions", On::StateMachine, LIST_EXECUTIONS),
    row("states:CreateStateMachine", On::StateMachine, WRITE),
    row("states:UpdateStateMachine", On::StateMachine, WRITE),
    row("states:PublishStateMachineVersion", On::StateMachine, WRITE),
    row(
        "states:CreateStateMachineAlias",
        On::StateMachine,
        &[Deploy, Rollback],
    ),
    row(
        "states:UpdateStateMachineAlias",
        On::StateMachine,
        &[Deploy, Rollback],
    ),
    row("states:TagResource", On::StateMachine, WRITE),
    row("states:UntagResource", On::StateMachine, WRITE),
    row("states:DeleteStateMachineVersion", On::StateMachine, WRITE),
    row("states:DeleteStateMachine", On::StateMachine, &[Destroy]),
    row("states:StartExecution", On::StateMachine, &[Test]),
    row("states:StartSyncExecution", On::StateMachine, &[Test]),
    row("states:DescribeExecution", On::Executions, READ_EXECUTION),
    row("states:GetExecutionHistory", On::Executions, READ_EXECUTION),
    row(
        "states:DescribeStateMachineForExecution",
        On::Executions,
        &[Graph],
    ),
    row(
        "states:StopExecution",
        On::Executions,
        &[Executions, Destroy],
    ),
    row("states:RedriveExecution", On::Executions, &[Executions]),
];

/// Calls that the policy never allows, and who makes them.
pub const NEVER: &[(&str, &str)] = &[(
    "iam:DeleteRolePermissionsBoundary",
    "an administrator, once, after `permissions-boundary` has left deploy.toml",
)];

/// Actions that are no operations which txflow calls, and why AWS asks for them.
pub const BESIDES: &[(&str, &str)] = &[
    (
        "iam:PassRole",
        "whoever gives a role to a function or to a state machine passes it",
    ),
    (
        "lambda:ListTags",
        "without it GetFunction leaves the tags out",
    ),
    (
        "lambda:GetLayerVersion",
        "a function is given only layers that its maker may read",
    ),
    (
        "ec2:DescribeSecurityGroups",
        "Lambda looks up the network in the name of who configures it",
    ),
    (
        "ec2:DescribeSubnets",
        "Lambda looks up the network in the name of who configures it",
    ),
    (
        "ec2:DescribeVpcs",
        "Lambda looks up the network in the name of who configures it",
    ),
];

const fn row(action: &'static str, on: On, commands: &'static [Command]) -> Row {
    Row {
        action,
        on,
        commands,
    }
}
