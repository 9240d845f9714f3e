//! What `txflow init` writes: a new project, or one for an existing state machine.

mod arn;
mod definition;
mod deploy_toml;
mod environment;
mod error;
mod example;
mod existing;
#[expect(clippy::disallowed_types, reason = "writes the project")]
mod files;
mod generated;
mod handlers;
mod import;
mod name;
mod place;
mod roles;
mod statements;
mod template;
#[cfg(test)]
mod tests;
mod triggers;
mod workspace;

pub use arn::StateMachineArn;
pub use error::InitError;
pub use example::{order_fulfilment, transactions};
pub use existing::{Existing, Function};
pub use files::{ProjectFile, write};
pub use name::stack_name;
pub use place::Addition;
pub use template::minimal;

/// What a new project is called, and where it is deployed.
#[derive(Debug, Clone, Copy)]
pub struct Naming<'a> {
    pub name: &'a str,
    pub stage: &'a str,
    /// `None` if nothing says which.
    pub region: Option<&'a str>,
}

/// The files to write, and notes for the user about them.
#[derive(Debug, Default)]
pub struct Project {
    pub files: Vec<ProjectFile>,
    /// To files that exist.
    pub additions: Vec<Addition>,
    pub notes: Vec<String>,
    /// What the user still has to do.
    pub todo: Vec<String>,
}
