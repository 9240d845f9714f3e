use jsonata_core::evaluator::{Context as Bindings, Evaluator, EvaluatorOptions};
use jsonata_core::value::JValue;
use serde_json::Value;

use super::catch_panic::catch_panic;
use super::convert::{to_json, to_jsonata};
use super::environment::Environment;
use super::reserve::evaluation_ended;
use super::{Expression, functions};
use crate::budget::MAX_BYTES;

/// Why an expression has no usable result.
pub(crate) enum EvaluationError {
    Undefined,
    /// The result is or contains something that is not JSON, such as a function.
    Unsupported,
    /// JSONata's own error code and message.
    Threw(String),
}

/// A guard against expressions that never end. The evaluator does not count its steps, so this is the only limit that a
/// slower machine reaches earlier.
const TIME_LIMIT_MILLIS: u64 = 3_000;

/// The maximum depth of an evaluation: about 1,600 nested calls. The evaluator takes 3 KB for each level.
const MAX_DEPTH: usize = 5_000;

/// The maximum number of items in a sequence: as many as fit into the memory limit.
const MAX_SEQUENCE: usize = MAX_BYTES / size_of::<JValue>();

impl Expression {
    pub(crate) fn evaluate(&self, environment: &Environment) -> Result<Value, EvaluationError> {
        let mut bindings = Bindings::new();
        if self.references.mentions_states() {
            bindings.bind("states".into(), environment.states(&self.references));
        }
        for name in &self.references.variables {
            if let Some(value) = environment.variables.get(name) {
                bindings.bind(name.clone(), to_jsonata(value));
            }
        }
        let options = EvaluatorOptions {
            timeout_ms: Some(TIME_LIMIT_MILLIS),
            cancel: Some(environment.budget.cancellation().token()),
            max_stack_depth: Some(MAX_DEPTH),
            max_sequence_length: Some(MAX_SEQUENCE),
        };
        let mut evaluator = Evaluator::with_options(bindings, options);
        functions::register(
            &mut evaluator,
            self.reserves,
            &self.references.variables,
            environment,
        )
        .map_err(|e| EvaluationError::Threw(e.message().to_owned()))?;
        let result = catch_panic(|| evaluator.evaluate(&self.ast, &JValue::Undefined))
            .map_err(|panic| EvaluationError::Threw(panic.to_owned()))?
            .map_err(|e| EvaluationError::Threw(e.message().to_owned()))?;
        if result.is_undefined() {
            return Err(EvaluationError::Undefined);
        }
        match to_json(&result, &environment.budget) {
            Ok(json) => json.ok_or(EvaluationError::Unsupported),
            Err(exhausted) => Err(EvaluationError::Threw(
                evaluation_ended(exhausted).message().to_owned(),
            )),
        }
    }
}
