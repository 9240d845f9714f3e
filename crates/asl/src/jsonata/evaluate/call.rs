//! Calls of functions, and functions that are made of others.

use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use super::super::fault::Fault;
use super::super::functions;
use super::super::syntax::{Call, Kind, Lambda, Node, parse};
use super::super::value::Value;
use super::function::Applied;
use super::valid::valid;
use super::{Body, Evaluator, Frame, Function};

impl Evaluator<'_> {
    /// Calls a function. `first`: the value that `~>` passes.
    pub(super) fn call(
        &mut self,
        node: &Node,
        call: &Call,
        input: &Value,
        frame: &Rc<Frame>,
        first: Option<Value>,
    ) -> Result<Value, Fault> {
        let function = self.evaluate(&call.procedure, input, frame)?;
        let name = call.procedure.called();
        if let Some(name) = self.missing_dollar(&function, call, frame) {
            return Err(Fault::new("T1005").at(node.position).token(name));
        }
        let mut arguments = Vec::with_capacity(call.arguments.len() + 1);
        arguments.extend(first);
        for argument in &call.arguments {
            arguments.push(self.evaluate(argument, input, frame)?);
        }
        if let Value::Function(function) = &function {
            *function.token.borrow_mut() = name.map(Arc::clone);
        }
        let result = self.apply(&function, arguments, input);
        result.map_err(|fault| fault.or_token(name))
    }

    /// The function that a field was meant to be: `sum(…)` instead of `$sum(…)`.
    fn missing_dollar(
        &mut self,
        function: &Value,
        call: &Call,
        frame: &Rc<Frame>,
    ) -> Option<Arc<str>> {
        if !function.is_undefined() || !matches!(call.procedure.kind, Kind::Path(_)) {
            return None;
        }
        let name = call.procedure.called()?;
        let bound = self.bound(name, frame)?;
        bound.is_truthy().then(|| Arc::clone(name))
    }

    /// Calls a function, and then what it calls in tail position.
    pub(in super::super) fn apply(
        &mut self,
        function: &Value,
        arguments: Vec<Value>,
        input: &Value,
    ) -> Result<Value, Fault> {
        let mut result = self.apply_once(function, arguments, input)?;
        while let Value::Thunk(thunk) = &result {
            let Kind::Call(call) = &thunk.call.kind else {
                break;
            };
            let next = self.evaluate(&call.procedure, &thunk.input, &thunk.frame)?;
            if let (Value::Function(next), Kind::Variable(name)) = (&next, &call.procedure.kind) {
                *next.token.borrow_mut() = Some(Arc::clone(name));
            }
            let mut arguments = Vec::with_capacity(call.arguments.len());
            for argument in &call.arguments {
                arguments.push(self.evaluate(argument, &thunk.input, &thunk.frame)?);
            }
            result = self.apply_once(&next, arguments, input)?;
        }
        Ok(result)
    }

    fn apply_once(
        &mut self,
        function: &Value,
        arguments: Vec<Value>,
        input: &Value,
    ) -> Result<Value, Fault> {
        let Value::Function(function) = function else {
            return Err(Fault::new("T1006"));
        };
        let valid = match function.signature() {
            Some(signature) => valid(signature, arguments, input),
            None => Ok(arguments),
        };
        let result = valid.and_then(|arguments| self.run_body(function, arguments));
        result.map_err(|fault| fault.or_token(function.token.borrow().as_ref()))
    }

    fn run_body(&mut self, function: &Function, arguments: Vec<Value>) -> Result<Value, Fault> {
        match &function.body {
            Body::Native(native) => (native.run)(self, &arguments),
            Body::Lambda {
                lambda,
                input,
                frame,
            } => {
                let inner = self.parameters(&lambda.parameters, frame, arguments)?;
                self.evaluate(&lambda.body, input, &inner)
            }
            Body::Partial {
                of,
                parameters,
                frame,
            } => {
                let inner = self.parameters(parameters, frame, arguments)?;
                match &**of {
                    Applied::Lambda(lambda, input) => self.evaluate(&lambda.body, input, &inner),
                    Applied::Native(native, names) => {
                        let arguments = names
                            .iter()
                            .map(|name| inner.lookup(name).unwrap_or_default());
                        let arguments = arguments.collect();
                        self.run_body(native, arguments)
                    }
                }
            }
            Body::Regex(regex) => {
                let text = functions::matching_text(self, &arguments)?;
                functions::find_match(self, regex, &text, 0)
            }
            Body::NextMatch { regex, text, from } => {
                functions::find_match(self, regex, text, *from)
            }
            Body::Transform { transform, frame } => {
                let input = arguments.into_iter().next().unwrap_or_default();
                self.transform(transform, &input, frame)
            }
        }
    }

    fn parameters(
        &self,
        names: &[Arc<str>],
        frame: &Rc<Frame>,
        arguments: Vec<Value>,
    ) -> Result<Rc<Frame>, Fault> {
        let inner = self.frame(frame)?;
        let mut arguments = arguments.into_iter();
        for name in names {
            inner.bind(name, arguments.next().unwrap_or_default());
        }
        Ok(inner)
    }

    /// `left ~> right`.
    pub(super) fn application(
        &mut self,
        node: &Node,
        left: &Node,
        right: &Node,
        input: &Value,
        frame: &Rc<Frame>,
    ) -> Result<Value, Fault> {
        let value = self.evaluate(left, input, frame)?;
        if let Kind::Call(call) = &right.kind {
            return self.call(right, call, input, frame, Some(value));
        }
        let function = self.evaluate(right, input, frame)?;
        if !function.is_function() {
            return Err(Fault::new("T2006").at(node.position).value(&function));
        }
        if value.is_function() {
            let chain = match &*CHAIN {
                Some(chain) => self.evaluate(chain, &Value::Null, frame)?,
                None => Value::Undefined,
            };
            return self.apply(&chain, vec![value, function], &Value::Null);
        }
        self.apply(&function, vec![value], &Value::Null)
    }

    /// A call with `?` for some of its arguments.
    pub(super) fn partial(
        &mut self,
        node: &Node,
        call: &Call,
        input: &Value,
        frame: &Rc<Frame>,
    ) -> Result<Value, Fault> {
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push(match argument.kind {
                Kind::Placeholder => None,
                _ => Some(self.evaluate(argument, input, frame)?),
            });
        }
        let function = self.evaluate(&call.procedure, input, frame)?;
        if let Some(name) = self.missing_dollar(&function, call, frame) {
            return Err(Fault::new("T1007").at(node.position).token(name));
        }
        let Value::Function(function) = function else {
            let fault = Fault::new("T1008").at(node.position);
            return Err(fault.or_token(call.procedure.called()));
        };
        let (of, names, enclosing) = match &function.body {
            Body::Lambda {
                lambda,
                input,
                frame,
            } => {
                let applied = Applied::Lambda(Arc::clone(lambda), input.clone());
                (applied, lambda.parameters.clone(), Some(frame))
            }
            Body::Partial {
                of,
                parameters,
                frame,
            } => (of.again(), parameters.clone(), Some(frame)),
            Body::Native(native) if native.name == "string" => {
                // Its second parameter has a default value, which jsonata-js cannot read.
                return Err(Fault::new("S0208").part("value", "2"));
            }
            _ => {
                let names: Vec<Arc<str>> = (0..function.arity())
                    .map(|at| at.to_string().into())
                    .collect();
                (
                    Applied::Native(Rc::clone(&function), names.clone()),
                    names,
                    None,
                )
            }
        };
        let inner = match enclosing {
            Some(enclosing) => self.frame(enclosing)?,
            None => Frame::root(),
        };
        let mut unbound = Vec::new();
        let mut arguments = arguments.into_iter();
        for name in names {
            match arguments.next() {
                Some(None) => unbound.push(name),
                Some(Some(argument)) => inner.bind(&name, argument),
                None => inner.bind(&name, Value::Undefined),
            }
        }
        self.capture(&inner)?;
        Ok(Function::value(Body::Partial {
            of: Box::new(of),
            parameters: unbound,
            frame: inner,
        }))
    }
}

/// What `~>` makes of two functions.
static CHAIN: LazyLock<Option<Node>> =
    LazyLock::new(|| parse("function($f, $g) { function($x){ $g($f($x)) } }").ok());

impl Applied {
    fn again(&self) -> Self {
        match self {
            Self::Lambda(lambda, input) => {
                Self::Lambda(Arc::<Lambda>::clone(lambda), input.clone())
            }
            Self::Native(native, names) => Self::Native(Rc::clone(native), names.clone()),
        }
    }
}
