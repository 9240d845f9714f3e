//! Holds the crate to another implementation, its oracle: both are asked the same questions, which are made from a seed.
//!
//! `TXFLOW_SEED` repeats a run, and `TXFLOW_BLESS=1` adds what differed to the known cases. `TXFLOW_EXPLAINED=1` shows what
//! differs for a known reason.

pub mod process;
pub mod random;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::hash::{BuildHasher, RandomState};
use std::{env, fs};

use random::Random;

pub trait Question: Sized {
    type Answer: PartialEq + Debug;

    /// What the closing line counts.
    const MEASURE: &'static str;
    const ORACLE: &'static str;
    const COUNT: usize;
    /// The file with the known cases, one a line. A line that begins with `#` is a comment.
    const CASES: &'static str;

    fn make(random: &mut Random) -> Self;
    /// Reads a known case, with the answer of the oracle.
    fn read(case: &str) -> (Self, String);
    /// The question as a known case.
    fn write(&self, answer: &str) -> String;
    /// What is asked, and of which document.
    fn parts(&self) -> (&str, &str);

    fn ours(&self) -> Self::Answer;
    /// Reads a line of the oracle.
    fn theirs(line: &str) -> Self::Answer;
    fn is_value(answer: &Self::Answer) -> bool;
    /// Why the answers may differ, if there is a reason.
    fn explained(&self, ours: &Self::Answer, theirs: &Self::Answer) -> Option<&'static str>;
}

/// Without the oracle: its answers are kept beside the cases.
pub fn hold_to_known_cases<Q: Question>() {
    let cases = cases::<Q>();
    let differing = cases
        .iter()
        .filter(|(question, answer)| question.ours() != Q::theirs(answer));
    let differing: Vec<String> = differing
        .map(|(question, answer)| told(question, answer))
        .collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

pub fn hold_to_oracle<Q: Question>(ask: impl Fn(&[Q]) -> Vec<String>) {
    let seed = env::var("TXFLOW_SEED").map_or_else(
        |_| RandomState::new().hash_one(0) >> 16,
        |text| text.parse().expect("TXFLOW_SEED is a number"),
    );
    let mut random = Random::new(seed);
    let (mut questions, kept): (Vec<Q>, Vec<String>) = cases().into_iter().unzip();
    questions.extend((0..Q::COUNT).map(|_| Q::make(&mut random)));
    let answers = ask(&questions);

    let stale: Vec<_> = kept
        .iter()
        .zip(&answers)
        .filter(|(kept, answer)| Q::theirs(kept) != Q::theirs(answer))
        .collect();
    assert!(
        stale.is_empty(),
        "the oracle answers differently: {stale:#?}"
    );

    let (mut same, mut found) = (0, 0);
    let mut explained: BTreeMap<&str, usize> = BTreeMap::new();
    let mut differing = String::new();
    for (question, answer) in questions.iter().zip(&answers).skip(kept.len()) {
        let (ours, theirs) = (question.ours(), Q::theirs(answer));
        found += usize::from(Q::is_value(&theirs));
        if ours == theirs {
            same += 1;
        } else if let Some(reason) = question.explained(&ours, &theirs) {
            *explained.entry(reason).or_default() += 1;
            if env::var_os("TXFLOW_EXPLAINED").is_some() {
                println!("explained: {}", told(question, answer));
            }
        } else {
            println!("not explained: {}", told(question, answer));
            differing += &format!("{}\n", question.write(answer));
        }
    }
    if env::var_os("TXFLOW_BLESS").is_some() {
        let kept = fs::read_to_string(Q::CASES).unwrap();
        fs::write(Q::CASES, kept + &differing).unwrap();
    }
    for (reason, count) in explained {
        println!("differ {count} times: {reason}");
    }
    let (measure, count) = (Q::MEASURE, Q::COUNT);
    println!("TXFLOW_SEED={seed} repeats this, and TXFLOW_BLESS=1 keeps what is not explained");
    println!("{found} of the {measure} have a value");
    println!("{measure}: same {same}/{count}");
    assert!(
        same * 100 >= count * 99,
        "the same in less than 99 % of the {measure}, with TXFLOW_SEED={seed}"
    );
}

fn cases<Q: Question>() -> Vec<(Q, String)> {
    let text = fs::read_to_string(Q::CASES).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(Q::read).collect()
}

fn told<Q: Question>(question: &Q, answer: &str) -> String {
    let (asked, document) = question.parts();
    format!(
        "{asked}\n  of {document}\n  {} {:?}\n  txflow {:?}",
        Q::ORACLE,
        Q::theirs(answer),
        question.ours()
    )
}
