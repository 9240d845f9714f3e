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
mod handlers;
mod import;
mod name;
mod roles;
mod statements;
mod template;
#[cfg(test)]
mod tests;
mod triggers;

pub use arn::StateMachineArn;
pub use error::InitError;
pub use example::order_fulfilment;
pub use existing::{Existing, Function};
pub use files::{ProjectFile, around, write};
pub use name::{fitting, stack_name, without_stage};
pub use template::new;

/// The files to write, and notes for the user about them.
#[derive(Debug)]
pub struct Project {
    pub files: Vec<ProjectFile>,
    pub notes: Vec<String>,
    /// What the user still has to do.
    pub todo: Vec<String>,
}
