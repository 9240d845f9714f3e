//! Holds the crate to recordings made on real AWS.
//!
//! `TXFLOW_CONFORMANCE` names the folder with the recordings, and `TXFLOW_CONFORMANCE_DIFFS` a file to write every
//! difference to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test"
)]

mod ages;
mod compare;
mod compare_tests;
mod coverage;
mod executions;
mod explore;
mod fork;
mod lambda;
mod mutations;
mod replay;
mod rows;
mod rules;
mod tally;
mod test_state;
mod validation;

use std::path::Path;
use std::{env, fs};

use lambda::Lambda;
use rows::{bounded, failure, rows, text};
use rules::Checked;
use tally::Tally;

#[test]
#[ignore = "needs recordings of AWS"]
fn recordings_that_need_no_functions() {
    let folder = env::var_os("TXFLOW_CONFORMANCE");
    let folder = folder.expect("TXFLOW_CONFORMANCE is not set to the folder with the recordings");
    let folder = Path::new(&folder);
    let (results, histories, up_to_date) = executions(folder);
    let (validation, wording) = validation(folder);
    let rules = rules(folder);

    let tallies = [&results, &histories, &validation, &wording, &rules];
    if let Some(path) = env::var_os("TXFLOW_CONFORMANCE_DIFFS") {
        let differences: String = tallies.iter().map(|tally| tally.differences()).collect();
        fs::write(path, differences).unwrap();
    }
    for tally in tallies {
        tally.print();
    }
    let today = up_to_date.total();
    println!(
        "history, were what AWS has changed since changed in the recordings (`ages.rs`): {today}"
    );
    let (result, history) = (results.total(), histories.total());
    let all = validation.total();
    println!("executions: result {result}, history {history}");
    println!("validation: {all}");
    print!("{}", rules.differences());
    println!("rules: {}", rules.total());

    let by_aws = validation.sum(|authority| authority.starts_with("AWS recording"));
    for (measure, count, percent) in [
        ("executions, result", result, 99),
        // 32 of 280 recordings are contradicted by newer ones: AWS changed. See `ages.rs`.
        ("executions, history", history, 88),
        ("executions, history as AWS tells it today", today, 99),
        ("validation, by AWS recordings", by_aws, 97),
        ("validation", all, 90),
        ("rules", rules.total(), 100),
    ] {
        assert!(
            count.reaches(percent),
            "{measure}: {count} is below {percent} %"
        );
    }
}

#[test]
#[ignore = "needs recordings of AWS"]
fn recordings_replay_against_their_own_definition_and_not_against_a_changed_one() {
    let folder = env::var_os("TXFLOW_CONFORMANCE");
    let folder = folder.expect("TXFLOW_CONFORMANCE is not set to the folder with the recordings");
    let rows = ["executions.jsonl", "services.jsonl"].map(|file| rows(Path::new(&folder), file));
    let rows: Vec<_> = rows.into_iter().flatten().collect();
    let (replays, clean) = replay::all(&rows);
    print!("{}", replays.report());
    println!("replay: clean {}/{}", clean.len(), replays.all);
    println!("replay: replayable {}/{}", replays.replayable, replays.all);

    let items = coverage::check_places(&rows);
    let decisions = coverage::check_reached(&clean);
    println!("coverage: {items} items, {decisions} rules, retriers and catchers used");
    assert!(decisions > 40, "the recordings use too few of them");
    let forks = fork::all(&clean);
    print!("{}", forks.report());
    println!("fork: reproduced {}/{}", forks.reproduced, forks.all);
    assert!(forks.all > 400, "few states are forked from");
    assert!(forks.reproduced * 100 >= forks.all * 95);

    let mutations = mutations::all(&clean);
    print!("{}", mutations.report());
    println!("mutations: named {}/{}", mutations.named, mutations.all);
    assert!(clean.len() * 100 >= replays.replayable * 95);
    assert!(mutations.named * 100 >= mutations.all * 95);
    assert!(mutations.all > 100, "the mutations change too little");
}

#[test]
#[ignore = "needs recordings of AWS"]
fn recorded_workflows_are_explored_without_a_panic_and_soon() {
    let folder = env::var_os("TXFLOW_CONFORMANCE");
    let folder = folder.expect("TXFLOW_CONFORMANCE is not set to the folder with the recordings");
    let rows = ["executions.jsonl", "services.jsonl"].map(|file| rows(Path::new(&folder), file));
    let explored = explore::all(&rows.concat());
    println!(
        "explore: {} definitions, {} executions, {} findings, at most {:?} each",
        explored.all, explored.runs, explored.findings, explored.longest
    );
    assert_eq!(explored.failed, [""; 0]);
    assert!(explored.runs > explored.all);
}

fn executions(folder: &Path) -> (Tally, Tally, Tally) {
    let mut results = Tally::new("executions, result");
    let mut histories = Tally::new("executions, history");
    let mut up_to_date = Tally::new("executions, history as AWS tells it today");
    for row in rows(folder, "executions.jsonl") {
        let (id, category) = (text(&row, "id"), text(&row, "category"));
        let lambda = match Lambda::of(&row) {
            Ok(lambda) => lambda,
            Err(unknown) => {
                results.unscored(&id, &unknown);
                continue;
            }
        };
        let run = bounded(&row, move |row| executions::run(row, &lambda));
        let result = match &run {
            Ok(run) => executions::compare_result(&row, &run.outcome),
            Err(error) => Err(failure(error)),
        };
        results.add(&category, &id, result);
        match &run {
            Ok(run) => {
                if let Some(history) = executions::compare_history(&row, run) {
                    histories.add(&category, &id, history);
                }
                if let Some(history) = executions::compare_history_up_to_date(&row, run) {
                    up_to_date.add(&category, &id, history);
                }
            }
            Err(error) if row["expected"].get("events").is_some() => {
                histories.add(&category, &id, Err(failure(error)));
                up_to_date.add(&category, &id, Err(failure(error)));
            }
            Err(_) => {}
        }
    }
    (results, histories, up_to_date)
}

fn rules(folder: &Path) -> Tally {
    let mut tally = Tally::new("rules");
    for (index, row) in rows(folder, "rules.jsonl").into_iter().enumerate() {
        // A rule may have several examples: the line tells them apart.
        let (rule, id) = (text(&row, "rule"), rules::name(&row, index + 1));
        match bounded(&row, |row| Ok(rules::check(row))) {
            Ok(Checked::Compared(compared)) => tally.add(&rule, &id, compared),
            Ok(Checked::Unscored(why)) => tally.unscored(&id, &why),
            Err(error) => tally.add(&rule, &id, Err(failure(&error))),
        }
    }
    tally
}

fn validation(folder: &Path) -> (Tally, Tally) {
    let mut validity = Tally::new("validation");
    let mut wordings = Tally::new("validation, AWS's words");
    for row in rows(folder, "validation.jsonl") {
        let (id, authority) = (text(&row, "id"), text(&row, "authority"));
        match bounded(&row, |row| Ok(validation::errors(row))) {
            Err(error) => validity.add(&authority, &id, Err(failure(&error))),
            Ok(errors) => {
                validity.add(&authority, &id, validation::compare(&row, &errors));
                let by_aws = authority.starts_with("AWS recording");
                let wording = validation::compare_wording(&row, &errors).filter(|_| by_aws);
                if let Some(wording) = wording {
                    wordings.add(&authority, &id, wording);
                }
            }
        }
    }
    (validity, wordings)
}
