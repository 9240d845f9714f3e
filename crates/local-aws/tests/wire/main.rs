//! The embedded AWS over its sockets, spoken to byte by byte.
//!
//! What AWS's own clients can drive is tested in `tests/clients`; here is what they cannot see or do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods
)]

mod browser;
mod client;
mod damage;
mod executions;
mod guard;
mod handler;
mod logs;
mod mocks;
mod permissions;
mod private;
mod protocols;
mod server;
mod sharing;
