//! The time and the peak memory of each expression that would exhaust the memory or never end, as a table.
//!
//! `cargo bench -p txflow-asl --bench bombs`. It asserts nothing; the tests of the engine do.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark"
)]

#[path = "../tests/engine/bombs/definitions.rs"]
mod definitions;

use std::error::Error;
use std::fs;
use std::time::Instant;

use definitions::{expressions, jsonata, long_text, paths};
use serde_json::{Value, json};
use txflow_asl::{Machine, Run, StartOptions, TaskEnd, Timestamp, run_to_end};

fn main() -> Result<(), Box<dyn Error>> {
    let expressions = expressions().into_iter();
    let states = expressions.map(|(name, text)| (name, jsonata(&text)));
    for (name, state) in states.chain(paths()) {
        // Resets the peak.
        let _ = fs::write("/proc/self/clear_refs", "5");
        let before = peak();
        let started = Instant::now();
        let ended = run(state)?;
        let took = started.elapsed().as_millis();
        let error = ended.outcome.error.unwrap_or_default();
        let cause = ended.outcome.cause.unwrap_or_default();
        let skipped = cause.chars().count().saturating_sub(60);
        let reason: String = cause.chars().skip(skipped).collect();
        println!(
            "| {name} | {took} ms | {} MB | {error} | …{reason} |",
            peak().saturating_sub(before) / 1024
        );
    }
    Ok(())
}

fn run(state: Value) -> Result<Run, Box<dyn Error>> {
    let machine = Machine::from_value(&json!({ "StartAt": "S", "States": { "S": state } }))?;
    let start = Timestamp::from_millis(1_767_225_600_000);
    let options = StartOptions::new(long_text());
    Ok(run_to_end(&machine, options, start, |task| {
        TaskEnd::Done(Ok(task.parameters.clone()))
    }))
}

/// In KB.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_default()
}
