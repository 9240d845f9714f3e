use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::super::functions::Native;
use super::super::regex::Regex;
use super::super::syntax::{Lambda, Node, Signature, Transform};
use super::super::value::Value;
use super::frame::Frame;

/// A function as a value.
#[derive(Debug)]
pub(in super::super) struct Function {
    pub(in super::super) body: Body,
    /// The name by which it was called last, which messages tell.
    pub(super) token: RefCell<Option<Arc<str>>>,
}

#[derive(Debug)]
pub(in super::super) enum Body {
    Native(&'static Native),
    Lambda {
        lambda: Arc<Lambda>,
        input: Value,
        frame: Rc<Frame>,
    },
    /// A function with some of its parameters bound.
    Partial {
        of: Box<Applied>,
        parameters: Vec<Arc<str>>,
        frame: Rc<Frame>,
    },
    Regex(Arc<Regex>),
    /// The next match of a regular expression.
    NextMatch {
        regex: Arc<Regex>,
        text: Arc<str>,
        from: usize,
    },
    Transform {
        transform: Arc<Transform>,
        frame: Rc<Frame>,
    },
}

/// What a partial application runs once all is bound.
#[derive(Debug)]
pub(in super::super) enum Applied {
    Lambda(Arc<Lambda>, Value),
    Native(Rc<Function>, Vec<Arc<str>>),
}

#[derive(Debug)]
pub(in super::super) struct Thunk {
    /// A call.
    pub(super) call: Arc<Node>,
    pub(super) input: Value,
    pub(super) frame: Rc<Frame>,
}

impl Function {
    pub(in super::super) fn value(body: Body) -> Value {
        Value::Function(Rc::new(Self {
            body,
            token: RefCell::default(),
        }))
    }

    pub(super) fn signature(&self) -> Option<&Signature> {
        match &self.body {
            Body::Native(native) => native.signature(),
            Body::Lambda { lambda, .. } => lambda.signature.as_deref(),
            Body::Transform { .. } => Some(super::transform::signature()),
            _ => None,
        }
    }

    /// The number of parameters, which decides what higher-order functions pass.
    pub(in super::super) fn arity(&self) -> usize {
        match &self.body {
            Body::Native(native) => native.arity,
            Body::Lambda { lambda, .. } => lambda.parameters.len(),
            Body::Partial { parameters, .. } => parameters.len(),
            Body::Regex(_) => 2,
            Body::NextMatch { .. } => 0,
            Body::Transform { .. } => 1,
        }
    }
}
