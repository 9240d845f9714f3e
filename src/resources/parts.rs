//! What a kind of resource offers to everything else.

use super::Observed;
use super::operation::Spec;
use crate::plan::{Draft, Removal};
use crate::policy::Permission;
use crate::stack::{Stack, Tags};

/// Each kind has one in its folder.
pub(super) struct Parts {
    /// AWS's name for this kind of resource.
    pub name: &'static str,
    /// Every operation on it.
    pub operations: &'static [&'static Spec],
    /// What IAM must allow in order to read it.
    pub reads: &'static [Permission],
    /// The resources that AWS holds under the names of the stack.
    pub held: for<'a> fn(&'a Observed) -> Vec<Held<'a>>,
    /// Adds the steps that lead to the desired state.
    pub deploy: fn(&mut Draft<'_>),
    /// Adds the steps that remove the one with this name.
    pub remove: fn(&mut Removal<'_>, &str),
}

/// A resource that AWS holds.
pub struct Held<'a> {
    pub name: &'a str,
    pub tags: &'a Tags,
    /// The IAM path of a role, by which its stack finds it.
    pub path: Option<&'a str>,
    /// The region of a role's stack, if the role says.
    pub region: Option<&'a str>,
}

impl Held<'_> {
    /// Whether it belongs to the stack, and does not only have such a name.
    pub fn is_of(&self, stack: &Stack) -> bool {
        stack.owns(self.tags) && self.path.is_none_or(|path| path == stack.role_path())
    }
}
