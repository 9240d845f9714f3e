//! What IAM must allow for roles.

use serde_json::json;

use super::observe::EACH;
use crate::policy::{Command, Permission, Scope, Target};

/// The roles under the stack's path.
pub(super) static ROLES: Target =
    Target::new("Roles", |scope| under_path(scope).into_iter().collect());

/// The same, as long as they carry the permissions boundary of the stack, if it has one.
pub(super) static BOUNDED_ROLES: Target = Target::new("BoundedRoles", |scope| {
    under_path(scope).into_iter().collect()
})
.on_condition(boundary);

/// The same, in order to set that boundary. Nothing if the stack has none.
pub(super) static BOUNDARY: Target = Target::new("Boundary", |scope| {
    scope
        .boundary
        .and_then(|_| under_path(scope))
        .into_iter()
        .collect()
})
.on_condition(boundary);

/// The same, if the stack has no boundary. IAM has no condition on the contents of a trust policy, so whoever may
/// write one may let anybody in.
pub(super) static TRUST: Target =
    Target::new("Trust", |scope| under_path(scope).into_iter().collect()).unless_bounded();

/// The roles under the stack's path, and those that others made for it, if they are passed to a service that
/// assumes them.
static PASSED_ROLES: Target = Target::new("PassedRoles", |scope| {
    let of_others = scope.stack.roles_of_others().into_iter();
    under_path(scope)
        .into_iter()
        .chain(of_others.cloned())
        .collect()
})
.on_condition(|scope| {
    let mut services = vec!["lambda.amazonaws.com", "states.amazonaws.com"];
    if scope.stack.has_triggers {
        services.extend(["events.amazonaws.com", "scheduler.amazonaws.com"]);
    }
    Some(json!({ "iam:PassedToService": services }))
});

/// Setting the role of a function or of a state machine means to pass it.
pub(in crate::resources) const PASS_ROLE: Permission =
    Permission::new("iam:PassRole", &PASSED_ROLES, Command::DEFINE);

/// So does having a state tested under a role.
pub(in crate::resources) const PASS_TESTING_ROLE: Permission =
    Permission::new("iam:PassRole", &PASSED_ROLES, &[Command::TestState]);

/// The roles under the stack's path, and any other role with the name of one: AWS does not know the path of a role that
/// does not exist yet, and a role of somebody else must be seen in order to be left alone.
static ROLE_NAMES: Target = Target::new("RoleNames", |scope| {
    let stack = scope.stack;
    let members = scope.members();
    let names = stack.own_roles(&members);
    let without_path = |name: String| stack.role_arn(&name).replace(&stack.role_path(), "/");
    names.map(without_path).chain(under_path(scope)).collect()
});

/// AWS has no resources for listing roles.
static ANYTHING: Target = Target::new("Anything", |scope| {
    let any = under_path(scope).map(|_| "*".to_owned());
    any.into_iter().collect()
});

/// AWS has no resources for reading all roles in one call, which is done if the stack has many.
static ALL_ROLES: Target = Target::new("AllRoles", |scope| {
    let state_machines = scope.state_machines.names().count();
    let triggers = usize::from(scope.stack.has_triggers);
    let roles = scope.functions.len() + state_machines + triggers;
    (roles > EACH).then(|| "*".to_owned()).into_iter().collect()
});

pub(super) const READS: &[Permission] = &[
    Permission::new(
        "iam:GetAccountAuthorizationDetails",
        &ALL_ROLES,
        Command::READ,
    ),
    Permission::new("iam:ListRoles", &ANYTHING, Command::READ),
    Permission::new("iam:GetRole", &ROLE_NAMES, Command::READ),
    Permission::new("iam:GetRolePolicy", &ROLE_NAMES, Command::READ),
    Permission::new("iam:ListRolePolicies", &ROLE_NAMES, Command::READ),
    Permission::new("iam:ListAttachedRolePolicies", &ROLE_NAMES, Command::READ),
];

/// `None` if others made all roles of the stack.
fn under_path(scope: &Scope<'_>) -> Option<String> {
    let stack = scope.stack;
    stack.own_roles(&scope.members()).next()?;
    Some(stack.role_arn(&stack.function_role("*")))
}

fn boundary(scope: &Scope<'_>) -> Option<serde_json::Value> {
    let boundary = scope.boundary?;
    Some(json!({ "iam:PermissionsBoundary": boundary }))
}
