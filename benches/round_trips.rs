//! How many round trips one after the other a command needs.
//!
//! `TXFLOW_EMULATORS=… cargo bench --profile dev --bench round_trips` deploys a small workflow to ministack through a
//! proxy that adds 50 ms to each call, and prints a table. It asserts nothing.
//!
//! - `in a row`: the longest chain of calls of which each began after the one before had ended
//! - `in flight`: the time in which at least one call was under way, and that time divided by the latency; it holds
//!   the emulator's own time as well, so it grows on a busy machine
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::print_stderr
)]

use std::time::{Duration, Instant};

use txflow_test_support::emulators::Emulators;
use txflow_test_support::project::Project;
use txflow_test_support::wire::Wire;

const LATENCY: Duration = Duration::from_millis(50);

#[tokio::main]
async fn main() {
    let ministack = Emulators::required().ministack().await;
    let wire = Wire::in_front_of(&ministack.url()).await;
    wire.delay(LATENCY);
    let mut project = Project::transactions().write();

    println!(
        "{:<20} {:>6} {:>7} {:>9} {:>11} {:>10} {:>9}",
        "command", "calls", "writes", "in a row", "in flight", "÷ latency", "elapsed"
    );
    measure(&wire, &project, "deploy, fresh", &["deploy"]).await;
    measure(&wire, &project, "deploy, no change", &["deploy"]).await;
    project = project.change_handler("purchase-handler");
    measure(&wire, &project, "deploy, one handler", &["deploy"]).await;
    measure(&wire, &project, "destroy", &["destroy", "--yes"]).await;
}

async fn measure(wire: &Wire, project: &Project, name: &str, arguments: &[&str]) {
    wire.clear();
    let start = Instant::now();
    project
        .txflow(&wire.url(), arguments)
        .run()
        .await
        .succeeded();
    let in_flight = wire.in_flight();
    println!(
        "{name:<20} {:>6} {:>7} {:>9} {:>8} ms {:>10.1} {:>7.1} s",
        wire.calls().len(),
        wire.writes().len(),
        wire.chain(),
        in_flight.as_millis(),
        in_flight.as_secs_f64() / LATENCY.as_secs_f64(),
        start.elapsed().as_secs_f64(),
    );
}
