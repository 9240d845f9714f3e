//! Holds JSONata to jsonata-js 2.0.6, which is the version that Step Functions documents.
//!
//! `TXFLOW_JSONATA` names the folder that `.ci/jsonata` prints. `TXFLOW_SEED` repeats a run, and `TXFLOW_BLESS=1` adds
//! what differed to `cases.jsonl`. `TXFLOW_EXPLAINED=1` shows what differs for a known reason.
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
mod explained;
mod grammar;
mod node;
#[path = "../oracle/random.rs"]
mod random;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::{env, fs};

use answer::Answer;
use random::Random;
use serde_json::{Value, json};

const QUESTIONS: usize = 4_000;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/expressions/cases.jsonl");

/// An expression, and the document that it is asked of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Question {
    expression: String,
    document: String,
}

/// The cases without the oracle: its answers are kept beside them.
#[test]
fn the_known_cases_are_answered_as_by_jsonata_js() {
    let differing: Vec<String> = cases()
        .iter()
        .filter(|(question, answer)| Answer::ours(question) != Answer::parse(answer))
        .map(|(question, answer)| told(question, answer))
        .collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
#[ignore = "needs jsonata-js"]
fn expressions_that_need_jsonata_js() {
    let folder = env::var_os("TXFLOW_JSONATA")
        .expect("TXFLOW_JSONATA is not set to the folder that .ci/jsonata prints");
    let seed = env::var("TXFLOW_SEED").map_or_else(
        |_| RandomState::new().hash_one(0) >> 16,
        |text| text.parse().expect("TXFLOW_SEED is a number"),
    );
    let mut random = Random::new(seed);
    let mut questions: Vec<Question> = cases().into_iter().map(|(question, _)| question).collect();
    let known = questions.len();
    questions.extend((0..QUESTIONS).map(|_| Question {
        expression: grammar::expression(&mut random),
        document: grammar::document(&mut random).to_string(),
    }));
    let answers = node::ask(folder.as_ref(), &questions);

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
        found += usize::from(matches!(theirs, Answer::Value(_)));
        let ours = Answer::ours(question);
        if ours == theirs {
            same += 1;
        } else if let Some(reason) = explained::reason(question, &ours, &theirs) {
            *explained.entry(reason).or_default() += 1;
            if env::var_os("TXFLOW_EXPLAINED").is_some() {
                println!("explained: {}", told(question, answer));
            }
        } else {
            println!("not explained: {}", told(question, answer));
            differing += &format!("{}\n", line(question, answer));
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
    println!("{found} of the expressions have a value");
    println!("expressions: same {same}/{QUESTIONS}");
    assert!(
        same * 100 >= QUESTIONS * 99,
        "the same in less than 99 % of the expressions, with TXFLOW_SEED={seed}"
    );
}

/// The cases, with the answers of the oracle.
fn cases() -> Vec<(Question, String)> {
    let text = fs::read_to_string(CASES).unwrap();
    text.lines()
        .map(|line| {
            let case: Value = serde_json::from_str(line).unwrap();
            let question = Question {
                expression: case["expression"].as_str().unwrap().to_owned(),
                document: case["document"].to_string(),
            };
            (question, case["answer"].to_string())
        })
        .collect()
}

fn line(question: &Question, answer: &str) -> Value {
    let document: Value = serde_json::from_str(&question.document).unwrap();
    let answer: Value = serde_json::from_str(answer).unwrap();
    json!({ "expression": question.expression, "document": document, "answer": answer })
}

fn told(question: &Question, answer: &str) -> String {
    format!(
        "{}\n  of         {}\n  jsonata-js {:?}\n  txflow     {:?}",
        question.expression,
        question.document,
        Answer::parse(answer),
        Answer::ours(question)
    )
}
