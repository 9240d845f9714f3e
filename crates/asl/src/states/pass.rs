use super::Action;
use crate::Payload;
use crate::definition::Fields;
use crate::failure::Failure;
use crate::flow::{Produced, Visit};

/// Passes on its input, or a fixed result.
#[derive(Debug)]
pub struct Pass {
    pub result: Option<Payload>,
}

impl Pass {
    pub(crate) fn parse(fields: &Fields) -> Self {
        Self {
            result: fields.get("Result").cloned().map(Payload::from),
        }
    }
}

impl Pass {
    pub(crate) fn run(&self, visit: Visit) -> Result<Action<'static>, Failure> {
        let effective = visit.effective_input()?;
        let mut result = visit.arguments(&effective)?;
        if let Some(fixed) = &self.result {
            result = fixed.clone();
        }
        let exit = visit.exit(Produced::Input(&result))?;
        Ok(Action::Leave(exit))
    }
}
