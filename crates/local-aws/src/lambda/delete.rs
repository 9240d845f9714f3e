//! DeleteFunction: the whole function, or one version.

use std::sync::Arc;

use super::function::Function;
use super::name::FunctionName;
use super::{Lambda, conflict, invalid};
use crate::fault::Fault;
use crate::http::answer::Answer;

impl Lambda {
    pub(super) async fn delete_function(
        self: &Arc<Self>,
        name: &FunctionName,
    ) -> Result<Answer, Fault> {
        if name.qualifier.is_none() {
            self.keep_count(name).await?;
        }
        self.functions
            .change(|functions| {
                let function = functions.get(&name.arn).ok_or_else(|| name.missing())?;
                let Some(qualifier) = &name.qualifier else {
                    functions.remove(&name.arn);
                    return Ok(());
                };
                if qualifier == "$LATEST" {
                    return Err(invalid(
                        "$LATEST version cannot be deleted without deleting the function.",
                    ));
                }
                let Ok(number) = qualifier.parse::<u64>() else {
                    return Err(invalid("Deletion of aliases is not currently supported."));
                };
                let users: Vec<_> = function
                    .aliases
                    .iter()
                    .filter(|(_, alias)| {
                        alias.version == *qualifier || alias.additional.contains_key(qualifier)
                    })
                    .map(|(name, _)| name.as_str())
                    .collect();
                if !users.is_empty() {
                    return Err(conflict(format!(
                        "Unable to delete version because the following aliases reference it: [{}]",
                        users.join(", ")
                    )));
                }
                let mut function = Function::clone(function);
                // Deleting a version that does not exist succeeds.
                function.versions.remove(&number);
                functions.put(&name.arn, function);
                Ok(())
            })
            .await?;
        self.runner.retire(&name.arn, name.qualifier.as_deref());
        self.remove_unused_code();
        self.settle_interfaces(&name.arn).await?;
        Ok(Answer::no_content())
    }

    async fn keep_count(&self, name: &FunctionName) -> Result<(), Fault> {
        let function = self.functions.get(&name.arn);
        let next = function.ok_or_else(|| name.missing())?.next_version;
        self.deleted
            .change(|deleted| {
                deleted.put(&name.arn, next);
                Ok(())
            })
            .await
    }
}
