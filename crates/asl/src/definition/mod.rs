//! The definition as a model: what `Machine::parse` makes of the JSON.

mod dynamic;
mod fields;
mod program;
mod resource;
mod retry;

pub use dynamic::Dynamic;
pub use fields::DefinitionError;
pub(crate) use fields::Fields;
pub use program::Program;
pub use resource::{Pattern, Resource, ResourceKind};
pub use retry::{Catcher, Retrier};

/// The language of a state's expressions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueryLanguage {
    #[default]
    JsonPath,
    Jsonata,
}
