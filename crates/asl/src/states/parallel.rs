use std::sync::Arc;

use super::{Action, Program};
use crate::definition::{DefinitionError, Fields};
use crate::failure::Failure;
use crate::flow::Visit;

/// Runs its branches concurrently.
#[derive(Debug)]
pub struct Parallel {
    pub branches: Vec<Arc<Program>>,
}

impl Parallel {
    pub(crate) fn parse(fields: &Fields, depth: usize) -> Result<Self, DefinitionError> {
        let missing = || fields.error("", "These fields are required: [Branches]");
        let branches = fields.array("Branches")?.ok_or_else(missing)?;
        let branches = branches.iter().enumerate().map(|(i, branch)| {
            let place = format!("Branches[{i}]");
            let program = Program::from_fields(&fields.child(&place, branch)?, depth + 1)?;
            Ok(Arc::new(program))
        });
        Ok(Self {
            branches: branches.collect::<Result<_, _>>()?,
        })
    }
}

impl Parallel {
    pub(crate) fn run(&self, visit: Visit) -> Result<Action<'static>, Failure> {
        let effective = visit.effective_input()?;
        Ok(Action::Branches(visit.arguments(&effective)?))
    }
}
