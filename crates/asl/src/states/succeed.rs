use super::Action;
use crate::failure::Failure;
use crate::flow::{Produced, Visit};

/// Ends its program successfully.
#[derive(Debug)]
pub struct Succeed;

impl Succeed {
    pub(crate) fn run(&self, visit: Visit) -> Result<Action<'static>, Failure> {
        let effective = visit.effective_input()?;
        let exit = visit.exit(Produced::Input(&effective))?;
        Ok(Action::Leave(exit))
    }
}
