use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::Value as Json;

use super::convert::to_value;
use super::references::References;
use super::value::Value;
use crate::Timestamp;
use crate::budget::Budget;
use crate::context::Context;
use crate::random::Random;
use crate::variables::Variables;

/// What the expressions of one state can refer to.
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

/// A value of `$states`. It is copied for the evaluator once, when it is first used.
struct Bound<'a>(&'a Json, OnceCell<Value>);

impl<'a> Environment<'a> {
    pub(crate) fn new(
        input: &'a Json,
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

    pub(crate) fn with_result(mut self, result: &'a Json) -> Self {
        self.result = Some(Bound::new(result));
        self
    }

    pub(crate) fn with_error_output(mut self, error_output: &'a Json) -> Self {
        self.error_output = Some(Bound::new(error_output));
        self
    }

    /// `$states`, with the fields that an expression refers to.
    pub(super) fn states(&self, references: &References) -> Value {
        let uses = |field: &str| references.uses(field);
        let mut fields: Vec<(Arc<str>, Value)> = Vec::new();
        if uses("input") {
            fields.push(("input".into(), self.input.value()));
        }
        if let Some(result) = self.result.as_ref().filter(|_| uses("result")) {
            fields.push(("result".into(), result.value()));
        }
        if let Some(output) = self.error_output.as_ref().filter(|_| uses("errorOutput")) {
            fields.push(("errorOutput".into(), output.value()));
        }
        if uses("context") {
            let context = self.context.to_value(|part| references.uses_context(part));
            fields.push(("context".into(), to_value(&context)));
        }
        Value::object(fields)
    }
}

impl<'a> Bound<'a> {
    fn new(value: &'a Json) -> Self {
        Self(value, OnceCell::new())
    }

    fn value(&self) -> Value {
        self.1.get_or_init(|| to_value(self.0)).clone()
    }
}
