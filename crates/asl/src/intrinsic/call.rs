use serde_json::Value;

use super::{Argument, Function, Intrinsic, arrays, encoding, format, numbers, strings};
use crate::budget::Budget;
use crate::jsonpath::JsonPath;
use crate::random::Random;

/// Why a call has no result.
pub(crate) enum CallError<E> {
    /// A path among its arguments led nowhere.
    Argument(E),
    /// The arguments do not fit the function.
    Failed(String),
}

/// What a function makes of its arguments.
pub(super) type Outcome = Result<Value, String>;

impl Intrinsic {
    /// Calls the function, with `find` to look paths up.
    pub(crate) fn call<E>(
        &self,
        find: &impl Fn(&JsonPath) -> Result<Value, E>,
        random: &Random,
        budget: &Budget,
    ) -> Result<Value, CallError<E>> {
        let arguments = self.arguments.iter().map(|argument| match argument {
            Argument::Literal(value) => Ok(value.clone()),
            Argument::Path(path) => find(path).map_err(CallError::Argument),
            Argument::Call(call) => call.call(find, random, budget),
        });
        let arguments: Vec<Value> = arguments.collect::<Result<_, _>>()?;
        let room = super::cost::of(self.function, &arguments, budget);
        let result = match room {
            Ok(()) => self.apply(arguments, random),
            Err(exhausted) => Err(exhausted.to_string()),
        };
        result.map_err(|problem| {
            CallError::Failed(format!(
                "The function '{}' had the following error: {problem}",
                self.text
            ))
        })
    }

    fn apply(&self, arguments: Vec<Value>, random: &Random) -> Outcome {
        let a = arguments.as_slice();
        match self.function {
            Function::Array => Ok(Value::Array(arguments)),
            Function::ArrayContains => arrays::contains(a),
            Function::ArrayGetItem => arrays::get_item(a),
            Function::ArrayLength => arrays::length(a),
            Function::ArrayPartition => arrays::partition(a),
            Function::ArrayRange => arrays::range(a),
            Function::ArrayUnique => arrays::unique(a),
            Function::Base64Decode => encoding::base64_decode(a),
            Function::Base64Encode => encoding::base64_encode(a),
            Function::Format => format::format(a),
            Function::Hash => encoding::hash(a),
            Function::JsonMerge => encoding::json_merge(a),
            Function::JsonToString => encoding::json_to_string(a),
            Function::MathAdd => numbers::add(a),
            Function::MathRandom => numbers::random(a, random),
            Function::StringSplit => strings::split(a),
            Function::StringToJson => encoding::string_to_json(a),
            Function::UUID => Ok(random.uuid().into()),
        }
    }
}

/// The argument at `i`, which must be an array.
pub(super) fn array(arguments: &[Value], i: usize) -> Result<&[Value], String> {
    match arguments.get(i) {
        Some(Value::Array(items)) => Ok(items),
        other => Err(expected(i, "an array", other)),
    }
}

/// The argument at `i`, which must be a string.
pub(super) fn text(arguments: &[Value], i: usize) -> Result<&str, String> {
    match arguments.get(i) {
        Some(Value::String(text)) => Ok(text),
        other => Err(expected(i, "a string", other)),
    }
}

/// The argument at `i`, which must be a number. Fractions are rounded half up.
pub(super) fn integer(arguments: &[Value], i: usize) -> Result<i64, String> {
    let given = arguments.get(i);
    let Some(number) = given.and_then(Value::as_number) else {
        return Err(expected(i, "a number", given));
    };
    if let Some(integer) = number.as_i64() {
        return Ok(integer);
    }
    let rounded = (number.as_f64().unwrap_or(f64::NAN) + 0.5).floor();
    #[expect(clippy::cast_possible_truncation, reason = "checked to be in range")]
    if rounded.abs() < 9e18 {
        return Ok(rounded as i64);
    }
    Err(expected(i, "an integer of 64 bits", given))
}

pub(super) fn expected(i: usize, what: &str, given: Option<&Value>) -> String {
    match given {
        Some(given) => format!("argument {} must be {what}, but was: {given}", i + 1),
        None => format!("argument {} is missing", i + 1),
    }
}
