//! IAM: roles, their policies and tags, and the two questions that services ask about a role.

mod authorize;
mod boundary;
mod caller_policy;
mod condition;
mod context;
mod customer_policy;
mod managed;
mod pattern;
mod permissions;
mod policy;
mod role;
mod role_calls;
mod role_policies;
mod role_tags;
mod sessions;

use std::sync::Arc;

use txflow_asl::Arn;

pub(crate) use self::authorize::Assumption;
use self::authorize::{PolicyKind, Question};
pub use self::caller_policy::{CallerPolicy, PolicyError};
pub(crate) use self::caller_policy::{assumed_role, caller_arn};
use self::context::Context;
use self::customer_policy::CustomerPolicy;
use self::policy::Document;
pub(crate) use self::role::Role;
use self::role::encode;
use self::sessions::Sessions;
use crate::clock::{self, Millis, millis};
use crate::conditions::{Conditions, View};
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::api::{Api, Dialect, Protocol};
use crate::http::call::Call;
use crate::http::xml::Xml;
use crate::page::page;
use crate::permission::Permission;
use crate::service::Operations;
use crate::store::{Durable, Store, StoreError};

const API: Api = Api {
    name: "iam",
    protocol: Protocol::Query {
        version: "2010-05-08",
        namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
        dialect: Dialect::Common,
    },
};

pub(crate) struct Iam {
    /// By `<account>/<role name in lower case>`: IAM's names are unique regardless of case.
    roles: Durable<Role>,
    /// By ARN.
    policies: Durable<CustomerPolicy>,
    sessions: Sessions,
    conditions: Arc<Conditions>,
}

impl Iam {
    pub(crate) fn load(
        store: &Arc<Store>,
        conditions: &Arc<Conditions>,
    ) -> Result<Iam, StoreError> {
        Ok(Iam {
            roles: Durable::load(store, conditions, "role")?,
            policies: Durable::load(store, conditions, "policy")?,
            sessions: Sessions::default(),
            conditions: Arc::clone(conditions),
        })
    }

    /// Whether `assumption.service` may assume the role now.
    pub(crate) fn assumable(&self, role_arn: &str, assumption: &Assumption<'_>) -> bool {
        let Some(role) = self.by_arn(role_arn) else {
            return false;
        };
        let trust = self.in_force(role_arn, assumption.service, self.conditions.now());
        self.propagated(&role, assumption.service)
            && trust
                .and_then(|role| role.trust())
                .is_some_and(|trust| trust.lets_assume(assumption, self.conditions.now()))
    }

    /// The id of the role, which differs from that of a role that had the same ARN before, if the service knows it.
    pub(crate) fn known_to(&self, service: &str, role_arn: &str) -> Option<String> {
        let role = self.by_arn(role_arn)?;
        self.propagated(&role, service).then(|| role.id.clone())
    }

    /// The id of the role.
    pub(crate) fn id(&self, role_arn: &str) -> Option<String> {
        Some(self.by_arn(role_arn)?.id.clone())
    }

    fn propagated(&self, role: &Role, service: &str) -> bool {
        let takes = self.conditions.lasting(
            "role propagation",
            &format!("{}/{service}", role.arn),
            self.conditions.weather().role_propagation,
        );
        role.created + millis(takes) <= self.conditions.now()
    }

    /// The role with the policies that were in force for a service at an instant.
    fn in_force(&self, role_arn: &str, service: &str, instant: Millis) -> Option<Arc<Role>> {
        let span = self.conditions.weather().policy_propagation;
        let takes =
            self.conditions
                .lasting("policy propagation", &format!("{role_arn}/{service}"), span);
        let then = instant.saturating_sub(millis(takes));
        let role = self.roles.at(&key_of(role_arn)?, then)?;
        (role.arn == role_arn).then_some(role)
    }

    /// Whether the role may do `action` on `resource` now, see [`Iam::permits_at`].
    pub(crate) fn permits(
        &self,
        service: &str,
        role_arn: &str,
        action: &str,
        resource: &str,
    ) -> Result<(), String> {
        self.permits_at(self.conditions.now(), service, role_arn, action, resource)
    }

    /// The same for a call with condition keys, whose resource may not be known.
    pub(crate) fn permits_call(
        &self,
        service: &str,
        role_arn: &str,
        (action, resource): (&str, Option<&str>),
        context: &[(&str, &str)],
    ) -> Result<(), String> {
        let now = self.conditions.now();
        self.decide(now, service, role_arn, (action, resource), context)
    }

    pub(crate) fn now(&self) -> Millis {
        self.conditions.now()
    }

    /// Whether there is such a role.
    pub(crate) fn has_role(&self, role_arn: &str) -> bool {
        self.by_arn(role_arn).is_some()
    }

    /// Whether the role, if `service` used it at that instant, could do `action` on `resource`: its inline and attached policies must allow it, and so must its
    /// boundary, if it has one. The error says why not, in AWS's words.
    pub(crate) fn permits_at(
        &self,
        instant: Millis,
        service: &str,
        role_arn: &str,
        action: &str,
        resource: &str,
    ) -> Result<(), String> {
        self.decide(instant, service, role_arn, (action, Some(resource)), &[])
    }

    /// A call that a service makes on behalf of a role does not have the keys of its caller, such as an address: `keys` are
    /// those that are there besides what every call of a role has.
    fn decide(
        &self,
        instant: Millis,
        service: &str,
        role_arn: &str,
        (action, resource): (&str, Option<&str>),
        keys: &[(&str, &str)],
    ) -> Result<(), String> {
        let role = self.in_force(role_arn, service, instant);
        let mut context = Context::at(self.conditions.now())
            .of_role(role_arn)
            .with("aws:TokenIssueTime", clock::iam(instant))
            .with_all(keys)
            .on(resource.unwrap_or_default());
        let (policies, boundary) = match &role {
            Some(role) => {
                context = context.tagged(&role.tags);
                (self.permissions(role), role.permissions_boundary.as_deref())
            }
            None => (Vec::new(), None),
        };
        let question = Question {
            action,
            resource,
            context: &context,
        };
        let boundary = boundary.map(|arn| Vec::from_iter(self.policy_document(arn)));
        let by_policies = question.refusal(&policies, PolicyKind::Identity);
        let by_boundary =
            boundary.and_then(|boundary| question.refusal(&boundary, PolicyKind::Boundary));
        by_policies.or(by_boundary).map_or(Ok(()), Err)
    }

    /// The documents of all policies that the role has.
    fn permissions(&self, role: &Role) -> Vec<Document> {
        let inline = role.inline.values();
        let inline = inline.filter_map(|text| Document::parse(text).ok());
        let attached = role.attached.iter();
        let attached = attached.filter_map(|arn| self.policy_document(arn));
        inline.chain(attached).collect()
    }

    /// The boundary of the role of that name.
    fn boundary_of(&self, account: &str, name: &str) -> Option<String> {
        let role = self.roles.get(&key(account, name))?;
        role.permissions_boundary.clone()
    }

    /// The ARN of the role of that name. A role that does not exist counts as one without a path.
    fn arn_of(&self, account: &str, name: &str) -> String {
        match self.roles.get(&key(account, name)) {
            Some(role) => role.arn.clone(),
            None => arn(account, &format!("role/{name}")),
        }
    }

    /// The role with that ARN: path and name must both match.
    fn by_arn(&self, role_arn: &str) -> Option<Arc<Role>> {
        self.roles
            .get(&key_of(role_arn)?)
            .filter(|role| role.arn == role_arn)
    }

    fn role(&self, call: &Call) -> Result<Arc<Role>, Fault> {
        let name = role_name(call)?;
        self.roles
            .seen(&key(&call.scope.account, name), call.view)
            .ok_or_else(|| no_such_role(name))
    }

    /// Changes the role that the call names.
    async fn edit_role(
        &self,
        call: &Call,
        edit: impl FnOnce(&mut Role) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let name = role_name(call)?;
        let key = key(&call.scope.account, name);
        let view = View {
            changes: Millis::MAX,
            ..call.view
        };
        if self.roles.seen(&key, view).is_none() {
            return Err(no_such_role(name));
        }
        self.roles
            .change(|roles| {
                let mut role = Role::clone(roles.get(&key).ok_or_else(|| no_such_role(name))?);
                edit(&mut role)?;
                roles.put(&key, role);
                Ok(())
            })
            .await
    }
}

impl Operations for Iam {
    const API: &'static Api = &API;

    fn permissions(&self, call: &Call) -> Option<Vec<Permission>> {
        permissions::needed(self, call)
    }

    async fn dispatch(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
        match call.operation.as_str() {
            "CreateRole" => self.create_role(call).await,
            "GetRole" => self.get_role(call),
            "UpdateRole" => self.update_role(call).await,
            "UpdateRoleDescription" => self.update_role_description(call).await,
            "UpdateAssumeRolePolicy" => self.update_assume_role_policy(call).await,
            "DeleteRole" => self.delete_role(call).await,
            "ListRoles" => self.list_roles(call),
            "GetAccountAuthorizationDetails" => self.get_account_authorization_details(call),
            "PutRolePolicy" => self.put_role_policy(call).await,
            "GetRolePolicy" => self.get_role_policy(call),
            "DeleteRolePolicy" => self.delete_role_policy(call).await,
            "ListRolePolicies" => self.list_role_policies(call),
            "AttachRolePolicy" => self.attach_role_policy(call).await,
            "DetachRolePolicy" => self.detach_role_policy(call).await,
            "ListAttachedRolePolicies" => self.list_attached_role_policies(call),
            // Nothing here creates instance profiles, so a role has none.
            "ListInstanceProfilesForRole" => self.list_instance_profiles_for_role(call),
            "PutRolePermissionsBoundary" => self.put_role_permissions_boundary(call).await,
            "DeleteRolePermissionsBoundary" => self.delete_role_permissions_boundary(call).await,
            "CreatePolicy" => self.create_policy(call).await,
            "GetPolicy" => self.get_policy(call),
            "GetPolicyVersion" => self.get_policy_version(call),
            "DeletePolicy" => self.delete_policy(call).await,
            "TagRole" => self.tag_role(call).await,
            "UntagRole" => self.untag_role(call).await,
            "ListRoleTags" => self.list_role_tags(call),
            operation => Err(Fault::not_implemented("iam", operation)),
        }
    }
}

fn key_of(role_arn: &str) -> Option<String> {
    let arn = Arn::parse(role_arn).filter(|arn| arn.resource_type() == Some("role"))?;
    Some(key(arn.account, arn.name()))
}

/// The ARN of something in IAM, which has no regions.
pub(crate) fn arn(account: &str, resource: &str) -> String {
    let arn = Arn {
        partition: "aws",
        service: "iam",
        region: "",
        account,
        resource,
    };
    arn.to_string()
}

fn key(account: &str, name: &str) -> String {
    format!("{account}/{}", name.to_ascii_lowercase())
}

fn no_such_role(name: &str) -> Fault {
    no_such_entity(format!("The role with name {name} cannot be found."))
}

fn no_such_entity(message: String) -> Fault {
    Fault::new(404, "NoSuchEntity", message)
}

/// The request's role name, checked as AWS checks it.
fn role_name(call: &Call) -> Result<&str, Fault> {
    checked_name(call, "RoleName", "roleName", 64)
}

fn policy_name(call: &Call) -> Result<&str, Fault> {
    checked_name(call, "PolicyName", "policyName", 128)
}

fn checked_name<'a>(
    call: &'a Call,
    parameter: &str,
    member: &str,
    most: usize,
) -> Result<&'a str, Fault> {
    let mut constraints = Constraints::default();
    constraints
        .present(member, call.form.get(parameter).as_ref())
        .check("ValidationError")?;
    let name = call.form.get(parameter).unwrap_or_default();
    let known = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    constraints.length(member, name, 1, most);
    constraints.pattern(member, name, "[\\w+=,.@-]+", name.chars().all(known));
    constraints.check("ValidationError")?;
    Ok(name)
}

/// A parameter that the operation requires.
fn required<'a>(call: &'a Call, parameter: &str, member: &str) -> Result<&'a str, Fault> {
    let value = call.form.get(parameter);
    Constraints::default()
        .present(member, value.as_ref())
        .check("ValidationError")?;
    Ok(value.unwrap_or_default())
}

/// Adds the page of `items` that the call asks for, with the members that IAM's lists share.
fn list<T>(
    call: &Call,
    xml: &mut Xml,
    name: &str,
    items: Vec<(String, T)>,
    fill: impl FnMut(&mut Xml, T),
) -> Result<(), Fault> {
    let size = call.form.get("MaxItems").unwrap_or("100");
    let size = size.parse().ok().filter(|size| (1..=1000).contains(size));
    let Some(size) = size else {
        let text = "1 validation error detected: Value at 'maxItems' failed to satisfy constraint: \
                    Member must have value between 1 and 1000";
        return Err(Fault::bad("ValidationError", text));
    };
    let (items, next) = page(items, call.form.get("Marker"), size)
        .map_err(|_| Fault::bad("ValidationError", "Invalid Marker."))?;
    xml.list(name, items.into_iter().map(|(_, item)| item), fill);
    xml.text("IsTruncated", if next.is_some() { "true" } else { "false" })
        .optional("Marker", next.as_deref());
    Ok(())
}
