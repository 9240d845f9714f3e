//! Plans, made for small stacks and carried out on a model of AWS.
mod attributes;
mod cloud;
mod convergence;
mod crashes;
mod deploys;
mod families;
mod foreign;
mod permissions;
mod pruning;
mod removals;
mod rollbacks;
mod transitions;
mod triggers;
mod waves;

use std::collections::BTreeMap;

pub(crate) use cloud::Cloud;
pub(crate) use triggers::triggered;

use super::{Plan, Reason};
use crate::config::Deployment;
use crate::resources::{Desired, sample};

/// A `deploy.toml` and the code beside it, as a test changes them.
pub(crate) struct Project {
    deployment: Deployment,
    code: BTreeMap<String, String>,
}

impl Project {
    pub(crate) fn new() -> Self {
        Self {
            deployment: sample::deployment(),
            code: BTreeMap::new(),
        }
    }

    pub(crate) fn with(change: impl FnOnce(&mut Deployment)) -> Self {
        Self::new().and(change)
    }

    pub(crate) fn and(mut self, change: impl FnOnce(&mut Deployment)) -> Self {
        change(&mut self.deployment);
        self
    }

    pub(crate) fn code(mut self, handler: &str, code: &str) -> Self {
        self.code.insert(handler.to_owned(), code.to_owned());
        self
    }

    /// With a state machine beside the main one that calls these functions and starts these state machines.
    pub(crate) fn beside(self, name: &str, calls: &[&str]) -> Self {
        self.and(|deployment| {
            let machines = &mut deployment.state_machines;
            let mut machine = machines.main.clone();
            machine.definition = sample::definition(calls);
            machines.named.insert(name.to_owned(), machine);
        })
    }

    /// With a main state machine that calls these functions and starts these state machines.
    pub(crate) fn calling(self, calls: &[&str]) -> Self {
        self.and(|deployment| {
            deployment.state_machines.main.definition = sample::definition(calls);
        })
    }

    pub(crate) fn without(self, handler: &str) -> Self {
        self.and(|deployment| {
            deployment.functions.remove(handler);
            let left: Vec<&str> = deployment.functions.keys().map(String::as_str).collect();
            deployment.state_machines.main.definition = sample::definition(&left);
        })
    }

    pub(crate) fn desired(&self) -> Desired {
        sample::desired(&self.deployment, &self.code)
    }

    pub(crate) fn first_plan(&self) -> Plan {
        Cloud::default().plan(&self.desired())
    }

    /// AWS after a first deploy of this.
    pub(crate) fn deployed(&self) -> Cloud {
        let mut cloud = Cloud::default();
        cloud.deploy(&self.desired());
        cloud
    }
}

/// The operations of a plan and what they work on, such as `CreateRole shop-dev-buy`.
fn operations(plan: &Plan) -> Vec<String> {
    let steps = plan.steps.iter();
    steps
        .map(|step| format!("{} {}", step.operation.spec().operation, step.resource.name))
        .collect()
}

/// The changed attributes that a plan gives as reasons, such as `memory: 128 → 256`.
fn changes(plan: &Plan) -> Vec<String> {
    let reasons = plan.steps.iter().flat_map(|step| &step.reasons);
    reasons
        .filter_map(|reason| match reason {
            Reason::Changed {
                attribute,
                old,
                new,
            } => {
                let shown = |value: &Option<String>| value.clone().unwrap_or("-".to_owned());
                Some(format!("{attribute}: {} → {}", shown(old), shown(new)))
            }
            Reason::DocumentChanged { document, .. } => Some(document.to_string()),
            Reason::Failed { cause } => Some(format!("failed: {cause}")),
            Reason::Unpublished => Some("unpublished".to_owned()),
            Reason::NotLive { live, release } => {
                let live = live.as_deref().unwrap_or("none");
                let release = release
                    .map_or("the current one is not published".to_owned(), |release| {
                        format!("release {release} is")
                    });
                Some(format!("not live: {live}, {release}"))
            }
            Reason::Release { old, .. } => Some(format!("live: {}", old.clone()?)),
            _ => None,
        })
        .collect()
}
