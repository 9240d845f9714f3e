//! Why there is no plan.

use crate::exit::Advice;
use crate::resources::Resource;

/// A change that a plan must not make.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Resources that have a name of the stack but do not belong to it. They are never changed.
    #[error("{} already exists and does not belong to this stack", list(.0))]
    Foreign(Vec<Resource>),
    /// AWS cannot change the type of a state machine.
    #[error("state machine `{name}` is {old} and cannot become {new}")]
    TypeChanged {
        name: String,
        old: &'static str,
        new: &'static str,
    },
}

impl Advice for Refusal {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Foreign(_) => {
                "choose another `name` or `--stage`, or remove what exists by hand; txflow changes only what it created".to_owned()
            }
            Self::TypeChanged { .. } => {
                "AWS cannot change the type of a state machine: `txflow destroy` the stage first, or use another stage".to_owned()
            }
        })
    }
}

fn list(resources: &[Resource]) -> String {
    let names: Vec<String> = resources.iter().map(Resource::to_string).collect();
    names.join(", ")
}
