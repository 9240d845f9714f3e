//! Why there is no plan.

use super::foreign::{self, Foreign};
use crate::config::with_commas;
use crate::exit::{Advice, variant};
use crate::resources::{LONGEST_POLICY, Resource};

/// A change that a plan must not make.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Resources that have a name of the stack but do not belong to it. They are never changed.
    #[error("{}", foreign::told(.0))]
    Foreign(Vec<Foreign>),
    /// IAM has no room for two roles whose names differ only in case.
    #[error("role `{wanted}` cannot be created while role `{held}` exists")]
    OtherCase { wanted: String, held: String },
    /// IAM has no regions, so the stage has the same roles in each.
    #[error("{} {} to this stage in {region}", list(.roles), verb(.roles, "belongs", "belong"))]
    OtherRegion {
        roles: Vec<Resource>,
        region: String,
    },
    /// A role cannot move to another path.
    #[error("{} {} to this stage under the path `{path}`", list(.roles), verb(.roles, "belongs", "belong"))]
    OtherPath { roles: Vec<Resource>, path: String },
    /// Somebody shifts the traffic from one release to another.
    #[error("`live` is split between releases, {live}, and a deploy would end that")]
    Split { live: String },
    /// A release is being tried out.
    #[error("a canary splits `live` between releases, {live}, and a deploy would end that")]
    InCanary {
        live: String,
        /// The commands.
        promote: String,
        abort: String,
        status: String,
    },
    #[error(
        "the policy of role `{role}` has {} characters, and IAM accepts {}",
        with_commas(*characters), with_commas(LONGEST_POLICY)
    )]
    PolicyTooLong { role: String, characters: usize },
    /// Lambda accepts it, and the function would fail when it starts.
    #[error(
        "layer `{layer}` of `{handler}` supports {supported}, and the functions are {architecture}"
    )]
    OtherArchitecture {
        handler: String,
        layer: String,
        supported: String,
        architecture: &'static str,
    },
    /// AWS cannot change the type of a state machine.
    #[error("state machine `{name}` is {old} and cannot become {new}")]
    TypeChanged {
        name: String,
        old: &'static str,
        new: &'static str,
    },
}

impl Advice for Refusal {
    fn kind(&self) -> String {
        variant(self)
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Foreign(foreign) => foreign::hint(foreign),
            Self::OtherCase { .. } => {
                "choose a name that differs in more than case: IAM compares the names of roles without regard to case".to_owned()
            }
            Self::OtherRegion { region, .. } => {
                format!("use another `--stage` in this region, or destroy the stage in {region} first")
            }
            Self::OtherPath { .. } => {
                "IAM cannot move a role: set `[roles]` back, or destroy the stage with the former prefixes first".to_owned()
            }
            Self::Split { .. } => {
                "roll back first: that sends all executions to the older release, or with `--to` to another; or point `live` at one release by hand; then deploy again".to_owned()
            }
            Self::InCanary { promote, abort, status, .. } => {
                format!("end it first: `{promote}` sends all executions to the new release, `{abort}` to the old one; `{status}` compares them")
            }
            Self::PolicyTooLong { .. } => {
                "write fewer and wider statements in deploy.toml, with wildcards in their resources; one of the state machine replaces what it covers".to_owned()
            }
            Self::OtherArchitecture { .. } => {
                "name the layer for this architecture in `layers`, or set `[build] architecture`".to_owned()
            }
            Self::TypeChanged { .. } => {
                "AWS cannot change the type of a state machine: destroy the stage first, or use another `--stage`".to_owned()
            }
        })
    }
}

fn verb(resources: &[Resource], one: &'static str, several: &'static str) -> &'static str {
    if resources.len() == 1 { one } else { several }
}

fn list(resources: &[Resource]) -> String {
    let names: Vec<String> = resources.iter().map(Resource::to_string).collect();
    names.join(", ")
}
