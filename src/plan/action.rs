//! What a step does: one AWS operation with all that it needs.

use std::collections::BTreeMap;

use serde_json::Value;

use super::ReleaseLabel;
use crate::build::Artifact;
use crate::config::{Architecture, Definition};
use crate::desired::{FunctionSettings, Role, Routing, StateMachineSettings, Tags};

/// One AWS operation, or the wait that AWS asks for between two. Named as AWS names it.
#[derive(Debug, Clone)]
pub enum Action {
    CreateRole(Role),
    UpdateAssumeRolePolicy {
        role: String,
        trust: Value,
    },
    PutRolePolicy {
        role: String,
        policy: Value,
    },
    DeleteRolePolicy {
        role: String,
        policy_name: String,
    },
    DetachRolePolicy {
        role: String,
        policy_arn: String,
    },
    TagRole {
        role: String,
        tags: Tags,
    },
    UntagRole {
        role: String,
        keys: Vec<String>,
    },
    DeleteRole {
        role: String,
    },

    CreateLogGroup {
        name: String,
        arn: String,
        tags: Tags,
    },
    PutRetentionPolicy {
        name: String,
        days: i32,
    },
    DeleteRetentionPolicy {
        name: String,
    },
    TagLogGroup {
        arn: String,
        tags: Tags,
    },
    UntagLogGroup {
        arn: String,
        keys: Vec<String>,
    },
    DeleteLogGroup {
        name: String,
    },

    /// Publishes version 1 in the same call.
    CreateFunction(Box<NewFunction>),
    UpdateFunctionConfiguration(Box<ConfigurationUpdate>),
    /// Publishes a version in the same call.
    UpdateFunctionCode(Box<CodeUpdate>),
    PublishVersion {
        handler: String,
        name: String,
        code_sha256: String,
    },
    /// Polls GetFunctionConfiguration until the function is ready.
    WaitForFunction {
        handler: String,
        name: String,
        /// Whether the version that the plan publishes is meant, or `$LATEST`.
        published: bool,
    },
    PutFunctionConcurrency {
        name: String,
        reserved: i32,
    },
    DeleteFunctionConcurrency {
        name: String,
    },
    TagFunction {
        arn: String,
        tags: Tags,
    },
    UntagFunction {
        arn: String,
        keys: Vec<String>,
    },
    DeleteFunctionVersion {
        name: String,
        version: String,
    },
    DeleteFunction {
        name: String,
    },

    /// Publishes version 1 in the same call.
    CreateStateMachine(Box<StateMachineRequest>),
    /// Publishes a version in the same call.
    UpdateStateMachine(Box<StateMachineRequest>),
    PublishStateMachineVersion {
        arn: String,
        revision_id: Option<String>,
        description: String,
        /// Of what is published, for the alias.
        digest: String,
    },
    TagStateMachine {
        arn: String,
        tags: Tags,
    },
    UntagStateMachine {
        arn: String,
        keys: Vec<String>,
    },
    CreateStateMachineAlias(AliasRequest),
    UpdateStateMachineAlias(AliasRequest),
    DeleteStateMachineVersion {
        arn: String,
    },
    StopExecution {
        arn: String,
    },
    DeleteStateMachine {
        arn: String,
    },
    /// Polls DescribeStateMachine until the deletion, which is asynchronous, is over.
    WaitForDeletion {
        arn: String,
    },
}

#[derive(Debug, Clone)]
pub struct NewFunction {
    pub handler: String,
    pub name: String,
    pub artifact: Artifact,
    pub settings: FunctionSettings,
    pub tags: Tags,
}

#[derive(Debug, Clone)]
pub struct ConfigurationUpdate {
    pub handler: String,
    pub name: String,
    pub settings: FunctionSettings,
    pub revision_id: Option<String>,
}

#[derive(Debug, Clone)]
pub struct CodeUpdate {
    pub handler: String,
    pub name: String,
    pub artifact: Artifact,
    /// Always sent: Lambda takes x86_64 where it is not.
    pub architecture: Architecture,
    pub revision_id: Option<String>,
}

#[derive(Debug, Clone)]
pub struct AliasRequest {
    pub state_machine_arn: String,
    pub release: ReleaseRef,
    /// What it leads to before: AWS may go on to show that for some seconds.
    pub before: Routing,
}

#[derive(Debug, Clone)]
pub struct StateMachineRequest {
    pub name: String,
    pub arn: String,
    /// Pseudo parameters are replaced when the request is made, with `account`'s values.
    pub definition: Definition,
    pub account: crate::desired::Account,
    /// By handler: the version ARNs that are known already. The others are those that earlier steps
    /// of the plan publish.
    pub pins: BTreeMap<String, String>,
    /// By handler: the ARNs to which the versions are added that those steps publish.
    pub function_arns: BTreeMap<String, String>,
    pub settings: StateMachineSettings,
    pub description: String,
    /// Empty on an update: tags are steps of their own.
    pub tags: Tags,
}

/// The release that the alias is to point at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReleaseRef {
    /// The one that an earlier step of the plan publishes.
    Published { origin: String },
    /// One that is there.
    Known(ReleaseLabel),
}

impl Action {
    /// The AWS operation, as the documentation and CloudTrail call it.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::CreateRole(_) => "CreateRole",
            Self::UpdateAssumeRolePolicy { .. } => "UpdateAssumeRolePolicy",
            Self::PutRolePolicy { .. } => "PutRolePolicy",
            Self::DeleteRolePolicy { .. } => "DeleteRolePolicy",
            Self::DetachRolePolicy { .. } => "DetachRolePolicy",
            Self::TagRole { .. } => "TagRole",
            Self::UntagRole { .. } => "UntagRole",
            Self::DeleteRole { .. } => "DeleteRole",
            Self::CreateLogGroup { .. } => "CreateLogGroup",
            Self::PutRetentionPolicy { .. } => "PutRetentionPolicy",
            Self::DeleteRetentionPolicy { .. } => "DeleteRetentionPolicy",
            Self::TagLogGroup { .. } | Self::TagFunction { .. } | Self::TagStateMachine { .. } => {
                "TagResource"
            }
            Self::UntagLogGroup { .. }
            | Self::UntagFunction { .. }
            | Self::UntagStateMachine { .. } => "UntagResource",
            Self::DeleteLogGroup { .. } => "DeleteLogGroup",
            Self::CreateFunction(_) => "CreateFunction",
            Self::UpdateFunctionConfiguration(_) => "UpdateFunctionConfiguration",
            Self::UpdateFunctionCode(_) => "UpdateFunctionCode",
            Self::PublishVersion { .. } => "PublishVersion",
            Self::WaitForFunction { .. } => "GetFunctionConfiguration",
            Self::PutFunctionConcurrency { .. } => "PutFunctionConcurrency",
            Self::DeleteFunctionConcurrency { .. } => "DeleteFunctionConcurrency",
            Self::DeleteFunctionVersion { .. } | Self::DeleteFunction { .. } => "DeleteFunction",
            Self::CreateStateMachine(_) => "CreateStateMachine",
            Self::UpdateStateMachine(_) => "UpdateStateMachine",
            Self::PublishStateMachineVersion { .. } => "PublishStateMachineVersion",
            Self::CreateStateMachineAlias(_) => "CreateStateMachineAlias",
            Self::UpdateStateMachineAlias(_) => "UpdateStateMachineAlias",
            Self::DeleteStateMachineVersion { .. } => "DeleteStateMachineVersion",
            Self::StopExecution { .. } => "StopExecution",
            Self::DeleteStateMachine { .. } => "DeleteStateMachine",
            Self::WaitForDeletion { .. } => "DescribeStateMachine",
        }
    }

    /// Whether a release is published, after which there is one more.
    pub fn publishes_release(&self) -> bool {
        matches!(
            self,
            Self::CreateStateMachine(_)
                | Self::UpdateStateMachine(_)
                | Self::PublishStateMachineVersion { .. }
        )
    }
}
