//! The kinds of resources, and what everything else knows about them.

use super::operation::Spec;
use super::parts::{Held, Parts};
use super::{Observed, Resource, alias, function, log_group, role, state_machine};
use crate::plan::{Draft, Removal};
use crate::policy::Permission;

/// A kind of AWS resource. A kind comes after everything that it depends on; this is also the order of a printed plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Role,
    LogGroup,
    Function,
    StateMachine,
    Alias,
}

impl Kind {
    pub const ALL: [Self; 5] = [
        Self::Role,
        Self::LogGroup,
        Self::Function,
        Self::StateMachine,
        Self::Alias,
    ];

    fn parts(self) -> &'static Parts {
        match self {
            Self::Role => &role::PARTS,
            Self::LogGroup => &log_group::PARTS,
            Self::Function => &function::PARTS,
            Self::StateMachine => &state_machine::PARTS,
            Self::Alias => &alias::PARTS,
        }
    }

    pub fn name(self) -> &'static str {
        self.parts().name
    }

    pub fn named(self, name: impl Into<String>) -> Resource {
        Resource {
            kind: self,
            name: name.into(),
        }
    }

    pub fn operations(self) -> &'static [&'static Spec] {
        self.parts().operations
    }

    pub fn reads(self) -> &'static [Permission] {
        self.parts().reads
    }

    pub(crate) fn deploy(self, draft: &mut Draft<'_>) {
        (self.parts().deploy)(draft);
    }

    pub(crate) fn remove(self, removal: &mut Removal<'_>, name: &str) {
        (self.parts().remove)(removal, name);
    }

    pub fn held(self, observed: &Observed) -> Vec<Held<'_>> {
        (self.parts().held)(observed)
    }
}
