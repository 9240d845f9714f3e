//! `deploy.toml` → a fully defaulted, validated [`Deployment`].

mod definition;
mod deployment;
mod diagnostic;

pub use definition::Definition;
pub use deployment::*;
pub use diagnostic::{Diagnostic, Place, Severity};
