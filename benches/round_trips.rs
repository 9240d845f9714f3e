//! How long the commands take if each call takes 50 ms, and how many calls one after the other they need; beside them a
//! script that makes the same resources by hand.
//!
//! `TXFLOW_EMULATORS=… cargo bench --bench round_trips` deploys three small functions to ministack through a proxy that
//! adds 50 ms to each call, and prints a table. It asserts nothing. The handlers are compiled before.
//!
//! - `in a row`: the longest chain of calls of which each began after the one before had ended
//! - `txflow`: the median of the whole process, with a `cargo build` that has nothing to do
//! - `by hand`: the median of `round_trips/by_hand.py`, in turn with txflow, without the start of Python
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::print_stderr
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use txflow_test_support::emulators::Emulators;
use txflow_test_support::project::{Project, task};
use txflow_test_support::wire::Wire;

const LATENCY: Duration = Duration::from_millis(50);
const ROUNDS: usize = 5;
const HANDLERS: [&str; 3] = ["purchase-handler", "refund-handler", "result-handler"];
const TARGET: &str = "target/x86_64-unknown-linux-gnu/lambda";

#[tokio::main]
async fn main() {
    let emulators = Emulators::required();
    let ministack = emulators.ministack().await;
    let wire = Wire::in_front_of(&ministack.url()).await;
    let mut project = project().write();
    // Compiles, and calls nothing but reads.
    project
        .txflow(&ministack.url(), &["plan"])
        .run()
        .await
        .succeeded();
    wire.delay(LATENCY);
    let bench = Bench {
        python: emulators.python(),
        wire,
    };

    let mut rows = [
        Row::new("fresh", "deploy, fresh"),
        Row::new("unchanged", "deploy, no change"),
        Row::new("handler", "deploy, one handler"),
        Row::new("destroy", "destroy"),
    ];
    for _ in 0..ROUNDS {
        // It keeps the alias of a state machine that is gone.
        let reset = ministack.request("POST", "/_ministack/reset", "").await;
        reset.expect("ministack forgets everything");
        for row in &mut rows {
            if row.command == "handler" {
                project = project.change_handler(HANDLERS[0]);
                project
                    .txflow(&ministack.url(), &["plan"])
                    .run()
                    .await
                    .succeeded();
            }
            bench.measure(&project, row).await;
        }
    }

    println!(
        "{:<20} {:>6} {:>7} {:>9} {:>9} {:>9} {:>7}",
        "command", "calls", "writes", "in a row", "txflow", "by hand", "ratio"
    );
    for row in &rows {
        row.print();
    }
    println!("\nin a row:");
    for row in &rows {
        println!("{:<20} {}", row.name, row.chain().join(" "));
    }
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load average: {}", load.trim());
}

/// Three handlers in turn, in an account that `deploy.toml` names.
fn project() -> Project {
    let mut states = Map::new();
    for (index, handler) in HANDLERS.iter().enumerate() {
        let mut state = task(handler);
        if let Some(next) = HANDLERS.get(index + 1) {
            state["Next"] = json!(next);
            state.as_object_mut().expect("a state").remove("End");
        }
        states.insert((*handler).to_owned(), state);
    }
    let definition = json!({ "StartAt": HANDLERS[0], "States": Value::Object(states) });
    let project = Project::new("bench").top_level("account = \"000000000000\"\n");
    let project = HANDLERS
        .iter()
        .fold(project, |project, handler| project.handler(handler));
    project.definition(definition)
}

struct Bench {
    python: PathBuf,
    wire: Wire,
}

struct Row {
    command: &'static str,
    name: &'static str,
    calls: Vec<usize>,
    writes: Vec<usize>,
    chains: Vec<Vec<String>>,
    txflow: Vec<Duration>,
    by_hand: Vec<Duration>,
}

impl Bench {
    async fn measure(&self, project: &Project, row: &mut Row) {
        let arguments: &[&str] = match row.command {
            "destroy" => &["destroy", "--yes"],
            _ => &["deploy"],
        };
        self.wire.clear();
        let start = Instant::now();
        let ended = project.txflow(&self.wire.url(), arguments).run().await;
        row.txflow.push(start.elapsed());
        ended.succeeded();
        row.calls.push(self.wire.calls().len());
        row.writes.push(self.wire.writes().len());
        row.chains.push(self.wire.chain());
        row.by_hand
            .push(self.by_hand(project.path(), row.command).await);
    }

    async fn by_hand(&self, project: &Path, command: &str) -> Duration {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/round_trips/by_hand.py");
        let mut python = Command::new(&self.python);
        python.arg(script).args([&self.wire.url(), command]);
        python.args(HANDLERS.map(|handler| project.join(TARGET).join(handler)));
        let ended = tokio::task::spawn_blocking(move || python.output()).await;
        let output = ended.expect("it ends").expect("Python starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "by_hand.py {command}: {said}");
        let seconds = String::from_utf8_lossy(&output.stdout);
        Duration::from_secs_f64(seconds.trim().parse().expect("seconds"))
    }
}

impl Row {
    fn new(command: &'static str, name: &'static str) -> Self {
        Self {
            command,
            name,
            calls: Vec::new(),
            writes: Vec::new(),
            chains: Vec::new(),
            txflow: Vec::new(),
            by_hand: Vec::new(),
        }
    }

    /// One of median length.
    fn chain(&self) -> &[String] {
        let mut chains: Vec<_> = self.chains.iter().collect();
        chains.sort_by_key(|chain| chain.len());
        chains[chains.len() / 2]
    }

    fn print(&self) {
        let (txflow, by_hand) = (median(&self.txflow), median(&self.by_hand));
        let ratio = txflow.as_secs_f64() / by_hand.as_secs_f64();
        println!(
            "{:<20} {:>6} {:>7} {:>9} {:>7.2} s {:>7.2} s {ratio:>7.2}",
            self.name,
            median(&self.calls),
            median(&self.writes),
            self.chain().len(),
            txflow.as_secs_f64(),
            by_hand.as_secs_f64(),
        );
    }
}

fn median<T: Ord + Copy>(values: &[T]) -> T {
    let mut values = values.to_vec();
    values.sort();
    values[values.len() / 2]
}
