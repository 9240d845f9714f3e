use crate::definition::{DefinitionError, Dynamic, Fields};

/// Ends the execution, or the branch it stands in, with an error.
#[derive(Debug)]
pub struct Fail {
    pub error: Option<Dynamic<String>>,
    pub cause: Option<Dynamic<String>>,
}

impl Fail {
    pub(crate) fn parse(fields: &Fields) -> Result<Self, DefinitionError> {
        Ok(Self {
            error: Dynamic::text(fields, "Error")?,
            cause: Dynamic::text(fields, "Cause")?,
        })
    }
}
