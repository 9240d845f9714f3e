//! Deployment + artifacts + account → [`Desired`]. Pure.

mod account;
mod assemble;
mod policy;
mod resources;
pub mod routing;
#[cfg(test)]
pub(crate) mod sample;
mod stack;
#[cfg(test)]
mod tests;

pub use account::Account;
pub use assemble::{MissingArtifact, assemble};
pub use policy::state_machine_policy;
pub use resources::{
    Desired, Function, FunctionSettings, LogGroup, Logging, Origin, Role, StateMachine,
    StateMachineSettings,
};
pub use routing::Routing;
pub use stack::{LIVE, POLICY, Stack, Tags, same_stack};
