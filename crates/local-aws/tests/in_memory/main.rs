//! The embedded AWS in memory, on virtual time: what a simulation relies on.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod activities;
mod behaviors;
mod cloud;
mod determinism;
mod dynamodb;
mod history;
mod map_runs;
mod nested;
mod network;
mod queues;
mod role_calls;
mod sdk_calls;
mod sync;
mod topics;
mod triggers;
mod unfinished;
mod weather;
