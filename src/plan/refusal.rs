//! Why there is no plan.

use crate::resources::Resource;

/// What a plan must not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Resources that carry a name of the stack and are not its own. They are never touched.
    #[error("{} exists already and does not belong to this stack", list(.0))]
    Foreign(Vec<Resource>),
    /// AWS cannot change the type of a state machine.
    #[error("state machine `{name}` is {old} and cannot become {new}")]
    TypeChanged {
        name: String,
        old: &'static str,
        new: &'static str,
    },
}

fn list(resources: &[Resource]) -> String {
    let names: Vec<String> = resources.iter().map(Resource::to_string).collect();
    names.join(", ")
}
