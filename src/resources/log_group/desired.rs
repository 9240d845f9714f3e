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
    let machines = deployment.state_machines.iter();
    let logging = machines.filter(|(_, config)| config.logs_are_on());
    let state_machines = logging.map(|(machine, config)| LogGroup {
        name: stack.state_machine_log_group(&machine),
        retention: config.log_retention,
        kms_key: config.log_kms_key.clone(),
        tags: tags.clone(),
    });
    functions
        .chain(state_machines)
        .map(|group| (group.name.clone(), group))
        .collect()
}
