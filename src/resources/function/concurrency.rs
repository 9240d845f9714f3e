//! The Lambda calls for a function's reserved concurrency.

use super::permissions::FUNCTIONS;
use crate::apply::Executor;
use crate::policy::{Command, Permission};
use crate::resources::operation::{Effect, Executed, Operation, Spec, Words};

#[derive(Debug)]
pub(crate) struct PutFunctionConcurrency {
    pub name: String,
    pub reserved: i32,
}

pub(super) static PUT_FUNCTION_CONCURRENCY: Spec = Spec {
    operation: "PutFunctionConcurrency",
    effect: Effect::Update,
    words: Words::WRITE,
    part: Some("reserved concurrency"),
    permissions: &[Permission::new(
        "lambda:PutFunctionConcurrency",
        &FUNCTIONS,
        Command::WRITE,
    )],
};

impl Operation for PutFunctionConcurrency {
    fn spec(&self) -> &'static Spec {
        &PUT_FUNCTION_CONCURRENCY
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        let request = executor
            .aws
            .lambda
            .put_function_concurrency()
            .function_name(&self.name)
            .reserved_concurrent_executions(self.reserved);
        executor.run(self, move || request.clone().send())
    }
}

#[derive(Debug)]
pub(crate) struct DeleteFunctionConcurrency {
    pub name: String,
}

pub(super) static DELETE_FUNCTION_CONCURRENCY: Spec = Spec {
    operation: "DeleteFunctionConcurrency",
    effect: Effect::Update,
    words: Words::DELETE,
    part: Some("reserved concurrency"),
    permissions: &[Permission::new(
        "lambda:DeleteFunctionConcurrency",
        &FUNCTIONS,
        Command::WRITE,
    )],
};

impl Operation for DeleteFunctionConcurrency {
    fn spec(&self) -> &'static Spec {
        &DELETE_FUNCTION_CONCURRENCY
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        let lambda = &executor.aws.lambda;
        let request = lambda
            .delete_function_concurrency()
            .function_name(&self.name);
        executor.run(self, move || request.clone().send())
    }
}
