//! Reads roles.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{AttachedPermissionsBoundary, EntityType, Role, RoleDetail, Tag};
use jiff::Timestamp;
use serde_json::Value;

use super::documents;
use crate::aws::{Aws, AwsError, Class, failed, found, timestamp};
use crate::config::MachineName;
use crate::resources::each::each;
use crate::stack::{POLICY, REGION_TAG, Stack, Tags};

/// How many roles are read each on its own, in four calls. IAM takes about 20 calls a second, and refuses a burst of more.
pub(super) const EACH: usize = 4;

#[derive(Debug, Clone, PartialEq)]
pub struct RoleState {
    pub path: String,
    /// To the second.
    pub created: Timestamp,
    pub trust: Value,
    /// The inline policy that txflow writes.
    pub policy: Option<Value>,
    /// Inline policies that somebody else wrote.
    pub other_policies: Vec<String>,
    /// ARNs of managed policies.
    pub attached_policies: Vec<String>,
    /// The ARN of the managed policy that bounds the role.
    pub boundary: Option<String>,
    pub tags: Tags,
}

impl RoleState {
    /// Whether the policy that txflow writes lets it invoke the versions of a function.
    pub fn may_invoke(&self, stack: &Stack, handler: &str) -> bool {
        let policy = self.policy.as_ref();
        policy.is_some_and(|policy| documents::permits_invocation(policy, stack, handler))
    }

    /// Whether the policy that txflow writes lets it start a version of another state machine.
    pub fn may_start(&self, stack: &Stack, machine: &MachineName, version: u64) -> bool {
        let policy = self.policy.as_ref();
        policy.is_some_and(|policy| documents::permits_start(policy, stack, machine, version))
    }
}

/// The region of the stage, if its state machine has a role of its own, which says so. `None` if that cannot be found out.
pub async fn region_of_stage(aws: &Aws, stack: &Stack) -> Option<String> {
    let role = get(aws, &stack.state_machine_role(&MachineName::Main))
        .await
        .ok()??;
    let tags = tags(role.tags());
    tags.get(REGION_TAG).filter(|_| stack.owns(&tags)).cloned()
}

/// The roles with these names, and all others under the stack's path.
pub(in crate::resources) async fn read_all(
    aws: &Aws,
    stack: &Stack,
    names: &BTreeSet<String>,
) -> Result<BTreeMap<String, RoleState>, AwsError> {
    if names.len() > EACH {
        match details(aws, stack, names).await {
            // What `txflow policy` printed for fewer functions does not allow it, and it saves calls and nothing else.
            Err(error) if error.class == Class::Denied => {}
            other => return other,
        }
    }
    let (listed, mut roles) = tokio::try_join!(
        list(aws, stack, names.is_empty()),
        each(names, |name| read(aws, name))
    )?;
    let others = listed.difference(names).cloned().collect();
    roles.extend(each(&others, |name| read(aws, name)).await?);
    // IAM finds roles without regard to case, and their own names tell whose they are.
    Ok(roles.into_values().collect())
}

/// All roles of the account, of which those of the stack are kept: a few calls, whatever the number of roles.
async fn details(
    aws: &Aws,
    stack: &Stack,
    names: &BTreeSet<String>,
) -> Result<BTreeMap<String, RoleState>, AwsError> {
    let mut roles = BTreeMap::new();
    let mut pages = aws
        .iam
        .get_account_authorization_details()
        .filter(EntityType::Role)
        .max_items(1000)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed("GetAccountAuthorizationDetails"))?;
        for role in page.role_detail_list() {
            let name = role.role_name().unwrap_or_default();
            let mut asked = names.iter();
            if asked.any(|asked| asked.eq_ignore_ascii_case(name))
                || role.path() == Some(&stack.role_path())
            {
                roles.insert(name.to_owned(), detailed(role));
            }
        }
    }
    Ok(roles)
}

fn detailed(role: &RoleDetail) -> RoleState {
    let inline = role.role_policy_list().iter();
    let (own, others): (Vec<_>, Vec<_>) =
        inline.partition(|policy| policy.policy_name() == Some(POLICY));
    let attached = role.attached_managed_policies().iter();
    RoleState {
        path: role.path().unwrap_or_default().to_owned(),
        created: role.create_date().map_or(Timestamp::UNIX_EPOCH, timestamp),
        trust: document(role.assume_role_policy_document()),
        policy: own.first().map(|policy| document(policy.policy_document())),
        other_policies: others
            .iter()
            .filter_map(|policy| policy.policy_name.clone())
            .collect(),
        attached_policies: attached
            .filter_map(|policy| policy.policy_arn.clone())
            .collect(),
        boundary: boundary(role.permissions_boundary()),
        tags: tags(role.tags()),
    }
}

/// One role with its policies and tags, all reads at once. IAM has no call for all of that, except for all roles of the
/// account.
async fn read(aws: &Aws, name: &str) -> Result<Option<(String, RoleState)>, AwsError> {
    let (role, policy, inline, attached) = tokio::try_join!(
        get(aws, name),
        policy(aws, name),
        inline_policies(aws, name),
        attached_policies(aws, name),
    )?;
    Ok(role.map(|role| {
        let state = RoleState {
            path: role.path().to_owned(),
            created: timestamp(role.create_date()),
            trust: document(role.assume_role_policy_document()),
            policy,
            other_policies: inline.into_iter().filter(|name| name != POLICY).collect(),
            attached_policies: attached,
            boundary: boundary(role.permissions_boundary()),
            tags: tags(role.tags()),
        };
        (role.role_name, state)
    }))
}

fn boundary(boundary: Option<&AttachedPermissionsBoundary>) -> Option<String> {
    boundary?.permissions_boundary_arn.clone()
}

fn tags(tags: &[Tag]) -> Tags {
    tags.iter()
        .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
        .collect()
}

/// The names of all roles under the stack's path.
async fn list(
    aws: &Aws,
    stack: &Stack,
    others_make_all: bool,
) -> Result<BTreeSet<String>, AwsError> {
    let mut roles = BTreeSet::new();
    let mut pages = aws
        .iam
        .list_roles()
        .path_prefix(stack.role_path())
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = match page.map_err(failed("ListRoles")) {
            // Who may not do anything with roles has made none.
            Err(error) if error.class == Class::Denied && others_make_all => break,
            page => page?,
        };
        roles.extend(page.roles().iter().map(|role| role.role_name().to_owned()));
    }
    Ok(roles)
}

pub(super) async fn get(aws: &Aws, name: &str) -> Result<Option<Role>, AwsError> {
    let answer = aws.iam.get_role().role_name(name).send().await;
    Ok(found(answer.map_err(failed("GetRole")))?.and_then(|answer| answer.role))
}

pub(super) async fn policy(aws: &Aws, name: &str) -> Result<Option<Value>, AwsError> {
    inline_policy(aws, name, POLICY).await
}

pub(super) async fn inline_policy(
    aws: &Aws,
    role: &str,
    policy: &str,
) -> Result<Option<Value>, AwsError> {
    let answer = aws
        .iam
        .get_role_policy()
        .role_name(role)
        .policy_name(policy);
    let answer = found(answer.send().await.map_err(failed("GetRolePolicy")))?;
    Ok(answer.map(|answer| document(Some(answer.policy_document()))))
}

pub(super) async fn inline_policies(aws: &Aws, name: &str) -> Result<Vec<String>, AwsError> {
    let mut names = Vec::new();
    let mut pages = aws
        .iam
        .list_role_policies()
        .role_name(name)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let Some(page) = found(page.map_err(failed("ListRolePolicies")))? else {
            break;
        };
        names.extend(page.policy_names().iter().cloned());
    }
    Ok(names)
}

pub(super) async fn attached_policies(aws: &Aws, name: &str) -> Result<Vec<String>, AwsError> {
    let mut arns = Vec::new();
    let mut pages = aws
        .iam
        .list_attached_role_policies()
        .role_name(name)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let Some(page) = found(page.map_err(failed("ListAttachedRolePolicies")))? else {
            break;
        };
        let attached = page.attached_policies().iter();
        arns.extend(attached.filter_map(|policy| policy.policy_arn.clone()));
    }
    Ok(arns)
}

/// IAM returns documents percent-encoded. One that cannot be decoded differs from every document.
fn document(encoded: Option<&str>) -> Value {
    let decoded =
        encoded.map(|text| percent_encoding::percent_decode_str(text).decode_utf8_lossy());
    decoded
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or(Value::Null)
}
