//! How a definition is read: the fields of its objects, and the parts that states share.

mod dynamic;
mod fields;
mod query_language;
mod resource;
mod result_path;
mod retry;

pub use dynamic::Dynamic;
pub use fields::DefinitionError;
pub(crate) use fields::Fields;
pub use query_language::QueryLanguage;
pub use resource::{Pattern, Resource, ResourceKind};
pub use result_path::ResultPath;
pub use retry::{Catcher, Retrier};
