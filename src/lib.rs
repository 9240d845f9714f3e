//! txflow takes a Step Functions workflow with Rust handlers from source to production and back.
//!
//! The way through, one module a stage:
//!
//! - [`config`]: `deploy.toml` → a fully defaulted, validated `Deployment`
//! - [`build`]: cargo → `bootstrap` → deterministic zip → `Artifact`
//! - [`resources`]: what is wanted, what AWS holds now, and the operations that lead from one to the other
//! - [`plan`]: (desired, observed) → `Plan` (pure)
//! - [`apply`]: runs a `Plan`: the only writes
//! - [`report`]: one event enum, several sinks
//!
//! Beside it:
//!
//! - [`clean_start`]: keeps credentials out of what handlers can read
//! - [`aws`]: clients, and the classification of their errors
//! - [`executions`]: started, watched, read, checked
//! - [`graph`]: the workflow as a picture (pure)
//! - [`init`]: what a new project is made of
//! - `input_file`: the files that a user names, read with a bound
//! - [`logs`]: what the handlers wrote
//! - [`policy`]: the least that a pipeline's role needs (pure)
//! - [`stack`]: names, ARNs, tags and the account: what belongs to a stack (pure)
//! - `watch`: what changes in a project

pub mod apply;
pub mod aws;
pub mod build;
pub mod clean_start;
pub mod cli;
pub mod commands;
pub mod config;
pub mod error;
pub mod executions;
pub mod exit;
pub mod graph;
pub mod init;
mod input_file;
pub mod logs;
pub mod plan;
pub mod policy;
pub mod report;
pub mod resources;
mod run;
pub mod stack;
mod watch;
pub mod world;

pub use run::run;
