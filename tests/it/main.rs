//! The integration tests: one binary, so that it links once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod build;
mod support;
mod wire;
