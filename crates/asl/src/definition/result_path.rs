use super::fields::{DefinitionError, Fields};
use crate::jsonpath::JsonPath;

/// Where a result goes.
#[derive(Clone, Debug, PartialEq)]
pub enum ResultPath {
    /// Replaces the input.
    Whole,
    /// `null`: the result is discarded and the input is the output.
    Discard,
    /// Is inserted into the input.
    Into(JsonPath),
}

impl ResultPath {
    pub(crate) fn parse(fields: &Fields) -> Result<Self, DefinitionError> {
        Ok(match fields.path_or_null("ResultPath")? {
            None => Self::Whole,
            Some(None) => Self::Discard,
            Some(Some(path)) if path.is_root() => Self::Whole,
            Some(Some(path)) => Self::Into(path),
        })
    }
}
