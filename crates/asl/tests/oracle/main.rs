//! Holds JSONPath to Jayway JsonPath 2.0.0, which Step Functions behaves like.
//!
//! `TXFLOW_ORACLE` names the folder with `JaywayOracle.java`. `TXFLOW_SEED` repeats a run, and `TXFLOW_BLESS=1` adds what
//! differed to `cases.txt`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test"
)]

mod answer;
mod documents;
mod explained;
mod java;
mod paths;
mod random;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::{env, fs};

use answer::Answer;
use random::Random;

const QUESTIONS: usize = 8_000;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/cases.txt");

/// A path, and the document that it is asked of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Question {
    path: String,
    document: String,
}

/// The cases without the oracle: its answers are kept beside them.
#[test]
fn the_known_cases_are_answered_as_by_jayway() {
    let differing: Vec<String> = cases()
        .iter()
        .filter(|(question, answer)| Answer::ours(question) != Answer::parse(answer))
        .map(|(question, answer)| told(question, answer))
        .collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
#[ignore = "needs Jayway JsonPath"]
fn paths_that_need_jayway() {
    let folder = env::var_os("TXFLOW_ORACLE")
        .expect("TXFLOW_ORACLE is not set to the folder with JaywayOracle.java");
    let seed = env::var("TXFLOW_SEED").map_or_else(
        |_| RandomState::new().hash_one(0) >> 16,
        |text| text.parse().expect("TXFLOW_SEED is a number"),
    );
    let mut random = Random::new(seed);
    let mut questions: Vec<Question> = cases().into_iter().map(|(question, _)| question).collect();
    let known = questions.len();
    questions.extend((0..QUESTIONS).map(|_| Question {
        path: paths::path(&mut random),
        document: documents::document(&mut random).to_string(),
    }));
    let answers = java::ask(folder.as_ref(), &questions);

    let stale: Vec<_> = cases()
        .into_iter()
        .zip(&answers)
        .filter(|((_, kept), answer)| Answer::parse(kept) != Answer::parse(answer))
        .collect();
    assert!(
        stale.is_empty(),
        "the oracle answers differently: {stale:#?}"
    );

    let (mut same, mut found) = (0, 0);
    let mut explained: BTreeMap<&str, usize> = BTreeMap::new();
    let mut differing = String::new();
    for (question, answer) in questions.iter().zip(&answers).skip(known) {
        let theirs = Answer::parse(answer);
        found += usize::from(matches!(theirs, Answer::Found(_)));
        if Answer::ours(question) == theirs {
            same += 1;
        } else if let Some(reason) = explained::reason(question) {
            *explained.entry(reason).or_default() += 1;
        } else {
            println!("not explained: {}", told(question, answer));
            differing += &format!("{}\t{}\t{answer}\n", question.path, question.document);
        }
    }
    if env::var_os("TXFLOW_BLESS").is_some() {
        let kept = fs::read_to_string(CASES).unwrap();
        fs::write(CASES, kept + &differing).unwrap();
    }
    for (reason, count) in explained {
        println!("differ {count} times: {reason}");
    }
    println!("TXFLOW_SEED={seed} repeats this, and TXFLOW_BLESS=1 keeps what is not explained");
    println!("{found} of the paths find something");
    println!("paths: same {same}/{QUESTIONS}");
    assert!(
        same * 100 >= QUESTIONS * 99,
        "the same in less than 99 % of the paths, with TXFLOW_SEED={seed}"
    );
}

/// The cases, with the answers of the oracle.
fn cases() -> Vec<(Question, String)> {
    let text = fs::read_to_string(CASES).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let mut parts = line.splitn(3, '\t').map(str::to_owned);
            let (path, document) = (parts.next().unwrap(), parts.next().unwrap());
            (Question { path, document }, parts.next().unwrap())
        })
        .collect()
}

fn told(question: &Question, answer: &str) -> String {
    format!(
        "{}\n  of     {}\n  jayway {:?}\n  txflow {:?}",
        question.path,
        question.document,
        Answer::parse(answer),
        Answer::ours(question)
    )
}
