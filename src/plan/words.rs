//! What a step is called on the screen.

use serde::Serialize;

use super::{Action, Step};

/// `Creating`, `Created` and ``role `x` ``: the words for a step, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepName {
    /// The AWS operation.
    pub operation: &'static str,
    #[serde(skip)]
    pub doing: &'static str,
    #[serde(skip)]
    pub done: &'static str,
    pub object: String,
}

impl Step {
    pub fn name(&self) -> StepName {
        let resource = &self.resource;
        let of = |part: &str| format!("{part} of {resource}");
        let whole = resource.to_string();
        let (doing, done, object) = match &self.action {
            Action::CreateRole(_)
            | Action::CreateLogGroup { .. }
            | Action::CreateFunction(_)
            | Action::CreateStateMachine(_)
            | Action::CreateStateMachineAlias(_) => ("Creating", "Created", whole),
            Action::UpdateAssumeRolePolicy { .. } => ("Updating", "Updated", of("trust policy")),
            Action::PutRolePolicy { .. } => ("Writing", "Wrote", of("policy")),
            Action::PutRolePermissionsBoundary { .. } => {
                ("Writing", "Wrote", of("permissions boundary"))
            }
            Action::DeleteRolePermissionsBoundary { .. } => {
                ("Deleting", "Deleted", of("permissions boundary"))
            }
            Action::DeleteRolePolicy { policy_name, .. } => (
                "Deleting",
                "Deleted",
                of(&format!("policy `{policy_name}`")),
            ),
            Action::DetachRolePolicy { policy_arn, .. } => (
                "Detaching",
                "Detached",
                of(&format!("policy `{policy_arn}`")),
            ),
            Action::TagRole { .. }
            | Action::TagLogGroup { .. }
            | Action::TagFunction { .. }
            | Action::TagStateMachine { .. } => ("Tagging", "Tagged", whole),
            Action::UntagRole { .. }
            | Action::UntagLogGroup { .. }
            | Action::UntagFunction { .. }
            | Action::UntagStateMachine { .. } => ("Untagging", "Untagged", whole),
            Action::PutRetentionPolicy { .. } => ("Writing", "Wrote", of("retention")),
            Action::DeleteRetentionPolicy { .. } => ("Deleting", "Deleted", of("retention")),
            Action::UpdateFunctionConfiguration(_) => ("Updating", "Updated", of("configuration")),
            Action::UpdateFunctionCode(_) => ("Updating", "Updated", of("code")),
            Action::PublishVersion { .. } => ("Publishing", "Published", of("a version")),
            Action::WaitForFunction { .. } => ("Waiting", "Ready", whole),
            Action::PutFunctionConcurrency { .. } => {
                ("Writing", "Wrote", of("reserved concurrency"))
            }
            Action::DeleteFunctionConcurrency { .. } => {
                ("Deleting", "Deleted", of("reserved concurrency"))
            }
            Action::DeleteFunctionVersion { version, .. } => {
                ("Deleting", "Deleted", of(&format!("version {version}")))
            }
            Action::UpdateStateMachine(_) => ("Updating", "Updated", whole),
            Action::PublishStateMachineVersion { .. } => {
                ("Publishing", "Published", of("a version"))
            }
            Action::UpdateStateMachineAlias(_) => ("Moving", "Moved", whole),
            Action::DeleteStateMachineVersion { arn } => {
                let version = arn.rsplit(':').next().unwrap_or(arn);
                ("Deleting", "Deleted", of(&format!("version {version}")))
            }
            Action::StopExecution { arn } => {
                let name = arn.rsplit(':').next().unwrap_or(arn);
                ("Stopping", "Stopped", of(&format!("execution `{name}`")))
            }
            Action::DeleteRole { .. }
            | Action::DeleteLogGroup { .. }
            | Action::DeleteFunction { .. }
            | Action::DeleteStateMachine { .. } => ("Deleting", "Deleted", whole),
            Action::WaitForDeletion { .. } => ("Waiting", "Gone", whole),
        };
        StepName {
            operation: self.action.operation(),
            doing,
            done,
            object,
        }
    }
}
