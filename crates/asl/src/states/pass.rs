use serde_json::Value;

use crate::definition::Fields;

/// Gives its input, or a fixed result, on.
#[derive(Debug)]
pub struct Pass {
    pub result: Option<Value>,
}

impl Pass {
    pub(crate) fn parse(fields: &Fields) -> Self {
        Self {
            result: fields.get("Result").cloned(),
        }
    }
}
