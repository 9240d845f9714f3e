//! The permissions boundary of a role: the most that it may do, whatever its policies say.

use super::{Iam, no_such_entity, required};
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;

impl Iam {
    pub(super) async fn put_role_permissions_boundary(&self, call: &Call) -> Result<Answer, Fault> {
        required(call, "PermissionsBoundary", "permissionsBoundary")?;
        let boundary = self.boundary(call)?;
        self.edit_role(call, |role| {
            role.permissions_boundary = boundary;
            Ok(())
        })
        .await?;
        Ok(Answer::xml_done())
    }

    pub(super) async fn delete_role_permissions_boundary(
        &self,
        call: &Call,
    ) -> Result<Answer, Fault> {
        self.edit_role(call, |role| match role.permissions_boundary.take() {
            Some(_) => Ok(()),
            None => Err(no_such_entity(format!(
                "Role {} does not have a permissions boundary.",
                role.name
            ))),
        })
        .await?;
        Ok(Answer::xml_done())
    }

    /// The boundary that the call sets, which must exist.
    pub(super) fn boundary(&self, call: &Call) -> Result<Option<String>, Fault> {
        let Some(arn) = call.form.get("PermissionsBoundary") else {
            return Ok(None);
        };
        Constraints::default()
            .length("permissionsBoundary", arn, 20, 2048)
            .check("ValidationError")?;
        if self.has_policy(arn) {
            return Ok(Some(arn.to_owned()));
        }
        let message = format!("Scope ARN: {arn} does not exist or is not attachable.");
        Err(no_such_entity(message))
    }
}
