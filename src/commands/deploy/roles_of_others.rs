//! The roles that others make, in the embedded AWS, where nobody else is.

use anyhow::Result;
use serde_json::json;
use txflow_asl::Arn;

use crate::aws::{AwsError, Class, failed, found};
use crate::commands::context::Session;
use crate::resources::{self, Role};

/// Creates the roles that `role` in deploy.toml names, with what txflow's own would be allowed. In a real account others
/// have made them.
pub(super) async fn make_roles_of_others(session: &Session) -> Result<()> {
    let needed = resources::roles_of_others(&session.deployment, &session.stack);
    for (arn, role) in needed {
        if let Some(arn) = Arn::parse(&arn) {
            make(session, &arn, &role).await?;
        }
    }
    Ok(())
}

async fn make(session: &Session, arn: &Arn<'_>, needed: &Role) -> Result<(), AwsError> {
    let resource = arn.resource.strip_prefix("role").unwrap_or(arn.resource);
    let (path, name) = resource.rsplit_once('/').unwrap_or(("", resource));
    // Functions and the state machine may share a role.
    let services = ["lambda.amazonaws.com", "states.amazonaws.com"];
    let trust = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow",
        "Principal": { "Service": services },
        "Action": "sts:AssumeRole",
    } });
    let iam = &session.aws.iam;
    let created = iam
        .create_role()
        .role_name(name)
        .path(format!("{path}/"))
        .assume_role_policy_document(trust.to_string())
        .send()
        .await
        .map_err(failed("CreateRole"));
    match created {
        // A server that limits its callers keeps what it has.
        Err(error) if error.class == Class::Denied => return Ok(()),
        Err(error) if error.class == Class::AlreadyExists => {}
        created => drop(created?),
    }
    // Each has its own policy in it.
    if needed.statements.is_empty() {
        let delete = iam.delete_role_policy().role_name(name);
        let deleted = delete.policy_name(&needed.name).send().await;
        found(deleted.map_err(failed("DeleteRolePolicy")))?;
        return Ok(());
    }
    let put = iam.put_role_policy().role_name(name);
    let put = put
        .policy_name(&needed.name)
        .policy_document(needed.policy.to_string());
    put.send().await.map_err(failed("PutRolePolicy"))?;
    Ok(())
}
