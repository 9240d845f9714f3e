//! Makes an expression reserve memory before it allocates.
//!
//! The evaluator can be stopped and limits time, depth and the length of a sequence, but not memory, and `$pad("x",
//! 2e9)` is a single step for it. So everything that can create more than it is given reserves memory first: the last
//! argument of such a call is passed through a function of ours, which sees all arguments, takes the memory that the
//! call will need from the budget, and returns the argument. `$pad($s, $n)` becomes `$pad($1 := $s, $reserve("pad", $1,
//! $n))`.

use jsonata_core::ast::{AstNode, BinaryOp, PathStep, Stage};
use jsonata_core::value::with_stack;

/// The function that reserves memory. Expressions can neither call it nor shadow it, since no name starts with a space.
pub(super) const RESERVE: &str = " reserve";
/// Distinguishes functions from other values.
pub(super) const IS_FUNCTION: &str = " isFunction";

/// Functions whose calls reserve memory; none of them takes a callback.
const RESERVING: [&str; 26] = [
    "append",
    "base64decode",
    "base64encode",
    "decodeUrl",
    "decodeUrlComponent",
    "distinct",
    "encodeUrl",
    "encodeUrlComponent",
    "formatNumber",
    "fromMillis",
    "formatInteger",
    "join",
    "keys",
    "lowercase",
    "match",
    "merge",
    "pad",
    "replace",
    "reverse",
    "shuffle",
    "split",
    "spread",
    "string",
    "toMillis",
    "trim",
    "uppercase",
];

/// Functions that also reserve memory if they are passed as a value, as in `$map($list, $string)`, with the number of
/// their parameters: those that can create much more than they are given.
const RESERVING_AS_VALUES: [(&str, usize); 11] = [
    ("append", 2),
    ("distinct", 1),
    ("formatInteger", 2),
    ("formatNumber", 3),
    ("fromMillis", 3),
    ("join", 2),
    ("match", 3),
    ("pad", 3),
    ("replace", 4),
    ("split", 3),
    ("string", 1),
];

/// Guards an expression. Returns whether it reserves any memory.
pub(super) fn guard(ast: &mut AstNode) -> bool {
    let mut guard = Guard::default();
    guard.node(ast);
    guard.reserves
}

#[derive(Default)]
struct Guard {
    /// The number of generated variables.
    names: usize,
    reserves: bool,
}

impl Guard {
    fn node(&mut self, node: &mut AstNode) {
        with_stack(|| {
            self.children(node);
            match node {
                AstNode::Binary { op, lhs, rhs } => self.operator(*op, lhs, rhs),
                AstNode::Function { name, args, .. } => {
                    if args.contains(&AstNode::Placeholder) {
                        *node = self.partial(node);
                    } else {
                        let name = name.clone();
                        self.call(&name, args);
                    }
                }
                AstNode::Array(items) | AstNode::ArrayGroup(items) => self.list(items),
                AstNode::Variable(name) => {
                    if let Some(function) = self.as_value(name) {
                        *node = function;
                    }
                }
                _ => {}
            }
        });
    }

    fn operator(&mut self, op: BinaryOp, left: &mut AstNode, right: &mut AstNode) {
        match (op, right) {
            (BinaryOp::Concatenate, right) => self.reserve("string", [left, right]),
            (BinaryOp::Range, right) => self.reserve("..", [left, right]),
            // The left side is the first argument of the call. If it is a function, the two are composed instead.
            (BinaryOp::ChainPipe, right) => {
                let call = match right {
                    AstNode::Path { steps } if steps.len() == 1 => &mut steps[0].node,
                    right => right,
                };
                if let AstNode::Function { name, args, .. } = call
                    && RESERVING.contains(&name.as_str())
                    && !args.contains(&AstNode::Placeholder)
                {
                    let name = name.clone();
                    self.reserve(&name, std::iter::once(left).chain(args));
                }
            }
            _ => {}
        }
    }

    fn call(&mut self, name: &str, args: &mut [AstNode]) {
        if name == "replace"
            && let Some(replacement) = args.get_mut(2)
        {
            self.replacement(replacement);
        }
        if RESERVING.contains(&name) {
            self.reserve(name, args);
        }
    }

    /// A list inside a list is flattened into it, unless it is a literal.
    fn list(&mut self, items: &mut [AstNode]) {
        for item in items {
            let written = matches!(
                item,
                AstNode::Array(_)
                    | AstNode::Object(_)
                    | AstNode::Binary { .. }
                    | AstNode::Unary { .. }
                    | AstNode::Lambda { .. }
            );
            if !written && !is_literal(item) {
                self.reserve("[", [item]);
            }
        }
    }

    /// Makes the last of the values reserve the memory that the operation on all of them needs.
    fn reserve<'n>(&mut self, what: &str, values: impl IntoIterator<Item = &'n mut AstNode>) {
        self.reserves = true;
        let mut arguments = vec![AstNode::String(what.to_owned())];
        let mut values = values.into_iter().peekable();
        while let Some(value) = values.next() {
            let given = std::mem::replace(value, AstNode::Null);
            if values.peek().is_none() {
                arguments.push(given);
                *value = call(RESERVE, std::mem::take(&mut arguments));
            } else if is_literal(&given) {
                arguments.push(given.clone());
                *value = given;
            } else {
                let name = self.name();
                arguments.push(AstNode::Variable(name.clone()));
                *value = bind(name, given);
            }
        }
    }

    /// The result of a replacement function is reserved each time it is called.
    fn replacement(&mut self, node: &mut AstNode) {
        match node {
            AstNode::String(_) => {}
            AstNode::Lambda { body, .. } => self.reserve("string", [&mut **body]),
            _ => {
                let name = self.name();
                let given = std::mem::replace(node, AstNode::Null);
                let result = AstNode::Call {
                    procedure: Box::new(AstNode::Variable(name.clone())),
                    args: vec![AstNode::Variable("match".to_owned())],
                };
                *node = AstNode::Conditional {
                    condition: Box::new(call(IS_FUNCTION, vec![bind(name.clone(), given)])),
                    then_branch: Box::new(lambda(
                        vec!["match".to_owned()],
                        call(RESERVE, vec![AstNode::String("string".to_owned()), result]),
                    )),
                    else_branch: Some(Box::new(AstNode::Variable(name))),
                };
            }
        }
    }

    /// A built-in function as a value: a function that reserves memory and then calls it. The name may refer to
    /// something else.
    fn as_value(&mut self, name: &str) -> Option<AstNode> {
        let (_, parameters) = RESERVING_AS_VALUES
            .iter()
            .find(|(reserving, _)| *reserving == name)?;
        let parameters: Vec<String> = (0..*parameters).map(|_| self.name()).collect();
        let mut args: Vec<AstNode> = parameters.iter().cloned().map(AstNode::Variable).collect();
        self.call(name, &mut args);
        let variable = AstNode::Variable(name.to_owned());
        Some(AstNode::Conditional {
            condition: Box::new(call(IS_FUNCTION, vec![variable.clone()])),
            then_branch: Box::new(lambda(parameters, call(name, args))),
            else_branch: Some(Box::new(variable)),
        })
    }

    /// `$pad(?, 9)`: the same partial application of the function as a value.
    fn partial(&mut self, node: &AstNode) -> AstNode {
        let AstNode::Function { name, args, .. } = node else {
            return node.clone();
        };
        let Some(function) = self.as_value(name) else {
            return node.clone();
        };
        let function_name = self.name();
        AstNode::Block(vec![
            bind(function_name.clone(), function),
            call(&function_name, args.clone()),
        ])
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!(" {}", self.names)
    }

    fn children(&mut self, node: &mut AstNode) {
        match node {
            AstNode::Path { steps } => {
                let alone = steps.len() == 1;
                steps.iter_mut().for_each(|step| self.step(step, alone));
            }
            AstNode::Binary {
                op: BinaryOp::ColonEqual,
                rhs,
                ..
            } => self.node(rhs),
            AstNode::Binary { lhs, rhs, .. } => {
                self.node(lhs);
                self.node(rhs);
            }
            AstNode::Unary { operand: inner, .. }
            | AstNode::Lambda { body: inner, .. }
            | AstNode::FunctionApplication(inner) => self.node(inner),
            AstNode::Function { args: list, .. }
            | AstNode::Array(list)
            | AstNode::Block(list)
            | AstNode::ArrayGroup(list) => list.iter_mut().for_each(|item| self.node(item)),
            AstNode::Call { procedure, args } => {
                self.node(procedure);
                args.iter_mut().for_each(|arg| self.node(arg));
            }
            AstNode::Object(pairs) => self.pairs(pairs),
            AstNode::ObjectTransform { input, pattern } => {
                self.node(input);
                self.pairs(pattern);
            }
            AstNode::Conditional {
                condition,
                then_branch,
                else_branch,
            } => {
                self.node(condition);
                self.node(then_branch);
                if let Some(branch) = else_branch {
                    self.node(branch);
                }
            }
            AstNode::Sort { input, terms } => {
                self.node(input);
                terms.iter_mut().for_each(|(term, _)| self.node(term));
            }
            AstNode::Transform {
                location,
                update,
                delete,
            } => {
                self.node(location);
                self.node(update);
                if let Some(delete) = delete {
                    self.node(delete);
                }
            }
            AstNode::String(_)
            | AstNode::Name(_)
            | AstNode::Number(_)
            | AstNode::Boolean(_)
            | AstNode::Null
            | AstNode::Undefined
            | AstNode::Placeholder
            | AstNode::Regex { .. }
            | AstNode::Variable(_)
            | AstNode::ParentVariable(_)
            | AstNode::Wildcard
            | AstNode::Descendant
            | AstNode::Parent(_) => {}
        }
    }

    fn step(&mut self, step: &mut PathStep, alone: bool) {
        // A function has no fields, so a path with further steps starts at a value.
        if alone || !matches!(step.node, AstNode::Variable(_)) {
            self.node(&mut step.node);
        }
        if step.focus.is_some() {
            // A join: the results of this step are combined with all results of the steps before it.
            let node = std::mem::replace(&mut step.node, AstNode::Null);
            step.node = call(RESERVE, vec![AstNode::String("@".to_owned()), node]);
            self.reserves = true;
        }
        for stage in &mut step.stages {
            if let Stage::Filter(filter) = stage {
                self.node(filter);
            }
        }
    }

    fn pairs(&mut self, pairs: &mut [(AstNode, AstNode)]) {
        for (key, value) in pairs {
            self.node(key);
            self.node(value);
        }
    }
}

/// Whether a node can be duplicated.
fn is_literal(node: &AstNode) -> bool {
    matches!(
        node,
        AstNode::String(_) | AstNode::Number(_) | AstNode::Boolean(_) | AstNode::Null
    )
}

fn call(name: &str, args: Vec<AstNode>) -> AstNode {
    AstNode::Function {
        name: name.to_owned(),
        args,
        is_builtin: true,
    }
}

fn bind(name: String, value: AstNode) -> AstNode {
    AstNode::Binary {
        op: BinaryOp::ColonEqual,
        lhs: Box::new(AstNode::Variable(name)),
        rhs: Box::new(value),
    }
}

fn lambda(params: Vec<String>, body: AstNode) -> AstNode {
    AstNode::Lambda {
        params,
        body: Box::new(body),
        signature: None,
        thunk: false,
    }
}
