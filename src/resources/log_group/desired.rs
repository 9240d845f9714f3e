//! Deployment → the desired log groups.

use std::collections::BTreeMap;

use crate::config::Deployment;
use crate::stack::{Stack, Tags};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogGroup {
    pub name: String,
    /// Days; `None` keeps logs forever.
    pub retention: Option<i32>,
    /// The ARN of the key that encrypts the logs.
    pub kms_key: Option<String>,
    pub tags: Tags,
}

pub(in crate::resources) fn log_groups(
    deployment: &Deployment,
    stack: &Stack,
) -> BTreeMap<String, LogGroup> {
    let tags = stack.tags(&deployment.tags);
    let functions = deployment
        .functions
        .iter()
        .map(|(handler, config)| LogGroup {
            name: stack.function_log_group(handler),
            retention: config.log_retention,
            kms_key: config.log_kms_key.clone(),
            tags: tags.clone(),
        });
    let state_machine = deployment.state_machine.logs_are_on().then(|| LogGroup {
        name: stack.state_machine_log_group(),
        retention: deployment.state_machine.log_retention,
        kms_key: deployment.state_machine.log_kms_key.clone(),
        tags: tags.clone(),
    });
    functions
        .chain(state_machine)
        .map(|group| (group.name.clone(), group))
        .collect()
}
