//! How fast `--local` is: the commands, executions at the API beside ministack's in the same run, and memory.
//!
//! `TXFLOW_EMULATORS=… cargo bench --bench local` deploys the repository's own workflow, in a copy whose `.txflow/` is
//! new, and prints tables. It asserts nothing about time; it fails where an execution fails or is lost. Without
//! `TXFLOW_EMULATORS` the column of ministack stays empty.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::print_stderr
)]

#[path = "local/cargo_clock.rs"]
mod cargo_clock;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cargo_clock::CargoClock;
use txflow_test_support::emulators::Emulators;
use txflow_test_support::load::{Failure, Load, Times};
use txflow_test_support::local_server::LocalServer;
use txflow_test_support::project::repository;
use txflow_test_support::txflow::{Outcome, Txflow};

const INPUT: &str = r#"{"type":"PURCHASE","transactionId":"tx-1","customerId":"cus-42","amount":"19.99","currency":"EUR"}"#;
const CONCURRENCY: usize = 20;
const COUNT: usize = 1000;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    copy_of_the_repository();
    println!("load average at the start: {}", load_average());
    let deploy = txflow(&["deploy", "--local", "--json"]).run().await;
    let alias = alias_arn(&deploy.succeeded());
    commands().await;

    let mut server = LocalServer::start(&project(), &["--quiet"]).await;
    println!(
        "\n{:<34} {:>12} {:>12}",
        "executions of the purchase", "txflow", "ministack"
    );
    let local = executions(&server.url, &alias).await;
    let local = local.map_err(|error| format!("the local AWS: {error}"))?;
    let ministack = match Emulators::find() {
        Some(emulators) => {
            let ministack = emulators.ministack().await;
            let deploy = Txflow::new(&project(), &ministack.url(), &["deploy", "--json"]);
            let alias = alias_arn(&built_here(deploy).run().await.succeeded());
            let measured = executions(&ministack.url(), &alias).await;
            Some(measured.map_err(|error| format!("ministack: {error}"))?)
        }
        None => None,
    };
    compare(&local, ministack.as_ref());
    memory(&server, &alias).await?;
    server.signal(rustix::process::Signal::INT).await;
    println!("\nload average at the end: {}", load_average());
    Ok(())
}

/// Whole commands, from the start of the process to its end, with no server running before.
async fn commands() {
    println!("\n{:<34} {:>12} {:>12}", "commands", "median", "best");
    let mut times = Vec::new();
    for _ in 0..20 {
        let began = Instant::now();
        let test = txflow(&["test", "--local", "--type", "PURCHASE"])
            .run()
            .await;
        times.push(began.elapsed());
        test.succeeded();
    }
    row("test --local --type PURCHASE", &mut times);

    let (mut all, mut beyond) = (Vec::new(), Vec::new());
    for _ in 0..10 {
        let clock = CargoClock::new();
        let deploy = clock.watch(txflow(&["deploy", "--local"]));
        let began = Instant::now();
        let deploy = deploy.run().await;
        all.push(began.elapsed());
        deploy.succeeded().says("nothing to change");
        beyond.push(began.elapsed().saturating_sub(clock.build()));
    }
    row("deploy --local, no change", &mut all);
    row("  beyond `cargo build`", &mut beyond);
}

fn row(name: &str, times: &mut [Duration]) {
    times.sort();
    let (median, best) = (times[times.len() / 2], times[0]);
    println!("{name:<34} {:>12} {:>12}", millis(median), millis(best));
}

struct Measured {
    alone: Times,
    twenty: Times,
    at_once: Times,
}

async fn executions(url: &str, alias: &str) -> Result<Measured, Failure> {
    let (address, alias) = (
        url.trim_start_matches("http://").to_owned(),
        alias.to_owned(),
    );
    // The clients' threads block, and the runtime has other things to do, such as to read the server's log.
    tokio::task::spawn_blocking(move || {
        let load = load(&address, &alias);
        // Handlers' processes start before anything is measured.
        load.one_by_one(2 * CONCURRENCY, CONCURRENCY)?;
        Ok(Measured {
            alone: load.one_by_one(50, 1)?,
            twenty: load.one_by_one(COUNT, CONCURRENCY)?,
            at_once: load.at_once(COUNT, CONCURRENCY)?,
        })
    })
    .await?
}

fn compare(local: &Measured, ministack: Option<&Measured>) {
    let row = |name: &str, value: &dyn Fn(&Measured) -> String| {
        let other = ministack.map_or("-".to_owned(), value);
        println!("{name:<34} {:>12} {other:>12}", value(local));
    };
    let rate = |times: &Times| format!("{:.0} /s", times.a_second());
    row("one after the other, p50", &|m| {
        millis(m.alone.percentile(50))
    });
    row("one after the other, p99", &|m| {
        millis(m.alone.percentile(99))
    });
    row("20 at a time", &|m| rate(&m.twenty));
    row("  p50", &|m| millis(m.twenty.percentile(50)));
    row("  p99", &|m| millis(m.twenty.percentile(99)));
    row("1000 started at once, none lost", &|m| rate(&m.at_once));
    row("  p50", &|m| millis(m.at_once.percentile(50)));
    row("  p99", &|m| millis(m.at_once.percentile(99)));
}

/// The server's memory, without its handlers' processes.
async fn memory(server: &LocalServer, alias: &str) -> Result<(), Failure> {
    println!("\n{:<34} {:>12}", "memory after executions", "resident");
    let (address, alias) = (
        server.url.trim_start_matches("http://").to_owned(),
        alias.to_owned(),
    );
    let id = server.id();
    tokio::task::spawn_blocking(move || {
        let load = load(&address, &alias);
        for thousands in 0..=10 {
            if thousands > 0 {
                load.one_by_one(1000, CONCURRENCY)?;
            }
            if thousands % 2 == 0 {
                println!("{:<34} {:>12}", thousands * 1000, resident(id));
            }
        }
        Ok(())
    })
    .await?
}

fn load<'a>(address: &'a str, state_machine_arn: &'a str) -> Load<'a> {
    Load {
        address,
        region: "us-east-1",
        state_machine_arn,
        input: INPUT,
    }
}

/// The same in each run: the paths of the sources go into what cargo takes for unchanged.
fn project() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("local")
}

/// Links to all that the repository holds but what former runs left.
fn copy_of_the_repository() {
    // Fails where there was no run before.
    let _ = fs::remove_dir_all(project());
    fs::create_dir_all(project()).expect("create the folder");
    for name in [
        "Cargo.toml",
        "Cargo.lock",
        "deploy.toml",
        "definition.asl.json",
        "lambdas",
        "crates",
        "src",
        "tests",
        "benches",
    ] {
        symlink(repository().join(name), project().join(name)).expect("link");
    }
}

fn txflow(arguments: &[&str]) -> Txflow {
    built_here(Txflow::without_account(&project(), arguments))
}

/// With a target directory that outlives the copy, so that the handlers are built once.
fn built_here(txflow: Txflow) -> Txflow {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("handlers");
    txflow.env("CARGO_TARGET_DIR", &target.display().to_string())
}

fn alias_arn(deploy: &Outcome) -> String {
    deploy.json()["alias_arn"].as_str().unwrap().to_owned()
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn load_average() -> String {
    let all = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let minute = all.split(' ').next().unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{minute} on {cores} cores")
}

fn resident(process: u32) -> String {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.unwrap_or("-").trim().to_owned()
}
