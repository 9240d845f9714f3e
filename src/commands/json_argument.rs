//! An option whose value is JSON: written out, in a file, or on standard input.

use std::fmt::Display;
use std::path::Path;

use serde_json::Value;
use txflow_asl::source::parse_json;

use super::error::CommandError;
use crate::input_file;
use crate::world::World;

/// The JSON that the value of an option stands for: `{"a": 1}`, `@order.json`, or `-`.
#[expect(
    clippy::disallowed_methods,
    reason = "reads a file that the user names"
)]
pub(super) fn json_argument(
    world: &World,
    option: &'static str,
    text: &str,
) -> Result<Value, CommandError> {
    let path = text.strip_prefix('@');
    let bad = |error: &dyn Display| CommandError::BadArgument {
        option,
        cause: match path {
            Some(path) => format!("`{path}`: {error}"),
            None => error.to_string(),
        },
    };
    let read = match path {
        Some(path) => input_file::read(Path::new(path)),
        None if text == "-" => input_file::text((world.stdin)()),
        None => Ok(text.to_owned()),
    };
    let text = read.map_err(|error| bad(&error))?;
    parse_json(&text).map_err(|error| bad(&error))
}
