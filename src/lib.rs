//! txflow takes a Step Functions workflow with Rust handlers from source to production and back.
//!
//! The stages of a run, with one module for each:
//!
//! - [`config`]: `deploy.toml` → a fully defaulted, validated `Deployment`
//! - [`build`]: cargo → `bootstrap` → deterministic zip → `Artifact`
//! - [`resources`]: what is desired, what AWS holds now, and the operations that lead from one to the other
//! - [`plan`]: (desired, observed) → `Plan` (pure)
//! - [`apply`]: runs a `Plan`: the only writes
//! - [`report`]: one event enum, several sinks
//!
//! The other modules:
//!
//! - [`commands`]: what each command does with these: its options, its steps, its answer
//! - [`canary`]: judges a release by a share of the executions (pure)
//! - [`clean_start`]: keeps credentials out of what handlers can read
//! - [`aws`]: clients, and the classification of their errors
//! - [`coverage`]: what tests reached of the definitions (pure)
//! - [`executions`]: starts, watches, reads and checks them
//! - [`graph`]: the workflow as a picture (pure)
//! - [`init`]: the files of a new project
//! - `input_file`: reads the files that a user names, up to a limit
//! - [`last_tests`]: the results of the last test run, kept for whoever looks at them
//! - [`logs`]: what the handlers wrote
//! - [`page`]: serves a page to look at, and draws it
//! - [`plan_file`]: a plan with all that it was made from, in a file
//! - [`policy`]: the minimal permissions of a pipeline's role (pure)
//! - [`services`]: what the services of the embedded AWS hold now
//! - [`stack`]: names, ARNs, tags and the account: what belongs to a stack (pure)
//! - `watch`: sees changes to the files of a project

// A module computes from the values that it is given, unless it says here, or where its parent declares it, what it may
// reach. Clippy holds it, by the lists in `clippy.toml`. Tests may do what they need.
#![cfg_attr(test, allow(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod apply;
#[expect(clippy::disallowed_types, reason = "makes the clients")]
pub mod aws;
pub mod build;
pub mod canary;
#[expect(clippy::disallowed_types, reason = "starts this program again")]
pub mod clean_start;
#[expect(
    clippy::disallowed_types,
    reason = "brings together what a run gets from outside"
)]
pub mod commands;
pub mod config;
pub mod coverage;
pub mod error;
pub mod executions;
pub mod exit;
pub mod graph;
pub mod init;
#[expect(clippy::disallowed_types, reason = "reads files")]
mod input_file;
pub mod last_tests;
pub mod logs;
pub mod page;
pub mod plan;
pub mod plan_file;
pub mod policy;
#[expect(
    clippy::disallowed_types,
    reason = "its sinks write to streams and files"
)]
pub mod report;
pub mod resources;
#[expect(clippy::disallowed_types, reason = "gets a `World`")]
mod run;
pub mod services;
pub mod stack;
#[expect(clippy::disallowed_types, reason = "watches files")]
mod watch;
#[expect(clippy::disallowed_types, reason = "is what a run gets from outside")]
pub mod world;

pub use run::{cannot_begin, run};
