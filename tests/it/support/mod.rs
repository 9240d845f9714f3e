//! What the suites and the benchmark stand on.

pub mod emulators;
pub mod gate;
pub mod local_server;
pub mod operation;
pub mod outliving;
pub mod project;
pub mod pseudo_terminal;
pub mod reply;
pub mod script;
pub mod snapshot;
pub mod stack;
pub mod txflow;
pub mod wire;
pub mod workspace;
