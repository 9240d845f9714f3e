//! What the values of arguments name.

use clap::builder::ArgExt;

/// What the value of an argument names, so that a shell completes it: `#[arg(add = Names::Functions)]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    Stages,
    Tests,
    Functions,
    StateMachines,
    States,
    Roles,
    Releases,
    Executions,
}

impl ArgExt for Names {}
