//! How many calls stacks of 3, 40 and 150 functions take, for how long, and with how much memory.
//!
//! `cargo bench --bench scale` deploys generated functions to the embedded AWS, which takes as many calls a second as AWS
//! documents, through a proxy that adds 50 ms to each call. A function is `Pending` for 0.5 s. It prints a table, and
//! asserts nothing but that each command succeeds. The handlers are compiled before.
//!
//! - `refused`: the calls that were answered with an error of throttling
//! - `at once`: the most calls that were under way at the same time
//! - `memory`: the most memory that txflow had, without cargo
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::print_stderr
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use txflow_local_aws::{LocalAws, Options, Weather};
use txflow_test_support::project::task;
use txflow_test_support::txflow::Txflow;
use txflow_test_support::wire::{Call, Wire};

const LATENCY: Duration = Duration::from_millis(50);
const PENDING: Duration = Duration::from_millis(500);

#[tokio::main]
async fn main() {
    let sizes: Vec<usize> = std::env::args()
        .filter_map(|size| size.parse().ok())
        .collect();
    let sizes = if sizes.is_empty() {
        vec![3, 40, 150]
    } else {
        sizes
    };
    println!(
        "{:>9}  {:<20} {:>6} {:>13} {:>8} {:>8} {:>9} {:>8}",
        "functions", "command", "calls", "a function", "refused", "at once", "elapsed", "memory"
    );
    for size in sizes {
        stack(size).await;
    }
}

async fn stack(size: usize) {
    let project = TempDir::with_prefix("txflow-scale-").expect("a folder");
    write(project.path(), size);
    let (data, listener) = (project.path().join("aws"), TcpListener::bind("127.0.0.1:0"));
    let mut options = Options::new(data, listener.await.expect("a port"));
    options.behavior.weather = Weather {
        throttling: true,
        ..Weather::constant(PENDING)
    };
    let aws = LocalAws::start(options).await.expect("an embedded AWS");
    let wire = Wire::in_front_of(&aws.endpoint_url()).await;
    // Compiles. The buckets of AWS are full again after the pause.
    run(project.path(), &wire, &["plan"]).await;
    wire.delay(LATENCY);

    let deploy: &[&str] = &["deploy"];
    for (name, arguments) in [
        ("deploy, fresh", deploy),
        ("deploy, no change", deploy),
        ("deploy, one handler", deploy),
        ("rollback", &["rollback"]),
        ("destroy", &["destroy", "--yes"]),
    ] {
        if name == "deploy, one handler" {
            write_handler(project.path(), "changed", 2);
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        wire.clear();
        let start = Instant::now();
        let memory = run(project.path(), &wire, arguments).await;
        let (elapsed, calls) = (start.elapsed(), wire.calls());
        println!(
            "{size:>9}  {name:<20} {:>6} {:>13.1} {:>8} {:>8} {:>7.1} s {:>5} MB",
            calls.len(),
            calls.len() as f64 / size as f64,
            calls.iter().filter(|call| refused(call)).count(),
            at_once(&calls),
            elapsed.as_secs_f64(),
            memory / 1024,
        );
    }
    aws.shutdown().await.expect("it ends");
}

/// Runs a command, and gives the most memory that it had, in KB.
async fn run(project: &Path, wire: &Wire, arguments: &[&str]) -> u64 {
    let child = Txflow::new(project, &wire.url(), arguments).start_piped();
    let status = format!("/proc/{}/status", child.id().expect("it runs"));
    let mut ended = std::pin::pin!(child.wait_with_output());
    let mut most = 0;
    loop {
        tokio::select! {
            output = &mut ended => {
                let output = output.expect("its output");
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{arguments:?}: {said}");
                return most;
            }
            () = tokio::time::sleep(Duration::from_millis(20)) => {
                most = most.max(peak(&status).unwrap_or_default());
            }
        }
    }
}

fn peak(status: &str) -> Option<u64> {
    let status = fs::read_to_string(status).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

fn refused(call: &Call) -> bool {
    let throttled = || call.answer.contains("Rate exceeded");
    matches!(call.status, Some(400 | 429)) && throttled()
}

fn at_once(calls: &[Call]) -> usize {
    let begins = calls.iter().map(|call| (call.began, 1));
    let ends = calls.iter().map(|call| (call.ended, -1));
    let mut changes: Vec<(Duration, i32)> = begins.chain(ends).collect();
    changes.sort_unstable();
    let mut now = 0;
    let most = changes.iter().map(|(_, change)| {
        now += change;
        now
    });
    usize::try_from(most.max().unwrap_or_default()).unwrap_or_default()
}

/// A project whose functions are the binaries of one package, called in turn.
fn write(project: &Path, size: usize) {
    let names: Vec<String> = (0..size).map(|index| format!("h-{index:03}")).collect();
    let mut manifest = String::from(
        "[workspace]\n[package]\nname = \"handlers\"\nversion = \"0.1.0\"\nedition = \"2024\"\nautobins = false\n\
         [profile.lambda]\ninherits = \"dev\"\ndebug = false\nstrip = \"symbols\"\n",
    );
    let mut deploy = String::from(
        "name = \"scale\"\ndefinition = \"definition.asl.json\"\nregion = \"us-east-1\"\n\
         [build]\narchitecture = \"x86_64\"\n",
    );
    let mut states = Map::new();
    for (index, name) in names.iter().enumerate() {
        let source = if index == 0 { "changed" } else { "main" };
        write!(
            manifest,
            "[[bin]]\nname = \"{name}\"\npath = \"src/{source}.rs\"\n"
        )
        .unwrap();
        writeln!(deploy, "[functions.{name}]").unwrap();
        let mut state = task(name);
        if let Some(next) = names.get(index + 1) {
            state["Next"] = json!(next);
            state.as_object_mut().expect("a state").remove("End");
        }
        states.insert(name.clone(), state);
    }
    let definition = json!({ "StartAt": names[0], "States": Value::Object(states) });
    write_handler(project, "main", 1);
    write_handler(project, "changed", 1);
    fs::write(project.join("Cargo.toml"), manifest).expect("write");
    fs::write(project.join("deploy.toml"), deploy).expect("write");
    fs::write(project.join("definition.asl.json"), definition.to_string()).expect("write");
}

fn write_handler(project: &Path, name: &str, revision: u32) {
    fs::create_dir_all(project.join("src")).expect("a folder");
    let source = format!("fn main() {{ println!(\"revision {revision}\"); }}\n");
    fs::write(project.join(format!("src/{name}.rs")), source).expect("write");
}
