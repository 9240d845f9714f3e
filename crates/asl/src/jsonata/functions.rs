//! The functions that Step Functions adds to JSONata, and those whose result depends on the time or on random numbers.

use std::collections::BTreeSet;
use std::rc::Rc;

use jsonata_core::evaluator::{Context as Bindings, Evaluator, EvaluatorError, HostFnResult};
use jsonata_core::value::JValue;

use super::convert::to_jsonata;
use super::environment::Environment;
use super::reserve::evaluation_ended;
use super::{guard, reserve};
use crate::budget::Budget;
use crate::random::Random;
use crate::{Timestamp, hash};

/// Registers the functions that the expression refers to.
pub(super) fn register(
    evaluator: &mut Evaluator,
    reserves: bool,
    named: &BTreeSet<String>,
    environment: &Environment,
) -> Result<(), EvaluatorError> {
    let now = environment.now;
    let budget = || Rc::clone(&environment.budget);
    if reserves {
        let budget = budget();
        evaluator.register_fn(guard::RESERVE, move |a: &[JValue]| {
            reserve::reserve(&budget, a)
        })?;
        evaluator.register_fn(guard::IS_FUNCTION, |arguments: &[JValue]| {
            let is_function = arguments.first().is_some_and(JValue::is_function);
            Ok(JValue::Bool(is_function))
        })?;
    }
    for name in named {
        match name.as_str() {
            "partition" => {
                let budget = budget();
                evaluator.register_fn("partition", move |a: &[JValue]| partition(a, &budget))?;
            }
            "range" => {
                let budget = budget();
                evaluator.register_fn("range", move |a: &[JValue]| range(a, &budget))?;
            }
            "hash" => evaluator.register_fn("hash", hash)?,
            "parse" => {
                let budget = budget();
                evaluator.register_fn("parse", move |a: &[JValue]| parse(a, &budget))?;
            }
            "uuid" => {
                let random = Random::new(environment.random.next());
                evaluator.register_fn("uuid", move |_: &[JValue]| {
                    Ok(JValue::string(random.uuid()))
                })?;
            }
            "random" => {
                let random = Random::new(environment.random.next());
                evaluator.register_fn_override("random", move |arguments: &[JValue]| {
                    let seeded = arguments.first().and_then(JValue::as_f64);
                    let number = seeded.map(|seed| Random::new(seed.to_bits()).fraction());
                    Ok(JValue::from_f64(
                        number.unwrap_or_else(|| random.fraction()),
                    ))
                })?;
            }
            "now" => evaluator.register_fn_override("now", move |a: &[JValue]| moment(now, a))?,
            "millis" => evaluator.register_fn_override("millis", move |_: &[JValue]| {
                Ok(JValue::from_i64(now.as_millis()))
            })?,
            // Step Functions does not support it.
            "eval" => evaluator.register_fn_override("eval", |_: &[JValue]| {
                error("T1006: Attempted to invoke a non-function")
            })?,
            _ => {}
        }
    }
    Ok(())
}

fn error(message: &str) -> HostFnResult {
    Err(EvaluatorError::EvaluationError(message.into()))
}

fn wrong_argument(position: usize, function: &str) -> HostFnResult {
    error(&format!(
        "T0410: Argument {position} of function \"{function}\" does not match function signature"
    ))
}

/// `$now(picture, timezone)`: the current time, formatted by `$fromMillis`.
fn moment(now: Timestamp, arguments: &[JValue]) -> HostFnResult {
    if arguments.is_empty() {
        return Ok(JValue::string(now.to_string()));
    }
    let mut bindings = Bindings::new();
    bindings.bind("millis".into(), JValue::from_i64(now.as_millis()));
    for (name, value) in ["picture", "timezone"].into_iter().zip(arguments) {
        bindings.bind(name.into(), value.clone());
    }
    let call = match arguments.len() {
        1 => "$fromMillis($millis, $picture)",
        _ => "$fromMillis($millis, $picture, $timezone)",
    };
    let call = jsonata_core::parser::parse(call)
        .map_err(|e| EvaluatorError::EvaluationError(e.to_string()))?;
    Evaluator::with_context(bindings).evaluate(&call, &JValue::Undefined)
}

/// `$partition(array, size)`: the array in chunks of this size.
fn partition(arguments: &[JValue], budget: &Budget) -> HostFnResult {
    let Some(items) = arguments.first().and_then(JValue::as_array) else {
        return wrong_argument(1, "partition");
    };
    let size = arguments.get(1).and_then(JValue::as_f64).unwrap_or(0.0);
    if size < 1.0 {
        return wrong_argument(2, "partition");
    }
    budget
        .take(items.len() * 4 * size_of::<JValue>())
        .map_err(evaluation_ended)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at least 1; a larger one saturates"
    )]
    let pieces = items.chunks(size as usize);
    Ok(JValue::array(
        pieces.map(|piece| JValue::array(piece.to_vec())).collect(),
    ))
}

/// `$range(first, last, step)`: the numbers from the first to the last, inclusive.
fn range(arguments: &[JValue], budget: &Budget) -> HostFnResult {
    let mut numbers = [0.0; 3];
    for (i, number) in numbers.iter_mut().enumerate() {
        match arguments.get(i).and_then(JValue::as_f64) {
            Some(given) => *number = given,
            None => return wrong_argument(i + 1, "range"),
        }
    }
    let [first, last, step] = numbers;
    if step == 0.0 {
        return wrong_argument(3, "range");
    }
    let count = ((last - first) / step).floor() + 1.0;
    if count > MAX_RANGE {
        return error(
            "D2014: The size of the sequence allocated by the range operator must not exceed 1e7",
        );
    }
    let mut items = Vec::new();
    let mut n = 0.0;
    while n < count {
        budget.take(size_of::<JValue>()).map_err(evaluation_ended)?;
        items.push(JValue::from_f64(first + n * step));
        n += 1.0;
    }
    Ok(JValue::array(items))
}

/// JSONata's own limit for `[a..b]`.
const MAX_RANGE: f64 = 1e7;

/// `$hash(text, algorithm)`, in hexadecimal.
fn hash(arguments: &[JValue]) -> HostFnResult {
    let Some(text) = arguments.first().and_then(JValue::as_str) else {
        return wrong_argument(1, "hash");
    };
    let algorithm = match arguments.get(1) {
        None => "SHA-256",
        Some(algorithm) => algorithm.as_str().unwrap_or_default(),
    };
    match hash::hexadecimal(algorithm, text) {
        Some(hash) => Ok(JValue::string(hash)),
        None => wrong_argument(2, "hash"),
    }
}

/// `$parse(text)`: the value of a JSON text.
fn parse(arguments: &[JValue], budget: &Budget) -> HostFnResult {
    match arguments.first() {
        None | Some(JValue::Undefined) => Ok(JValue::Undefined),
        Some(JValue::String(text)) => {
            crate::intrinsic::cost::of_json(text, budget).map_err(evaluation_ended)?;
            match serde_json::from_str(text) {
                Ok(value) => Ok(to_jsonata(&value)),
                Err(problem) => error(&format!("Invalid JSON: {problem}")),
            }
        }
        Some(_) => wrong_argument(1, "parse"),
    }
}
