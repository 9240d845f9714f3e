//! Holds arguments to a signature: which are valid, and which are taken from the context.

use super::super::fault::Fault;
use super::super::syntax::{Parameter, Signature};
use super::super::value::Value;

/// The arguments as the function gets them.
pub(super) fn valid(
    signature: &Signature,
    arguments: Vec<Value>,
    context: &Value,
) -> Result<Vec<Value>, Fault> {
    let supplied: Vec<char> = arguments.iter().map(symbol).collect();
    let counts = signature.counts(&supplied)?;
    let parameters = signature.parameters();
    let mut valid = Vec::with_capacity(arguments.len().max(parameters.len()));
    let mut at = 0;
    for (parameter, count) in parameters.iter().zip(counts) {
        if count == 0 {
            if parameter.context {
                if !parameter.types.contains(symbol(context)) {
                    return Err(Fault::new("T0411").part("index", (at + 1).to_string()));
                }
                valid.push(context.clone());
            } else {
                valid.push(arguments.get(at).cloned().unwrap_or_default());
                at += 1;
            }
        }
        let matched: String = supplied[at.min(supplied.len())..]
            .iter()
            .take(count)
            .collect();
        for _ in 0..count {
            let argument = arguments.get(at).cloned().unwrap_or_default();
            valid.push(if parameter.kind == "a" {
                list(parameter, argument, &matched, at)?
            } else {
                argument
            });
            at += 1;
        }
    }
    Ok(valid)
}

/// The letter of a value's type.
fn symbol(value: &Value) -> char {
    match value {
        Value::String(_) => 's',
        Value::Number(_) | Value::Long(_) => 'n',
        Value::Bool(_) => 'b',
        Value::Null => 'l',
        Value::Array(_) => 'a',
        Value::Object(_) => 'o',
        Value::Function(_) | Value::Thunk(_) => 'f',
        Value::Undefined => 'm',
    }
}

fn list(parameter: &Parameter, argument: Value, matched: &str, at: usize) -> Result<Value, Fault> {
    if argument.is_undefined() {
        return Ok(argument);
    }
    let fits = match (&parameter.subtype, &argument) {
        (None, _) => true,
        (Some(subtype), Value::Array(array)) => {
            let wanted = subtype.chars().next();
            let mut items = array.items().iter();
            items.all(|item| Some(symbol(item)) == wanted)
        }
        (Some(subtype), _) => matched == subtype,
    };
    if !fits {
        let fault = Fault::new("T0412").part("index", (at + 1).to_string());
        let plural = parameter.subtype.as_deref().and_then(plural);
        return Err(match plural {
            Some(plural) => fault.text("type", plural),
            None => fault,
        });
    }
    Ok(match argument {
        array @ Value::Array(_) => array,
        single => Value::array(vec![single]),
    })
}

fn plural(subtype: &str) -> Option<&'static str> {
    Some(match subtype {
        "a" => "arrays",
        "b" => "booleans",
        "f" => "functions",
        "n" => "numbers",
        "o" => "objects",
        "s" => "strings",
        _ => return None,
    })
}
