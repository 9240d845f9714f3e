use std::cell::OnceCell;
use std::rc::Rc;

use jsonata_core::value::JValue;
use serde_json::Value;

use super::convert::to_jsonata;
use super::references::References;
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
struct Bound<'a>(&'a Value, OnceCell<JValue>);

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

    /// `$states`, with the fields that an expression refers to.
    pub(super) fn states(&self, references: &References) -> JValue {
        let uses = |field: &str| references.uses(field);
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
            let context = self.context.to_value(|part| references.uses_context(part));
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
