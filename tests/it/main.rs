//! The integration tests: one binary, so that it links once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]

mod aarch64;
mod architecture;
mod before_live;
mod behaviours;
mod book;
mod build;
mod build_binaries;
mod build_environment;
mod build_local;
mod canary;
mod completions;
mod derived_roles;
mod diff;
mod encrypted;
mod endings;
mod exit_codes;
mod express;
mod fork;
mod github;
mod graph;
mod help;
mod hostile;
mod init;
mod interrupted;
mod json;
mod junit;
mod keys;
mod lifecycle;
mod linted_policies;
mod local;
mod many_functions;
mod microburst;
mod moto;
mod narrow;
mod order_fulfilment;
mod page;
mod pipeline;
mod policy;
mod release;
mod rendered;
mod reviewed;
mod runner;
mod sample;
mod secrets;
mod shown;
mod simulation;
mod values;
mod wire;
mod workflows;
mod workspace;

use txflow_test_support as support;
