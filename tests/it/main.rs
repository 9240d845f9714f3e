//! The integration tests: one binary, so that it links once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod aarch64;
mod build;
mod support;
mod wire;
