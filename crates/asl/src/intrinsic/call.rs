use serde_json::Value;

use super::arguments::Returned;
use super::{Argument, Function, Intrinsic, arrays, cost, encoding, format, numbers, strings};
use crate::budget::Budget;
use crate::jsonpath::JsonPath;
use crate::random::Random;

/// Why a call has no result.
pub(crate) enum CallError<E> {
    /// A path among its arguments found nothing.
    Argument(E),
    /// The arguments do not fit the function, or that of a nested call.
    Failed(String),
}

impl Intrinsic {
    /// Calls the function. `find` looks paths up.
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
        let room = cost::of(self.function, &arguments, budget);
        let result = match room {
            Ok(()) => self.apply(arguments, random),
            Err(exhausted) => Err(exhausted.to_string()),
        };
        result.map_err(CallError::Failed)
    }

    fn apply(&self, arguments: Vec<Value>, random: &Random) -> Returned {
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
