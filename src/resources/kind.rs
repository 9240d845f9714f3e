//! What everything else knows of a kind of resource.

use super::operation::Spec;
use super::parts::Held;
use super::{Kind, Observed, Resource};
use crate::plan::{Draft, Removal};
use crate::policy::Permission;

impl Kind {
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
