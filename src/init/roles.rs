//! What the roles of something existing have in common → `[roles]`.

use std::collections::BTreeSet;

use super::existing::{Existing, Function};
use crate::resources::ExistingRole;

/// Paths that say nothing about who demands them.
const USUAL: [&str; 2] = ["/", "/service-role/"];

/// What an organization demands of all roles.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Roles {
    pub permissions_boundary: Option<String>,
    pub path_prefix: Option<String>,
    pub name_prefix: Option<String>,
}

pub(super) fn roles(existing: &Existing) -> Roles {
    let of_functions = existing.functions.iter();
    let of_functions =
        of_functions.filter_map(|function| Some((&function.name, function.role.as_ref()?)));
    let of_state_machine = existing.role.iter().map(|role| (&existing.arn.name, role));
    let all: Vec<(&String, &ExistingRole)> = of_functions.chain(of_state_machine).collect();
    let path = common(all.iter().map(|(_, role)| path(role)));
    Roles {
        permissions_boundary: common(all.iter().map(|(_, role)| role.boundary.clone())),
        path_prefix: path.map(|path| path.trim_end_matches('/').to_owned()),
        name_prefix: common(all.iter().map(|(user, role)| name_prefix(role, user))),
    }
}

/// What all of them have.
fn common(all: impl Iterator<Item = Option<String>>) -> Option<String> {
    let all: BTreeSet<Option<String>> = all.collect();
    let mut all = all.into_iter();
    let first = all.next().flatten();
    if all.next().is_some() { None } else { first }
}

/// The path of a role that txflow made ends in the stack and the stage.
fn path(role: &ExistingRole) -> Option<String> {
    let path = role.path.split("/txflow/").next().unwrap_or_default();
    let path = format!("{}/", path.trim_end_matches('/'));
    (!USUAL.contains(&path.as_str())).then_some(path)
}

/// `acme-` of the role `acme-orders-charge` of `orders-charge`.
fn name_prefix(role: &ExistingRole, user: &str) -> Option<String> {
    let at = role.name.find(user)?;
    (at > 0).then(|| role.name[..at].to_owned())
}

/// The functions whose roles may not be read: they keep them.
pub(super) fn kept(functions: &[Function]) -> impl Iterator<Item = (&Function, &str)> {
    functions.iter().filter_map(|function| {
        let role = kept_role(function)?;
        Some((function, role))
    })
}

/// The ARN of a function's role, if it may not be read.
pub(super) fn kept_role(function: &Function) -> Option<&str> {
    let found = function.found.as_ref()?;
    let role = found.configuration.role_arn.as_str();
    function.role.is_none().then_some(role)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(name: &str, path: &str) -> ExistingRole {
        ExistingRole {
            name: name.to_owned(),
            path: path.to_owned(),
            boundary: None,
            policies: Vec::new(),
            managed: Vec::new(),
        }
    }

    #[test]
    fn a_path_that_somebody_demands_is_told_from_a_usual_one() {
        for (written, prefix) in [
            ("/", None),
            ("/service-role/", None),
            ("/teams/payments/", Some("/teams/payments/")),
            (
                "/teams/payments/txflow/orders/dev/",
                Some("/teams/payments/"),
            ),
            ("/txflow/orders/dev/", None),
        ] {
            let found = path(&role("orders", written));
            assert_eq!(found.as_deref(), prefix, "{written}");
        }
    }

    #[test]
    fn a_prefix_is_what_stands_before_the_name_of_what_has_the_role() {
        let prefix = |role_name: &str| name_prefix(&role(role_name, "/"), "orders-charge");
        assert_eq!(prefix("acme-orders-charge").as_deref(), Some("acme-"));
        assert_eq!(prefix("orders-charge-role"), None);
        assert_eq!(prefix("lambda"), None);
    }

    #[test]
    fn what_only_some_have_is_of_no_organization() {
        let all = |texts: &[Option<&str>]| common(texts.iter().map(|text| text.map(str::to_owned)));
        assert_eq!(all(&[Some("a"), Some("a")]).as_deref(), Some("a"));
        assert_eq!(all(&[Some("a"), None]), None);
        assert_eq!(all(&[]), None);
    }
}
