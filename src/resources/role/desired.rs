//! Deployment → the desired roles.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::documents::{
    LONGEST_POLICY, characters, function_policy, function_trust, state_machine_policy,
    state_machine_trust,
};
use crate::config::{Deployment, MachineName};
use crate::plan::Refusal;
use crate::resources::state_machine;
use crate::stack::{Members, Stack, Tags};

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

/// The roles that txflow makes.
pub fn roles(deployment: &Deployment, stack: &Stack) -> BTreeMap<String, Role> {
    let own: BTreeSet<String> = stack.own_roles(&Members::of(deployment)).collect();
    let needed = needed(deployment, stack).into_iter();
    needed
        .map(|(_, role)| role)
        .filter(|role| own.contains(&role.name))
        .map(|role| (role.name.clone(), role))
        .collect()
}

/// What the roles that others made need, by their ARNs: what txflow's own would be.
pub fn roles_of_others(deployment: &Deployment, stack: &Stack) -> Vec<(String, Role)> {
    let own: BTreeSet<String> = stack.own_roles(&Members::of(deployment)).collect();
    let mut needed = needed(deployment, stack);
    needed.retain(|(_, role)| !own.contains(&role.name));
    needed
}

/// A role for each function and for each state machine, with the ARN of the role that is used.
fn needed(deployment: &Deployment, stack: &Stack) -> Vec<(String, Role)> {
    let role = |name: String, description: String, trust: Value, policy: Value| Role {
        name,
        path: stack.role_path(),
        description,
        trust,
        policy,
        boundary: deployment.permissions_boundary.clone(),
        tags: stack.role_tags(&deployment.tags),
    };
    let functions = deployment.functions.iter().map(|(handler, config)| {
        let role = role(
            stack.function_role(handler),
            format!("Lambda function {}", stack.function_name(handler)),
            function_trust(),
            function_policy(stack, handler, config),
        );
        (stack.function_role_arn(handler), role)
    });
    let children: Vec<MachineName> = deployment.state_machines.names().skip(1).collect();
    let state_machines = deployment.state_machines.iter().map(|(machine, config)| {
        let role = role(
            stack.state_machine_role(&machine),
            format!(
                "Step Functions state machine {}",
                stack.state_machine_name(&machine)
            ),
            state_machine_trust(stack, &machine),
            state_machine_policy(
                stack,
                &machine,
                deployment.functions.keys(),
                &children,
                &state_machine::settings(&machine, config, stack),
            ),
        );
        (stack.state_machine_role_arn(&machine), role)
    });
    functions.chain(state_machines).collect()
}
