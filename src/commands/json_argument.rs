//! An option whose value is JSON: written out, in a file, or on standard input.

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
    let bad = |cause: String| CommandError::BadArgument { option, cause };
    let read = match text.strip_prefix('@') {
        Some(path) => input_file::read(Path::new(path)),
        None if text == "-" => input_file::text((world.stdin)()),
        None => Ok(text.to_owned()),
    };
    let text = read.map_err(|error| bad(error.to_string()))?;
    parse_json(&text).map_err(|error| bad(error.to_string()))
}
