//! txflow takes a Step Functions workflow with Rust handlers from source to production and back.
//!
//! The way through, one module a stage:
//!
//! - [`config`]: `deploy.toml` → a fully defaulted, validated `Deployment`
//! - [`build`]: cargo → `bootstrap` → deterministic zip → `Artifact`

pub mod build;
pub mod config;
