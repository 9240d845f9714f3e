//! What the integration tests and the benchmarks stand on: projects, endpoints, emulators, and `txflow` as a process.
//!
//! It fails by panicking, with a text that says what was missing or went wrong.

pub mod account;
pub mod emulators;
pub mod gate;
pub mod load;
pub mod local_server;
pub mod operation;
pub mod outliving;
pub mod project;
pub mod pseudo_terminal;
pub mod reply;
pub mod script;
pub mod stack;
pub mod txflow;
pub mod wire;
