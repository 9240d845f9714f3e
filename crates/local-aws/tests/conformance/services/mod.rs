//! `services.jsonl`: executions that call other services, in memory and on virtual time.
//!
//! Each row gets an AWS of its own, with what the row needs (`needs.rs`) and with those who worked beside the execution
//! when it was recorded (`workers.rs`).

mod masks;
mod needs;
mod workers;

use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use txflow_local_aws::Weather;

use crate::ages;
use crate::cloud::{Answer, Cloud};
use crate::compare::{Difference, Wildcards};
use crate::rows::{bounded, failure, rows, text};
use crate::tally::{Count, Tally};
use needs::Needs;

/// More virtual time than any recording took.
const PATIENCE: Duration = Duration::from_hours(24);

/// How an execution ended, and its history.
struct Played {
    ended: Value,
    events: Vec<Value>,
}

#[test]
#[ignore = "needs recordings of AWS"]
fn recordings_that_need_services() {
    let folder = std::env::var_os("TXFLOW_CONFORMANCE");
    let folder = folder.expect("TXFLOW_CONFORMANCE is not set to the folder with the recordings");
    let mut today = Tallies::new("services, as AWS answers today");
    let mut strict = Tallies::new("services, as recorded");
    let mut unscored = Count::default();
    for row in rows(Path::new(&folder), "services.jsonl") {
        unscored.rows += 1;
        let needs = match Needs::of(&row) {
            Ok(needs) => needs,
            Err(unknown) => {
                println!("unscored: {}: {unknown}", text(&row, "id"));
                unscored.agree += 1;
                continue;
            }
        };
        let played = bounded(&row, move |row| play(row, &needs));
        strict.add(&row, &row["expected"], &played);
        today.add(&row, &ages::up_to_date(&row, &row["expected"]), &played);
    }
    today.results.print();
    for tally in [&today.results, &today.sequences, &today.histories] {
        print!("{}", tally.differences());
    }
    // 4 rows are older than redrive, see `ages.rs`.
    println!("services, exactly as recorded: {strict}");
    println!("services: {today}");
    for (measure, count, percent) in [
        ("result", today.results.total(), 95),
        ("sequence", today.sequences.total(), 95),
        ("history", today.histories.total(), 90),
    ] {
        assert!(
            count.reaches(percent),
            "services, {measure}: {count} is below {percent} %"
        );
    }
    assert!(
        unscored.agree * 10 <= unscored.rows,
        "{unscored} rows are not scored"
    );
}

/// What is counted.
struct Tallies {
    results: Tally,
    sequences: Tally,
    histories: Tally,
}

impl Tallies {
    fn new(name: &'static str) -> Self {
        Self {
            results: Tally::new(name),
            sequences: Tally::new(name),
            histories: Tally::new(name),
        }
    }

    fn add(&mut self, row: &Value, recorded: &Value, played: &Result<Played, String>) {
        let (id, category) = (text(row, "id"), text(row, "category"));
        let wildcards = Wildcards::of(&row["compare"]);
        let recorded = masks::masked(recorded);
        let unordered = row["unordered_parallel_events"] == true;
        let compared = |compare: &dyn Fn(&Played) -> Result<(), Difference>| {
            let played = played.as_ref().map_err(|error| failure(error));
            played.and_then(compare)
        };
        let result = compared(&|played| wildcards.result(&recorded, &played.ended));
        self.results.add(&category, &id, result);
        let types = types(&recorded);
        let sequence = compared(&|played| {
            let found: Vec<Value> = { played.events.iter() }
                .map(|event| json!({ "type": event["type"] }))
                .collect();
            wildcards.history(&types, &found, unordered)
        });
        self.sequences.add(&category, &id, sequence);
        if let Some(events) = recorded["events"].as_array() {
            let history = compared(&|played| wildcards.history(events, &played.events, unordered));
            self.histories.add(&category, &id, history);
        }
    }
}

impl fmt::Display for Tallies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tallies = [&self.results, &self.sequences, &self.histories];
        let [result, sequence, history] = tallies.map(Tally::total);
        write!(f, "result {result}, sequence {sequence}, history {history}")
    }
}

/// The recorded types of events, each as an event that has nothing else.
fn types(recorded: &Value) -> Vec<Value> {
    let types = recorded["event_types"].as_array().into_iter().flatten();
    types.map(|kind| json!({ "type": kind })).collect()
}

fn play(row: &Value, needs: &Needs) -> Result<Played, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let mut cloud = Cloud::new(Weather::constant(Duration::ZERO));
        cloud.access_key = needs::ACCOUNT;
        let prepared = needs.prepare(&cloud, row).await?;
        execute(&cloud, row, &prepared).await
    })
}

async fn execute(cloud: &Cloud, row: &Value, prepared: &needs::Prepared) -> Result<Played, String> {
    let created = accepted(
        "CreateStateMachine",
        cloud
            .states(
                "CreateStateMachine",
                json!({
                    "name": "recorded",
                    "definition": prepared.definition,
                    "roleArn": prepared.role,
                    "type": text(row, "kind").to_uppercase(),
                }),
            )
            .await,
    )?;
    let start = json!({ "stateMachineArn": created["stateMachineArn"], "input": prepared.input });
    if row["kind"] == "express" {
        let ended = cloud.states("StartSyncExecution", start).await;
        let ended = accepted("StartSyncExecution", ended)?;
        return Ok(Played {
            ended: prepared.found(&ended),
            events: Vec::new(),
        });
    }
    let started = cloud.states("StartExecution", start).await;
    let started = accepted("StartExecution", started)?;
    let execution = text(&started, "executionArn");
    let (worked, ended) = tokio::join!(
        workers::work(cloud, row, &execution),
        ended(cloud, &execution)
    );
    worked?;
    let ended = ended?;
    let events = history(cloud, &execution).await?;
    Ok(Played {
        ended: prepared.found(&ended),
        events: events.iter().map(|event| prepared.found(event)).collect(),
    })
}

async fn ended(cloud: &Cloud, execution: &str) -> Result<Value, String> {
    let mut pause = Duration::from_millis(10);
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while tokio::time::Instant::now() < deadline {
        let described = cloud.states("DescribeExecution", json!({ "executionArn": execution }));
        let described = accepted("DescribeExecution", described.await)?;
        if described["status"] != "RUNNING" {
            return Ok(described);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(60));
    }
    Err("the execution did not end".to_owned())
}

async fn history(cloud: &Cloud, execution: &str) -> Result<Vec<Value>, String> {
    let input = json!({ "executionArn": execution, "maxResults": 1000 });
    let history = cloud.states("GetExecutionHistory", input).await;
    let history = accepted("GetExecutionHistory", history)?;
    Ok(history["events"].as_array().cloned().unwrap_or_default())
}

fn accepted(operation: &str, answer: Answer) -> Result<Value, String> {
    match answer.status {
        200..300 => Ok(serde_json::from_str(&answer.text).unwrap_or_default()),
        status => Err(format!("{operation}: {status} {}", answer.text)),
    }
}
