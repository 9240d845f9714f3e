//! What the page costs: how long its pages take, and how much slower executions are while twenty of them are open.
//!
//! `cargo bench --bench page` deploys a workflow of its own, and prints tables. It asserts nothing about time; it fails if an
//! execution fails or a page is not answered.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::print_stderr
)]

#[path = "page/reader.rs"]
mod reader;

use std::time::{Duration, Instant};

use reader::{Pages, Reader};
use serde_json::json;
use txflow_test_support::load::{Failure, Load};
use txflow_test_support::local_server::LocalServer;
use txflow_test_support::project::{Project, task};

/// Pages that are open at once.
const OPEN: usize = 20;
const CONCURRENCY: usize = 20;
const COUNT: usize = 1000;
/// How many times the rate is measured with and without pages, in turn.
const ROUNDS: usize = 5;
const LISTED: usize = 10_000;
/// Each item has six events, and AWS allows 25,000 in an execution.
const ITEMS: usize = 4150;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let project = project();
    let deploy = project.alone(&["deploy", "--local", "--json"]).run().await;
    let live = deploy.succeeded().json();
    let alias = live["alias_arn"].as_str().unwrap().to_owned();
    let mut server = LocalServer::start(project.path(), &["--quiet", "--ui-port", "0"]).await;
    let page = loop {
        let line = server.next_line().await;
        if let Some(page) = line.strip_prefix("Page on ") {
            break page.to_owned();
        }
    };
    let url = page.split_whitespace().next().ok_or("a URL is printed")?;
    let reader = Reader::open(url)?;
    let address = server.url.trim_start_matches("http://").to_owned();
    println!("load average at the start: {}", load_average());
    let work = move || measure(&address, &alias, &reader);
    tokio::task::spawn_blocking(work).await??;
    println!("\nload average at the end: {}", load_average());
    Ok(())
}

fn measure(address: &str, alias: &str, reader: &Reader) -> Result<(), Failure> {
    let load = |input| Load {
        address,
        region: "us-east-1",
        state_machine_arn: alias,
        input,
    };
    let buy = load(r#"{"items":[]}"#);
    println!("\n{:<44} {:>12} {:>12}", "page", "median", "best");
    row(
        reader,
        "the first page, without executions",
        "/dev/executions",
    )?;
    // Handlers' processes start before anything is measured.
    buy.one_by_one(2 * CONCURRENCY, CONCURRENCY)?;
    rates(&buy, reader)?;

    let items: Vec<usize> = (0..ITEMS).collect();
    let many = json!({ "items": items }).to_string();
    load(&many).one_by_one(1, 1)?;
    println!("\n{:<44} {:>12} {:>12}", "page", "median", "best");
    let page = reader.get("/dev/executions")?;
    let link = first_execution(&page).ok_or("no execution is listed")?;
    row(reader, "an execution of 25,000 events", link)?;
    buy.one_by_one(LISTED.saturating_sub(ROUNDS * 2 * COUNT), CONCURRENCY)?;
    for (name, path) in [
        ("the list of 10,000 executions", "/dev/executions"),
        (
            "the same, filtered",
            "/dev/executions?status=SUCCEEDED&page=100",
        ),
        ("the workflow", "/dev/workflow"),
        ("the tests", "/dev/tests"),
        ("the local services", "/dev/services"),
    ] {
        row(reader, name, path)?;
    }
    Ok(())
}

/// Executions a second, in turn with and without open pages, so that what else the machine does is in both.
fn rates(buy: &Load<'_>, reader: &Reader) -> Result<(), Failure> {
    println!(
        "\n{:<44} {:>12} {:>12}",
        "executions a second, 20 at a time", "alone", "20 pages"
    );
    let (mut alone, mut watched) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(buy.one_by_one(COUNT, CONCURRENCY)?.a_second());
        let pages = Pages::open(reader, OPEN)?;
        watched.push(buy.one_by_one(COUNT, CONCURRENCY)?.a_second());
        println!(
            "{:<44} {:>12.0} {:>12.0}   {} times read",
            "",
            alone.last().unwrap(),
            watched.last().unwrap(),
            pages.close()?
        );
    }
    let (alone, watched) = (median(&mut alone), median(&mut watched));
    let lost = (1.0 - watched / alone) * 100.0;
    println!(
        "{:<44} {alone:>12.0} {watched:>12.0}   {lost:.1} % less",
        "median"
    );
    Ok(())
}

fn row(reader: &Reader, name: &str, path: &str) -> Result<(), Failure> {
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..10 {
        let began = Instant::now();
        reader.get(path)?;
        times.push(began.elapsed());
    }
    times.sort();
    let millis = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    println!(
        "{name:<44} {:>12} {:>12}",
        millis(times[times.len() / 2]),
        millis(times[0])
    );
    Ok(())
}

/// The address of the newest execution.
fn first_execution(page: &str) -> Option<&str> {
    let link = page
        .split("href=\"")
        .skip(1)
        .map(|rest| rest.split('"').next());
    link.flatten()
        .find_map(|link| Some(&link[link.find("/dev/executions/")?..]))
}

fn median(rates: &mut [f64]) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// Calls a handler, and does nothing with as many items as it gets.
fn project() -> Project {
    let mut buy = task("buy");
    buy["ResultPath"] = json!(null);
    let fields = buy.as_object_mut().unwrap();
    fields.remove("End");
    fields.remove("OutputPath");
    buy["Next"] = json!("Each");
    let next = |next: &str| json!({ "Type": "Pass", "Next": next });
    Project::new("shop")
        .handler("buy")
        .definition(json!({ "StartAt": "Buy", "States": {
            "Buy": buy,
            "Each": {
                "Type": "Map",
                "ItemsPath": "$.items",
                "MaxConcurrency": 40,
                "ItemProcessor": { "StartAt": "First", "States": {
                    "First": next("Second"),
                    "Second": { "Type": "Pass", "End": true }
                } },
                "End": true
            }
        } }))
        .write()
}

fn load_average() -> String {
    let all = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let minute = all.split(' ').next().unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{minute} on {cores} cores")
}
