use std::sync::Arc;

use serde_json::Value;

use crate::definition::DefinitionError;
use crate::jsonata;
use crate::states::Program;

/// A definition that is ready to run: all of its paths, intrinsic functions and JSONata expressions are parsed. Clones
/// share it.
#[derive(Clone, Debug)]
pub struct Machine {
    program: Arc<Program>,
    has_expressions: bool,
}

impl Machine {
    /// Parses a definition from JSON text.
    ///
    /// # Errors
    /// If the text is not JSON, or not a definition that can run.
    pub fn parse(definition: &str) -> Result<Self, DefinitionError> {
        let value: Value = serde_json::from_str(definition).map_err(|error| DefinitionError {
            message: format!("The definition is not JSON: {error}"),
            pointer: "/".into(),
        })?;
        Self::from_value(&value)
    }

    /// Reads a definition from parsed JSON.
    ///
    /// # Errors
    /// If it is not a definition that can run.
    pub fn from_value(definition: &Value) -> Result<Self, DefinitionError> {
        Ok(Self {
            program: Arc::new(Program::parse(definition)?),
            has_expressions: has_expressions(definition),
        })
    }

    /// Whether the definition contains JSONata, which can take long to evaluate: up to three seconds per expression.
    #[must_use]
    pub fn has_expressions(&self) -> bool {
        self.has_expressions
    }

    /// The states and their transitions.
    #[must_use]
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }
}

fn has_expressions(value: &Value) -> bool {
    match value {
        Value::String(text) => jsonata::delimited(text).is_some(),
        Value::Array(items) => items.iter().any(has_expressions),
        Value::Object(map) => map.values().any(has_expressions),
        _ => false,
    }
}
