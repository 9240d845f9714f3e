use std::sync::Arc;

use serde_json::Value;

use crate::definition::{DefinitionError, Program};

/// A definition that is ready to run: every path, intrinsic function and JSONata expression
/// in it is parsed. A clone shares it.
#[derive(Clone, Debug)]
pub struct Machine(Arc<Program>);

impl Machine {
    /// Reads a definition from JSON text.
    ///
    /// # Errors
    /// Where the text is not JSON, or not a definition that can run.
    pub fn parse(definition: &str) -> Result<Self, DefinitionError> {
        let value: Value = serde_json::from_str(definition).map_err(|error| DefinitionError {
            message: format!("The definition is not JSON: {error}"),
            pointer: "/".into(),
        })?;
        Self::from_value(&value)
    }

    /// Reads a definition that is parsed already.
    ///
    /// # Errors
    /// Where it is not a definition that can run.
    pub fn from_value(definition: &Value) -> Result<Self, DefinitionError> {
        Ok(Self(Arc::new(Program::parse(definition)?)))
    }

    /// The states and how they hang together.
    #[must_use]
    pub fn program(&self) -> &Arc<Program> {
        &self.0
    }
}
