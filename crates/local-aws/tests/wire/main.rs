//! The embedded AWS over its sockets, spoken to byte by byte.
//!
//! What AWS's own clients can do is tested in `tests/clients`; these tests cover what they cannot see or do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods
)]

mod browser;
mod client;
mod damage;
mod dynamodb;
mod executions;
mod guard;
mod handler;
mod http_tasks;
mod logs;
mod mocks;
mod permissions;
mod private;
mod protocols;
mod roles;
mod server;
mod sharing;
mod test_state;
mod upstreams;
mod validation;
mod weather;
