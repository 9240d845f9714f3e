//! The permissions that IAM's operations need.

use super::{Iam, arn};
use crate::http::call::Call;
use crate::permission::Permission;

const BOUNDARY: &str = "iam:PermissionsBoundary";

pub(super) fn needed(iam: &Iam, call: &Call) -> Option<Vec<Permission>> {
    let account = &call.scope.account;
    let form = |parameter: &str| call.form.get(parameter);
    match call.operation.as_str() {
        "CreateRole" => {
            let path = form("Path").unwrap_or("/");
            let role = arn(account, &format!("role{path}{}", form("RoleName")?));
            let tagged = !call.form.pairs("Tags").is_empty();
            let tag = tagged.then(|| Permission::new("iam:TagRole", &role));
            let create = Permission::of(call, &role).with(BOUNDARY, form("PermissionsBoundary"));
            Some([create].into_iter().chain(tag).collect())
        }
        "ListRoles" => {
            let path = form("PathPrefix").unwrap_or("/");
            Some(vec![Permission::of(
                call,
                arn(account, &format!("role{path}")),
            )])
        }
        operation => {
            let Some(name) = form("RoleName") else {
                return Some(vec![Permission::of(call, other_resource(call)?)]);
            };
            let of_role = || iam.boundary_of(account, name);
            // AWS sets the key for these operations, but not for others such as UpdateAssumeRolePolicy.
            let boundary = match operation {
                "PutRolePermissionsBoundary" => form("PermissionsBoundary").map(str::to_owned),
                "PutRolePolicy"
                | "DeleteRolePolicy"
                | "AttachRolePolicy"
                | "DetachRolePolicy"
                | "DeleteRolePermissionsBoundary" => of_role(),
                _ => None,
            };
            let permission = Permission::of(call, iam.arn_of(account, name))
                .shown_as(format!("role {name}"))
                .with(BOUNDARY, boundary)
                .with("iam:PolicyARN", form("PolicyArn"));
            Some(vec![permission])
        }
    }
}

/// The resource of an operation on something other than a role: `*` if the operation names none.
fn other_resource(call: &Call) -> Option<String> {
    let account = &call.scope.account;
    if call.operation == "CreatePolicy" {
        let path = call.form.get("Path").unwrap_or("/");
        let name = call.form.get("PolicyName")?;
        return Some(arn(account, &format!("policy{path}{name}")));
    }
    let policy = call.form.get("PolicyArn");
    Some(policy.unwrap_or("*").to_owned())
}
