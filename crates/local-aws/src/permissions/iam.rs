use super::{Permission, action};
use crate::aws::Aws;
use crate::http::call::Call;

pub(super) fn needed(aws: &Aws, call: &Call) -> Option<Vec<Permission>> {
    let action = action(call, &call.operation);
    let account = &call.scope.account;
    match call.operation.as_str() {
        "CreateRole" => {
            let path = call.form.get("Path").unwrap_or("/");
            let role = format!(
                "arn:aws:iam::{account}:role{path}{}",
                call.form.get("RoleName")?
            );
            let tagged = !call.form.pairs("Tags").is_empty();
            let tag = tagged.then(|| Permission::new("iam:TagRole", &role));
            Some(
                [Permission::new(action, &role)]
                    .into_iter()
                    .chain(tag)
                    .collect(),
            )
        }
        "ListRoles" => {
            let path = call.form.get("PathPrefix").unwrap_or("/");
            Some(vec![Permission::new(
                action,
                format!("arn:aws:iam::{account}:role{path}"),
            )])
        }
        _ => {
            let name = call.form.get("RoleName")?;
            Some(vec![Permission {
                shown: Some(format!("role {name}")),
                ..Permission::new(action, aws.iam.arn_of(account, name))
            }])
        }
    }
}
