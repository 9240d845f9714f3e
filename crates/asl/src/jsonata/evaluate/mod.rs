//! Evaluates an expression. The structure is that of jsonata-js, since its limits count how deep evaluations are inside
//! each other, and Step Functions has the same.

mod call;
mod construct;
mod filter;
mod frame;
mod function;
mod group;
mod operators;
mod path;
mod sort;
mod text;
mod transform;
mod tuples;
mod valid;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

pub(super) use construct::Appended;
pub(super) use frame::Frame;
pub(super) use function::{Body, Function, Thunk};
pub(super) use operators::{is_numeric, order, to_boolean};
pub(super) use text::{of as text_of, shown};

use super::fault::{Fault, Limit};
use super::functions;
use super::sizes::{MAX_ITEMS, MAX_TEXT};
use super::stack::grown;
use super::syntax::{Kind, Literal, Node};
use super::value::{Flags, Value};
use crate::Timestamp;
use crate::budget::Budget;
use crate::random::Random;

/// How deep evaluations may be inside each other, as measured on AWS.
const MAX_DEPTH: usize = 100;

/// How deep lists and objects may be inside each other: much deeper than JSON that Step Functions accepts.
const MAX_NESTING: usize = 1_000;

/// What an evaluation counts in the budget, which also counts single values.
const STEPS: usize = 10;

/// What the evaluation takes from outside.
pub(super) struct Host<'e> {
    pub(super) budget: &'e Budget,
    pub(super) random: &'e Random,
    pub(super) now: Timestamp,
}

pub(super) struct Evaluator<'e> {
    pub(super) host: Host<'e>,
    depth: usize,
    /// The frames that functions refer to.
    captured: Vec<Rc<Frame>>,
    natives: HashMap<&'static str, Value>,
}

impl<'e> Evaluator<'e> {
    pub(super) fn new(host: Host<'e>) -> Self {
        Self {
            host,
            depth: 0,
            captured: Vec::new(),
            natives: HashMap::new(),
        }
    }

    /// Evaluates an expression with variables.
    pub(super) fn run(
        &mut self,
        node: &Node,
        input: &Value,
        variables: impl IntoIterator<Item = (Arc<str>, Value)>,
    ) -> Result<Value, Fault> {
        let frame = Frame::root();
        for (name, value) in variables {
            frame.add(name, value);
        }
        frame.bind(&"$".into(), input.clone());
        let input = match input {
            Value::Array(_) => Value::array(vec![input.clone()]).with_flags(Flags::OUTER),
            value => value.clone(),
        };
        self.evaluate(node, &input, &frame)
    }

    pub(super) fn evaluate(
        &mut self,
        node: &Node,
        input: &Value,
        frame: &Rc<Frame>,
    ) -> Result<Value, Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::Limit(Limit::Depth));
        }
        self.host.budget.step(STEPS)?;
        let mut result = grown(|| self.kind(node, input, frame))?;
        for filter in &node.predicates {
            result = self.filter(filter, &result, frame)?;
        }
        if let Some(group) = &node.group
            && !matches!(node.kind, Kind::Path(_))
        {
            result = self.group(&group.pairs, group.position, &result, frame)?;
        }
        self.depth -= 1;
        if result.depth() > MAX_NESTING {
            return Err(Fault::Limit(Limit::Memory));
        }
        Ok(single(result, node.keep_array))
    }

    fn kind(&mut self, node: &Node, input: &Value, frame: &Rc<Frame>) -> Result<Value, Fault> {
        match &node.kind {
            Kind::Path(steps) => self.path(node, steps, input, frame),
            Kind::Name(name) => self.lookup(input, name),
            Kind::Literal(literal) => Ok(literal.value()),
            Kind::Variable(name) => Ok(self.variable(name, input, frame)),
            Kind::Binary(operator, left, right) => {
                self.binary(operator, left, right, node, input, frame)
            }
            Kind::Unary(unary) => self.unary(unary, node, input, frame),
            Kind::Wildcard => self.wildcard(input),
            Kind::Descendant => self.descendants(input),
            Kind::Parent(slot) => Ok(frame.lookup(&slot.name()).unwrap_or_default()),
            Kind::Condition(condition, then, otherwise) => {
                let condition = self.evaluate(condition, input, frame)?;
                let branch = if to_boolean(&condition)? == Some(true) {
                    Some(then)
                } else {
                    otherwise.as_ref()
                };
                branch.map_or(Ok(Value::Undefined), |branch| {
                    self.evaluate(branch, input, frame)
                })
            }
            Kind::Block(expressions) => {
                let inner = self.frame(frame)?;
                let mut result = Value::Undefined;
                for expression in expressions {
                    result = self.evaluate(expression, input, &inner)?;
                }
                Ok(result)
            }
            Kind::Bind(name, value) => {
                let value = self.evaluate(value, input, frame)?;
                frame.bind(name, value.clone());
                Ok(value)
            }
            Kind::Regex(regex) => Ok(Function::value(Body::Regex(Arc::clone(regex)))),
            Kind::Call(call) => self.call(node, call, input, frame, None),
            Kind::Partial(call) => self.partial(node, call, input, frame),
            Kind::Apply(left, right) => self.application(node, left, right, input, frame),
            Kind::Lambda(lambda) => {
                self.capture(frame)?;
                Ok(Function::value(Body::Lambda {
                    lambda: Arc::clone(lambda),
                    input: input.clone(),
                    frame: Rc::clone(frame),
                }))
            }
            Kind::Thunk(call) => Ok(Value::Thunk(Rc::new(Thunk {
                call: Arc::clone(call),
                input: input.clone(),
                frame: Rc::clone(frame),
            }))),
            Kind::Transform(transform) => {
                self.capture(frame)?;
                Ok(Function::value(Body::Transform {
                    transform: Arc::clone(transform),
                    frame: Rc::clone(frame),
                }))
            }
            Kind::Placeholder | Kind::Sort(_) => Ok(Value::Undefined),
        }
    }

    fn variable(&mut self, name: &str, input: &Value, frame: &Rc<Frame>) -> Value {
        if !name.is_empty() {
            return self.bound(name, frame).unwrap_or_default();
        }
        match input {
            Value::Array(array) if array.flags.outer => {
                array.items().first().cloned().unwrap_or_default()
            }
            value => value.clone(),
        }
    }

    /// A variable, or a function of the language.
    fn bound(&mut self, name: &str, frame: &Rc<Frame>) -> Option<Value> {
        if let Some(value) = frame.lookup(name) {
            return Some(value);
        }
        let native = functions::find(name)?;
        let function = self.natives.entry(native.name);
        Some(
            function
                .or_insert_with(|| Function::value(Body::Native(native)))
                .clone(),
        )
    }

    fn frame(&self, enclosing: &Rc<Frame>) -> Result<Rc<Frame>, Fault> {
        self.host.budget.step(1)?;
        Ok(Frame::inside(enclosing))
    }

    /// Keeps a frame, with those around it, until the evaluation ends.
    fn capture(&mut self, frame: &Rc<Frame>) -> Result<(), Fault> {
        let before = self.captured.len();
        frame.capture(&mut self.captured);
        let added = self.captured.len() - before;
        Ok(self
            .host
            .budget
            .take((added + 1) * 4 * size_of::<Value>())?)
    }

    /// A list of new items.
    pub(super) fn list(&self, items: Vec<Value>, flags: Flags) -> Result<Value, Fault> {
        if items.len() > MAX_ITEMS {
            return Err(Fault::Limit(Limit::Memory));
        }
        self.room(items.len())?;
        Ok(Value::Array(super::value::Array::new(items, flags)))
    }

    /// Takes the memory for items of a list.
    pub(super) fn room(&self, items: usize) -> Result<(), Fault> {
        Ok(self
            .host
            .budget
            .take(items.saturating_mul(size_of::<Value>()))?)
    }

    /// A new text.
    pub(super) fn text(&self, text: String) -> Result<Value, Fault> {
        self.host.budget.take(text.len() + size_of::<Value>())?;
        if text.len() > MAX_TEXT && text.encode_utf16().count() > MAX_TEXT {
            return Err(Fault::Limit(Limit::Memory));
        }
        Ok(Value::string(text))
    }
}

impl Drop for Evaluator<'_> {
    fn drop(&mut self) {
        for frame in &self.captured {
            frame.clear();
        }
    }
}

/// A sequence as a value: nothing if it is empty, and its item if it is the only one.
fn single(value: Value, keep_array: bool) -> Value {
    let Value::Array(array) = value else {
        return value;
    };
    if !array.flags.sequence || array.flags.tuples {
        return Value::Array(array);
    }
    let mut flags = array.flags;
    flags.keep_singleton |= keep_array;
    match array.items() {
        [] => Value::Undefined,
        [item] if !flags.keep_singleton => item.clone(),
        _ => Value::Array(array.with_flags(flags)),
    }
}

impl Literal {
    fn value(&self) -> Value {
        match self {
            Self::String(text) => Value::String(Arc::clone(text)),
            Self::Number(number) => Value::Number(*number),
            Self::Bool(value) => Value::Bool(*value),
            Self::Null => Value::Null,
        }
    }
}
