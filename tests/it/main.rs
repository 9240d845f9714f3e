//! The integration tests: one binary, so that it links once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod behaviours;
mod interrupted;
mod lifecycle;
mod microburst;
mod moto;
mod sample;
mod support;
mod wire;
