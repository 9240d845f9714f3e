//! Reads a role that txflow did not make.

use futures_util::future::try_join_all;
use serde_json::Value;
use txflow_asl::Arn;

use super::observe::{attached_policies, get, inline_policies, inline_policy};
use crate::aws::{Aws, AwsError, Class};

/// A role, whoever created it.
#[derive(Debug, Clone, PartialEq)]
pub struct ExistingRole {
    pub name: String,
    /// `/` if it has none.
    pub path: String,
    /// The ARN of the managed policy that bounds it.
    pub boundary: Option<String>,
    /// Its inline policies.
    pub policies: Vec<Value>,
    /// The ARNs of managed policies.
    pub managed: Vec<String>,
}

/// Reads a role; `None` if it does not exist, or if the caller may not read it.
///
/// # Errors
///
/// The first read that fails otherwise.
pub async fn existing_role(aws: &Aws, arn: &str) -> Result<Option<ExistingRole>, AwsError> {
    let name = Arn::parse(arn).map_or(arn, |arn| arn.name());
    match read(aws, name).await {
        Err(error) if error.class == Class::Denied => Ok(None),
        other => other,
    }
}

async fn read(aws: &Aws, name: &str) -> Result<Option<ExistingRole>, AwsError> {
    let policies = async {
        let names = inline_policies(aws, name).await?;
        let read = names.iter().map(|policy| inline_policy(aws, name, policy));
        let read = try_join_all(read).await?;
        Ok(read.into_iter().flatten().collect())
    };
    let (role, policies, managed) =
        tokio::try_join!(get(aws, name), policies, attached_policies(aws, name))?;
    Ok(role.map(|role| ExistingRole {
        name: role.role_name().to_owned(),
        path: role.path().to_owned(),
        boundary: { role.permissions_boundary() }
            .and_then(|boundary| boundary.permissions_boundary_arn.clone()),
        policies,
        managed,
    }))
}
