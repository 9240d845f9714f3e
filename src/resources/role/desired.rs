//! Deployment → the desired roles.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::documents::{
    LONGEST_POLICY, characters, function_statements, function_trust, state_machine_statements,
    state_machine_trust,
};
use super::statement::{Statement, document};
use super::triggers::{trigger_statements, trigger_trust};
use crate::config::{Deployment, MachineName};
use crate::plan::Refusal;
use crate::resources::{StateMachine, state_machine};
use crate::stack::{Members, Stack, Tags};

#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    pub name: String,
    pub path: String,
    pub description: String,
    pub trust: Value,
    /// What it may do, and why.
    pub statements: Vec<Statement>,
    /// The same as IAM has it: the only inline policy, which the role lacks if there are no statements.
    pub policy: Value,
    /// The ARN of the managed policy that bounds what the role may do.
    pub boundary: Option<String>,
    pub tags: Tags,
}

impl Role {
    /// The same role with these statements.
    pub(super) fn allowing(&self, statements: Vec<Statement>) -> Self {
        Self {
            policy: document(&statements),
            statements,
            ..self.clone()
        }
    }

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
    let own: BTreeSet<String> = stack
        .own_roles(&Members::of(&deployment.stack_config()))
        .collect();
    let needed = needed(deployment, stack).into_iter();
    needed
        .map(|(_, role)| role)
        .filter(|role| own.contains(&role.name))
        .map(|role| (role.name.clone(), role))
        .collect()
}

/// What the roles that others made need, by their ARNs: what txflow's own would be.
pub fn roles_of_others(deployment: &Deployment, stack: &Stack) -> Vec<(String, Role)> {
    let own: BTreeSet<String> = stack
        .own_roles(&Members::of(&deployment.stack_config()))
        .collect();
    let mut needed = needed(deployment, stack);
    needed.retain(|(_, role)| !own.contains(&role.name));
    needed
}

/// A role for each function, for each state machine and for the triggers, with the ARN of the role that is used.
fn needed(deployment: &Deployment, stack: &Stack) -> Vec<(String, Role)> {
    let role = |name: String, description: String, trust, statements: Vec<Statement>| Role {
        name,
        path: stack.role_path(),
        description,
        trust,
        policy: document(&statements),
        statements,
        boundary: deployment.permissions_boundary.clone(),
        tags: stack.role_tags(&deployment.tags),
    };
    let functions = deployment.functions.iter().map(|(handler, config)| {
        let role = role(
            stack.function_role(handler),
            format!("Lambda function {}", stack.function_name(handler)),
            function_trust(),
            function_statements(stack, handler, config),
        );
        (stack.function_role_arn(handler), role)
    });
    let state_machines = state_machine::state_machines(deployment, stack);
    let state_machines = state_machines.iter().map(|(machine, wanted)| {
        let handlers = called(deployment, wanted);
        let role = role(
            stack.state_machine_role(&machine),
            format!("Step Functions state machine {}", wanted.name),
            state_machine_trust(stack, &machine),
            state_machine_statements(stack, handlers.iter(), wanted, &[]),
        );
        (stack.state_machine_role_arn(&machine), role)
    });
    let triggers = (!deployment.triggers.is_empty()).then(|| {
        let role = role(
            stack.triggers_role(),
            format!(
                "Triggers of Step Functions state machine {}",
                stack.state_machine_name(&MachineName::Main)
            ),
            trigger_trust(stack),
            trigger_statements(stack, deployment.triggers.values()),
        );
        (stack.role_arn(&role.name), role)
    });
    functions.chain(state_machines).chain(triggers).collect()
}

/// The functions that a state machine may invoke: the main one all of the stack, the others those that they name.
fn called(deployment: &Deployment, wanted: &StateMachine) -> BTreeSet<String> {
    let functions = deployment.functions.keys().cloned();
    match wanted.machine {
        MachineName::Main => functions.collect(),
        MachineName::Named(_) => {
            let names = wanted.definition.names();
            functions
                .filter(|handler| names.contains(handler))
                .collect()
        }
    }
}
