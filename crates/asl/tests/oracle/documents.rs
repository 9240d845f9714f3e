//! Documents that the paths of `paths.rs` find something in.

use serde_json::{Map, Value, json};

use crate::differential::random::Random;

pub const NAMES: [&str; 9] = [
    "a",
    "b",
    "c",
    "kind",
    "price",
    "b c",
    "detail-type",
    "length",
    "0",
];

/// Hardly ever a scalar.
pub fn document(random: &mut Random) -> Value {
    match random.below(20) {
        0 => scalar(random),
        1..4 => list(random, 3),
        4..7 => json!({ "a": records(random), "b": scalar(random), "kind": "red", "price": 10 }),
        _ => object(random, 3),
    }
}

fn value(random: &mut Random, depth: usize) -> Value {
    match random.below(7) {
        _ if depth == 0 => scalar(random),
        0..2 => scalar(random),
        2..4 => list(random, depth - 1),
        4 => records(random),
        _ => object(random, depth - 1),
    }
}

fn list(random: &mut Random, depth: usize) -> Value {
    let length = random.below(4);
    (0..length).map(|_| value(random, depth)).collect()
}

/// A list of similar objects, as filters are written for.
fn records(random: &mut Random) -> Value {
    let length = random.below(5);
    let record = |random: &mut Random| {
        let mut record = Map::new();
        for name in ["a", "b", "kind", "price"] {
            if !random.one_in(4) {
                record.insert(name.into(), scalar(random));
            }
        }
        Value::Object(record)
    };
    (0..length).map(|_| record(random)).collect()
}

fn object(random: &mut Random, depth: usize) -> Value {
    let mut object = Map::new();
    for _ in 0..=random.below(4) {
        object.insert(random.pick(&NAMES).to_owned(), value(random, depth));
    }
    Value::Object(object)
}

fn scalar(random: &mut Random) -> Value {
    const TEXTS: [&str; 12] = [
        "red", "blue", "Red", "", "10", "1.50", "true", "null", "it's", "a b", "x&&y", "ü",
    ];
    match random.below(9) {
        0 => Value::Null,
        1 => random.one_in(2).into(),
        2 => json!([1.5, -0.25, 10.0, 2.5e10, 0.0001][random.below(5)]),
        3..6 => json!([0, 1, 2, 10, -1, 9_999_999_999_i64][random.below(6)]),
        _ => random.pick(&TEXTS).into(),
    }
}
