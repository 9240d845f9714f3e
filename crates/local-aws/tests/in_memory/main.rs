//! The embedded AWS in memory, on virtual time: what a simulation relies on.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod behaviors;
mod cloud;
mod determinism;
mod dynamodb;
mod queues;
mod role_calls;
mod triggers;
mod weather;
