use std::cell::OnceCell;
use std::rc::Rc;

use jsonata_core::evaluator::{Context as Bindings, Evaluator, EvaluatorOptions};
use jsonata_core::value::JValue;
use serde_json::Value;

use super::caught::caught;
use super::convert::{to_json, to_jsonata};
use super::room::ended;
use super::{Expression, functions};
use crate::Timestamp;
use crate::budget::{Budget, MAX_BYTES};
use crate::context::Context;
use crate::random::Random;
use crate::variables::Variables;

/// What the expressions of one state can see.
pub(crate) struct Environment<'a> {
    pub(crate) context: Context<'a>,
    pub(crate) variables: &'a Variables,
    pub(crate) random: &'a Random,
    pub(crate) now: Timestamp,
    pub(crate) budget: Rc<Budget>,
    input: Bound<'a>,
    result: Option<Bound<'a>>,
    error_output: Option<Bound<'a>>,
}

/// A value of `$states`, copied for the evaluator once and only when it is asked for.
struct Bound<'a>(&'a Value, OnceCell<JValue>);

/// Why an expression has no result that can be used.
pub(crate) enum EvaluationError {
    Undefined,
    /// The result is or holds something that is not JSON, such as a function.
    Unsupported,
    /// JSONata's own code and text.
    Threw(String),
}

/// A guard against expressions that never end; nothing that ends in time can see it. The evaluator does not count its
/// steps, so this is the one limit that a slower machine meets earlier.
const TIME_LIMIT_MILLIS: u64 = 3_000;

/// How deep an evaluation may go: some 1,600 calls inside calls. The evaluator takes 3 KB for each level.
const MAX_DEPTH: usize = 5_000;

/// The most items of a sequence: as many as there is memory for.
const MAX_SEQUENCE: usize = MAX_BYTES / size_of::<JValue>();

impl<'a> Environment<'a> {
    pub(crate) fn new(
        input: &'a Value,
        context: Context<'a>,
        variables: &'a Variables,
        random: &'a Random,
        now: Timestamp,
    ) -> Self {
        Self {
            context,
            variables,
            random,
            now,
            budget: Rc::new(Budget::new(context.execution.cancellation.clone())),
            input: Bound::new(input),
            result: None,
            error_output: None,
        }
    }

    pub(crate) fn with_result(mut self, result: &'a Value) -> Self {
        self.result = Some(Bound::new(result));
        self
    }

    pub(crate) fn with_error_output(mut self, error_output: &'a Value) -> Self {
        self.error_output = Some(Bound::new(error_output));
        self
    }

    fn states(&self, expression: &Expression) -> JValue {
        let uses = |field: &str| expression.references.uses(field);
        let mut fields = indexmap::IndexMap::new();
        if uses("input") {
            fields.insert("input".to_owned(), self.input.value());
        }
        if let Some(result) = self.result.as_ref().filter(|_| uses("result")) {
            fields.insert("result".to_owned(), result.value());
        }
        if let Some(output) = self.error_output.as_ref().filter(|_| uses("errorOutput")) {
            fields.insert("errorOutput".to_owned(), output.value());
        }
        if uses("context") {
            let context = self
                .context
                .to_value(|part| expression.references.uses_context(part));
            fields.insert("context".to_owned(), to_jsonata(&context));
        }
        JValue::object(fields)
    }
}

impl<'a> Bound<'a> {
    fn new(value: &'a Value) -> Self {
        Self(value, OnceCell::new())
    }

    fn value(&self) -> JValue {
        self.1.get_or_init(|| to_jsonata(self.0)).clone()
    }
}

impl Expression {
    pub(crate) fn evaluate(&self, environment: &Environment) -> Result<Value, EvaluationError> {
        let mut bindings = Bindings::new();
        if self.references.mentions_states() {
            bindings.bind("states".into(), environment.states(self));
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
            self.asks,
            &self.references.variables,
            environment,
        )
        .map_err(|e| EvaluationError::Threw(e.message().to_owned()))?;
        let result = caught(|| evaluator.evaluate(&self.ast, &JValue::Undefined))
            .map_err(|panic| EvaluationError::Threw(panic.to_owned()))?
            .map_err(|e| EvaluationError::Threw(e.message().to_owned()))?;
        if result.is_undefined() {
            return Err(EvaluationError::Undefined);
        }
        match to_json(&result, &environment.budget) {
            Ok(json) => json.ok_or(EvaluationError::Unsupported),
            Err(exhausted) => Err(EvaluationError::Threw(
                ended(exhausted).message().to_owned(),
            )),
        }
    }
}
