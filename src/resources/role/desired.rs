//! Deployment → the desired roles.

use std::collections::BTreeMap;

use serde_json::Value;

use super::documents::{
    LONGEST_POLICY, characters, function_policy, function_trust, state_machine_policy,
    state_machine_trust,
};
use crate::config::Deployment;
use crate::plan::Refusal;
use crate::resources::state_machine;
use crate::stack::{Stack, Tags};

#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    pub name: String,
    pub path: String,
    pub description: String,
    pub trust: Value,
    /// The only inline policy.
    pub policy: Value,
    /// The ARN of the managed policy that bounds what the role may do.
    pub boundary: Option<String>,
    pub tags: Tags,
}

impl Role {
    /// Checks what IAM would refuse.
    ///
    /// # Errors
    ///
    /// [`Refusal::PolicyTooLong`].
    pub fn check(&self) -> Result<(), Refusal> {
        let characters = characters(&self.policy);
        if characters <= LONGEST_POLICY {
            return Ok(());
        }
        Err(Refusal::PolicyTooLong {
            role: self.name.clone(),
            characters,
        })
    }
}

pub fn roles(deployment: &Deployment, stack: &Stack) -> BTreeMap<String, Role> {
    let tags = stack.role_tags(&deployment.tags);
    let functions = deployment.functions.iter().map(|(handler, config)| Role {
        name: stack.function_name(handler),
        path: stack.role_path(),
        description: format!("Lambda function {}", stack.function_name(handler)),
        trust: function_trust(),
        policy: function_policy(stack, handler, config),
        boundary: deployment.permissions_boundary.clone(),
        tags: tags.clone(),
    });
    let state_machine = Role {
        name: stack.state_machine_role(),
        path: stack.role_path(),
        description: format!(
            "Step Functions state machine {}",
            stack.state_machine_name()
        ),
        trust: state_machine_trust(stack),
        policy: state_machine_policy(
            stack,
            deployment.functions.keys(),
            &state_machine::settings(deployment, stack),
        ),
        boundary: deployment.permissions_boundary.clone(),
        tags: tags.clone(),
    };
    functions
        .chain([state_machine])
        .map(|role| (role.name.clone(), role))
        .collect()
}
