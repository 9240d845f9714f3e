use serde_json::Value;

use super::arguments::{Returned, expected, integer};
use crate::random::Random;

/// Adds two numbers, each rounded half up first.
pub(super) fn add(arguments: &[Value]) -> Returned {
    let sum = integer(arguments, 0)?.checked_add(integer(arguments, 1)?);
    sum.map(Value::from)
        .ok_or_else(|| "the sum does not fit into 64 bits".into())
}

/// A random number from the first argument up to, but not including, the second. The third argument is a seed.
pub(super) fn random(arguments: &[Value], random: &Random) -> Returned {
    let first = integer(arguments, 0)?;
    let last = integer(arguments, 1)?;
    if last <= first {
        return Err(expected(1, "greater than argument 1", arguments.get(1)));
    }
    let number = match arguments.get(2) {
        None => random.next(),
        Some(_) => Random::new(integer(arguments, 2)?.unsigned_abs()).next(),
    };
    let width = first.abs_diff(last);
    Ok(first.saturating_add_unsigned(number % width).into())
}
