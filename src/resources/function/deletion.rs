//! The Lambda calls that remove a function, or a version of it.

use super::permissions::{FUNCTIONS, LEAVE};
use super::settings::no_vpc;
use crate::apply::Executor;
use crate::policy::{Command, Permission};
use crate::resources::operation::{Effect, Executed, Operation, Spec, Words};

/// Takes a function out of its VPC before it is deleted.
#[derive(Debug)]
pub(crate) struct LeaveVpc {
    pub name: String,
}

pub(super) static LEAVE_VPC: Spec = Spec {
    operation: "UpdateFunctionConfiguration",
    effect: Effect::Update,
    words: Words::new("Detaching", "Detached"),
    part: Some("VPC"),
    permissions: LEAVE,
};

impl Operation for LeaveVpc {
    fn spec(&self) -> &'static Spec {
        &LEAVE_VPC
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        let request = executor.aws.lambda.update_function_configuration();
        // Lambda refuses to take a function out of its VPC that mounts a file system.
        let request = request
            .function_name(&self.name)
            .vpc_config(no_vpc())
            .set_file_system_configs(Some(Vec::new()));
        executor.run_removal(self, move || request.clone().send())
    }
}

#[derive(Debug)]
pub(crate) struct DeleteFunctionVersion {
    pub name: String,
    pub version: String,
}

pub(super) static DELETE_FUNCTION_VERSION: Spec = Spec {
    operation: "DeleteFunction",
    effect: Effect::Update,
    words: Words::DELETE,
    part: None,
    permissions: &[Permission::new(
        "lambda:DeleteFunction",
        &FUNCTIONS,
        Command::REMOVE,
    )],
};

impl Operation for DeleteFunctionVersion {
    fn spec(&self) -> &'static Spec {
        &DELETE_FUNCTION_VERSION
    }

    fn part(&self) -> Option<String> {
        Some(format!("version {}", self.version))
    }

    fn removed_version(&self) -> Option<String> {
        Some(self.version.clone())
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        let request = executor
            .aws
            .lambda
            .delete_function()
            .function_name(&self.name)
            .qualifier(&self.version);
        executor.run_removal(self, move || request.clone().send())
    }
}

/// Deletes the function with its versions.
#[derive(Debug)]
pub(crate) struct DeleteFunction {
    pub name: String,
}

pub(super) static DELETE_FUNCTION: Spec = Spec {
    operation: "DeleteFunction",
    effect: Effect::Delete,
    words: Words::DELETE,
    part: None,
    permissions: &[Permission::new(
        "lambda:DeleteFunction",
        &FUNCTIONS,
        Command::REMOVE,
    )],
};

impl Operation for DeleteFunction {
    fn spec(&self) -> &'static Spec {
        &DELETE_FUNCTION
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        let request = executor.aws.lambda.delete_function();
        let request = request.function_name(&self.name);
        executor.run_removal(self, move || request.clone().send())
    }
}
