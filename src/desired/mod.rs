//! Deployment + artifacts + account → [`Desired`]. Pure.

mod account;
mod assemble;
mod policy;
mod resources;
#[cfg(test)]
pub(crate) mod sample;
mod stack;
#[cfg(test)]
mod tests;

pub use account::Account;
pub use assemble::{MissingArtifact, assemble, log_groups, roles};
pub use policy::{former_policy, state_machine_policy};
pub use resources::{
    Desired, Function, FunctionSettings, LogGroup, Logging, Origin, Role, StateMachine,
    StateMachineSettings,
};
pub use stack::{LIVE, POLICY, Stack, Tags};
