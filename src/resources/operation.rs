//! What a step does: one AWS operation with everything that it needs.

use std::any::Any;
use std::fmt;

use futures_util::future::BoxFuture;

use crate::apply::{Executor, StepError};
use crate::policy::Permission;

/// One AWS operation, or the wait that AWS requires between two. Named as in AWS.
pub trait Operation: Any + fmt::Debug + Send + Sync {
    fn spec(&self) -> &'static Spec;

    /// The part of the resource that it works on, such as `trust policy`; `None` for the whole resource.
    fn part(&self) -> Option<String> {
        self.spec().part.map(str::to_owned)
    }

    /// The version of the resource that it removes, if any.
    fn removed_version(&self) -> Option<String> {
        None
    }

    /// Makes the call until AWS has accepted it or refuses it for good.
    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a>;
}

pub type Executed<'a> = BoxFuture<'a, Result<(), StepError>>;

/// What all calls of one operation have in common.
#[derive(Debug)]
pub struct Spec {
    /// Its name in the documentation and in CloudTrail.
    pub operation: &'static str,
    pub effect: Effect,
    pub words: Words,
    /// See [`Operation::part`].
    pub part: Option<&'static str>,
    /// What IAM must allow, in addition to [`Kind::reads`](super::Kind::reads).
    pub permissions: &'static [Permission],
}

impl Spec {
    /// Of a call that adds and changes tags.
    pub const fn tag(operation: &'static str, permissions: &'static [Permission]) -> Self {
        Self {
            operation,
            effect: Effect::Update,
            words: Words::TAG,
            part: None,
            permissions,
        }
    }

    /// Of a call that removes tags.
    pub const fn untag(operation: &'static str, permissions: &'static [Permission]) -> Self {
        Self {
            words: Words::UNTAG,
            ..Self::tag(operation, permissions)
        }
    }
}

/// What an operation does to the resource as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Create,
    Update,
    Delete,
    /// It changes nothing.
    Wait,
}

/// The words for a step while it runs and when it is done.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    pub doing: &'static str,
    pub done: &'static str,
}

impl Words {
    pub const CREATE: Self = Self::new("Creating", "Created");
    pub const DELETE: Self = Self::new("Deleting", "Deleted");
    pub const PUBLISH: Self = Self::new("Publishing", "Published");
    pub const TAG: Self = Self::new("Tagging", "Tagged");
    pub const UNTAG: Self = Self::new("Untagging", "Untagged");
    pub const UPDATE: Self = Self::new("Updating", "Updated");
    pub const WRITE: Self = Self::new("Writing", "Wrote");

    pub const fn new(doing: &'static str, done: &'static str) -> Self {
        Self { doing, done }
    }
}
