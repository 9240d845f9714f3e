//! Evaluates the templates and the fields of a state, in either query language.

use std::fmt;

use serde_json::{Map, Value};

use crate::budget::Budget;
use crate::definition::Dynamic;
use crate::failure::Failure;
use crate::intrinsic::{CallError, Intrinsic};
use crate::jsonata::{Environment, EvaluationError, Expression};
use crate::jsonpath::{JsonPath, NotFound, Root};
use crate::template::Template;

/// What the expressions of a field can see.
pub(crate) struct Evaluation<'a> {
    /// `$` of JSONPath.
    pub(crate) root: &'a Value,
    /// What JSONata sees, and both languages' variables and context.
    pub(crate) environment: Environment<'a>,
}

/// The position of an expression within a state: `Output/items[2]/name`.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    outer: Option<&'a Place<'a>>,
    part: Part<'a>,
}

#[derive(Clone, Copy)]
enum Part<'a> {
    Field(&'a str),
    Item(usize),
}

impl<'a> Place<'a> {
    pub(crate) fn field(name: &'a str) -> Self {
        Self {
            outer: None,
            part: Part::Field(name),
        }
    }

    pub(crate) fn inner(&'a self, name: &'a str) -> Self {
        Self {
            outer: Some(self),
            part: Part::Field(name),
        }
    }

    pub(crate) fn item(&'a self, index: usize) -> Self {
        Self {
            outer: Some(self),
            part: Part::Item(index),
        }
    }

    fn last(&self) -> String {
        match self.part {
            Part::Field(name) => name.to_owned(),
            Part::Item(index) => format!("[{index}]"),
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(outer) = self.outer {
            outer.fmt(f)?;
        }
        match self.part {
            Part::Field(name) if self.outer.is_some() => write!(f, "/{name}"),
            Part::Field(name) => f.write_str(name),
            Part::Item(index) => write!(f, "[{index}]"),
        }
    }
}

impl Evaluation<'_> {
    pub(crate) fn template(&self, template: &Template, place: Place) -> Result<Value, Failure> {
        match template {
            Template::Constant(value) => {
                let room = self.budget().take_value(value);
                room.map_err(|exhausted| Failure::exhausted(&place.to_string(), exhausted))?;
                Ok(value.clone())
            }
            Template::Array(items) => {
                let items = items.iter().enumerate();
                let items = items.map(|(i, item)| self.template(item, place.item(i)));
                items.collect::<Result<_, _>>().map(Value::Array)
            }
            Template::Object(fields) => {
                let mut map = Map::new();
                for field in fields {
                    let value = self.template(&field.value, place.inner(&field.name))?;
                    map.insert(field.name.clone(), value);
                }
                Ok(Value::Object(map))
            }
            Template::Path(path) => self.path(path, &format!("{}.$", place.last())),
            Template::Intrinsic(call) => self.intrinsic(call, &format!("{}.$", place.last())),
            Template::Expression(expression) => self.expression(expression, place),
        }
    }

    fn budget(&self) -> &Budget {
        &self.environment.budget
    }

    /// What a path finds in the input, the context object or a variable.
    pub(crate) fn find(&self, path: &JsonPath) -> Result<Value, NotFound> {
        match path.root() {
            Root::Input => path
                .find_within(self.root, self.budget())?
                .into_value_within(self.budget()),
            Root::Context => self.environment.context.find(path, self.budget()),
            Root::Variable(name) => {
                let value = self.environment.variables.get(name);
                let value = value.ok_or_else(|| NotFound::variable(name))?;
                path.find_within(value, self.budget())?
                    .into_value_within(self.budget())
            }
        }
    }

    /// Like [`find`](Self::find), with a failure that names the field.
    pub(crate) fn path(&self, path: &JsonPath, field: &str) -> Result<Value, Failure> {
        self.find(path).map_err(|missing| {
            if let Some(exhausted) = missing.exhausted() {
                return Failure::exhausted(field, exhausted);
            }
            Failure::runtime(format!(
                "The JSONPath '{path}' specified for the field '{field}' could not be found in the input '{}'",
                self.searched(path),
            ))
        })
    }

    /// The value that a path was looked up in.
    fn searched(&self, path: &JsonPath) -> Value {
        match path.root() {
            Root::Input => self.root.clone(),
            Root::Context => self.environment.context.to_value(|_| true),
            Root::Variable(name) => {
                let value = self.environment.variables.get(name);
                value.cloned().unwrap_or(Value::Null)
            }
        }
    }

    fn intrinsic(&self, call: &Intrinsic, field: &str) -> Result<Value, Failure> {
        let find = |path: &JsonPath| self.path(path, field);
        call.call(&find, self.environment.random, self.budget())
            .map_err(|error| match error {
                CallError::Argument(failure) => failure,
                CallError::Failed(cause) => Failure::definition("States.IntrinsicFailure", cause),
            })
    }

    fn expression(&self, expression: &Expression, place: Place) -> Result<Value, Failure> {
        expression.evaluate(&self.environment).map_err(|error| {
            let problem = match error {
                EvaluationError::Undefined => " returned nothing (undefined).".to_owned(),
                EvaluationError::Unsupported => " returned an unsupported result type.".to_owned(),
                EvaluationError::Threw(message) => {
                    format!(" threw an error during evaluation. {message}")
                }
            };
            let cause = format!("{}{problem}", subject(expression, place));
            Failure::evaluation(place.to_string(), cause)
        })
    }

    /// Evaluates an expression whose result must have the type `expected`, in the words of `type_name`.
    pub(crate) fn typed(
        &self,
        expression: &Expression,
        expected: &str,
        place: Place,
    ) -> Result<Value, Failure> {
        self.typed_one_of(expression, &[expected], place)
    }

    /// Like [`typed`](Self::typed), with more than one type. A failure names the first.
    pub(crate) fn typed_one_of(
        &self,
        expression: &Expression,
        accepted: &[&str],
        place: Place,
    ) -> Result<Value, Failure> {
        let value = self.expression(expression, place)?;
        let found = type_name(&value);
        if accepted.contains(&found) {
            return Ok(value);
        }
        let expected = accepted.first().copied().unwrap_or_default();
        let cause = format!(
            "{} returned an unexpected result type. Expected '{expected}', but was '{found}' for value: {value}",
            subject(expression, place),
        );
        Err(Failure::evaluation(place.to_string(), cause))
    }

    pub(crate) fn text(&self, source: &Dynamic<String>, field: &str) -> Result<String, Failure> {
        let path_field = || format!("{field}Path");
        let value = match source {
            Dynamic::Literal(text) => return Ok(text.clone()),
            Dynamic::Path(path) => self.path(path, &path_field())?,
            Dynamic::Intrinsic(call) => self.intrinsic(call, &path_field())?,
            Dynamic::Expression(e) => self.typed(e, "string", Place::field(field))?,
        };
        match value {
            Value::String(text) => Ok(text),
            other => Err(Failure::runtime(format!(
                "The field '{field}Path' must be a string, but was: {other}"
            ))),
        }
    }
}

fn subject(expression: &Expression, place: Place) -> String {
    format!(
        "The JSONata expression '{}' specified for the field '{place}'",
        expression.source()
    )
}

/// The name of a value's JSON type.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
