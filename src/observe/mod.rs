//! What AWS holds now, in the vocabulary of [`crate::desired`].

mod existing;
mod function_settings;
mod functions;
mod log_groups;
mod observed;
mod roles;
mod state_machine;
mod usage;
mod wave;

pub use existing::{
    ExistingFunction, ExistingStateMachine, Retention, existing_function, existing_state_machine,
};
pub use observed::*;
pub use state_machine::{Release, release, releases};
pub use usage::{running, usage};
pub use wave::observe;
