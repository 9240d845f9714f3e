//! What a kind of resource offers to everything else.

use super::Observed;
use super::operation::Spec;
use crate::plan::{Draft, Removal};
use crate::policy::Permission;
use crate::stack::{Stack, Tags};

/// One in the folder of each kind.
pub(super) struct Parts {
    /// What AWS calls this kind of thing.
    pub name: &'static str,
    /// All that is ever done to one.
    pub operations: &'static [&'static Spec],
    /// What IAM must allow for reading it.
    pub reads: &'static [Permission],
    /// Those that AWS holds under the names of the stack.
    pub held: for<'a> fn(&'a Observed) -> Vec<Held<'a>>,
    /// Adds the steps that lead to what is desired.
    pub deploy: fn(&mut Draft<'_>),
    /// Adds the steps that remove the one of this name.
    pub remove: fn(&mut Removal<'_>, &str),
}

/// A resource that AWS holds.
pub struct Held<'a> {
    pub name: &'a str,
    pub tags: &'a Tags,
    /// The IAM path of a role, by which its stack finds it.
    pub path: Option<&'a str>,
}

impl Held<'_> {
    /// Whether it is the stack's own, and not only called like it.
    pub fn is_of(&self, stack: &Stack) -> bool {
        stack.owns(self.tags) && self.path.is_none_or(|path| path == stack.role_path())
    }
}
