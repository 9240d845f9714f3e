//! The memory that a call takes, calculated before the call.

use serde_json::Value;

use super::Function;
use crate::budget::{Budget, ENTRY, Exhausted};

const VALUE: usize = size_of::<Value>();

/// Takes from the budget what the result of a call may need.
pub(super) fn of(
    function: Function,
    arguments: &[Value],
    budget: &Budget,
) -> Result<(), Exhausted> {
    match (function, arguments) {
        (Function::StringSplit, [Value::String(text), Value::String(separators)]) => {
            let ends = text.matches(|c| separators.contains(c)).count();
            budget.take(text.len() + (ends + 1) * VALUE)
        }
        (Function::StringToJson, [Value::String(text)]) => of_json(text, budget),
        // The others create no more than they are given.
        _ => {
            let mut arguments = arguments.iter();
            arguments.try_for_each(|argument| budget.take_value(argument))
        }
    }
}

/// Takes what the value of a JSON text needs.
pub(crate) fn of_json(text: &str, budget: &Budget) -> Result<(), Exhausted> {
    let count = |signs: &[u8]| text.bytes().filter(|byte| signs.contains(byte)).count();
    let values = 1 + count(b",[{:");
    budget.take(text.len() + values * VALUE + count(b":") * ENTRY)
}
