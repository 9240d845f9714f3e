//! Evaluates the templates and the fields of a state, in either query language.

use std::fmt;

use serde_json::{Map, Value};

use crate::Payload;
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
    pub(crate) root: &'a Payload,
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
            Template::Path(path) if self.leads_beyond_a_list(path) => Ok(Value::Null),
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
                .find_within(self.root.value(), self.budget())?
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
        if *path.root() == Root::Input && self.root.value().is_null() {
            let cause = "Unable to apply Path transformation to null or empty input.";
            return Err(Failure::runtime(cause));
        }
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

    /// What a path was looked up in, as it stands.
    fn searched(&self, path: &JsonPath) -> String {
        match path.root() {
            Root::Input => self.root.text().to_owned(),
            Root::Context => self.environment.context.to_value(|_| true).to_string(),
            Root::Variable(name) => {
                let value = self.environment.variables.get(name);
                value.unwrap_or(&Value::Null).to_string()
            }
        }
    }

    /// Whether the path ends with an index that its list does not have. In a template that is null, and nowhere else.
    fn leads_beyond_a_list(&self, path: &JsonPath) -> bool {
        let found = path.list_of_last_index().map(|list| self.find(&list));
        matches!(found, Some(Ok(Value::Array(_)))) && self.find(path).is_err()
    }

    /// Calls an intrinsic function. A failure names the whole call, even if it happened in a nested one.
    fn intrinsic(&self, call: &Intrinsic, field: &str) -> Result<Value, Failure> {
        let find = |path: &JsonPath| {
            self.find(path).map_err(|missing| match missing.exhausted() {
                Some(exhausted) => Failure::exhausted(field, exhausted),
                None if missing.is_absence() => Failure::runtime(failed(
                    call,
                    &format!(
                        "The JsonPath argument for the field '{}' could not be found in the input '{}'",
                        path.relative(),
                        self.root.text(),
                    ),
                )),
                None => Failure::runtime(failed(call, &missing.to_string())),
            })
        };
        call.call(&find, self.environment.random, self.budget())
            .map_err(|error| match error {
                CallError::Argument(failure) => failure,
                CallError::Failed(problem) => {
                    Failure::definition("States.IntrinsicFailure", failed(call, &problem))
                }
            })
    }

    fn expression(&self, expression: &Expression, place: Place) -> Result<Value, Failure> {
        expression.evaluate(&self.environment).map_err(|error| {
            let problem = match error {
                EvaluationError::Undefined => " returned nothing (undefined).".to_owned(),
                EvaluationError::Unsupported => " returned an unsupported result type.".to_owned(),
                EvaluationError::Threw(Some(code), message) => {
                    format!(" threw an error during evaluation. {code}: {message}")
                }
                EvaluationError::Threw(None, message) => {
                    format!(" threw an error during evaluation: {message}")
                }
            };
            let cause = format!("{}{problem}", subject(expression, place));
            Failure::evaluation(Some(place.to_string()), cause)
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
        Err(Failure::evaluation(Some(place.to_string()), cause))
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

fn failed(call: &Intrinsic, problem: &str) -> String {
    let call = call.as_str();
    format!("The function '{call}' had the following error: {problem}")
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
