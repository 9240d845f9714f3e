//! JSONata expressions: their syntax, and what they may refer to.
//!
//! Step Functions evaluates an expression without a context item: the input is `$states.input`, and a variable is
//! `$name`. A path that starts with a bare name, with `$` or with `$$` reads an item that does not exist, and the
//! service rejects the definition.

use indexmap::IndexSet;
use jsonata_core::ast::{AstNode, PathStep};
use jsonata_core::parser;
use serde_json::Value;

use super::at::At;
use super::checker::{CheckContext, Checker};
use super::finding::Code;
use super::report::Mark;
use crate::jsonata::delimited;

/// Checks a value that must be an expression, as in `"{% $count($states.input) %}"`. `literal` is the type of the
/// literals that are valid in its place.
pub(super) fn check(
    checker: &mut Checker<'_>,
    value: &Value,
    at: &At<'_>,
    context: CheckContext,
    literal: &str,
) {
    match value.as_str().filter(|text| text.starts_with("{%")) {
        Some(text) => check_text(checker, text, at, context),
        None => {
            let message = format!("Expected value of type {literal} or a JSONata expression");
            checker.report.value(at, message);
        }
    }
}

/// Checks a string, which is an expression if it is delimited as one.
pub(super) fn check_text(
    checker: &mut Checker<'_>,
    text: &str,
    at: &At<'_>,
    context: CheckContext,
) {
    match delimited(text) {
        Some(source) => check_source(checker, source, at, context),
        None if text.starts_with("{%") || text.ends_with("%}") => {
            let message = "JSONata string must start with {% and end with %}";
            checker.report.value(at, message);
        }
        None => {}
    }
}

fn check_source(checker: &mut Checker<'_>, source: &str, at: &At<'_>, context: CheckContext) {
    let ast = match parser::parse(source) {
        Ok(ast) => ast,
        Err(error) => {
            let message = without_code(&error.to_string()).to_owned();
            let code = Code::InvalidJsonataExpression;
            checker.report.error(code, at, Mark::Value, message);
            return;
        }
    };
    let mut references = UnresolvedReferences {
        catching: context.catching,
        found: IndexSet::new(),
    };
    references.collect(&ast);
    for message in references.found {
        let code = Code::UnsupportedJsonataExpression;
        checker.report.error(code, at, Mark::Value, message);
    }
}

/// AWS leaves out JSONata's own code: `S0207: Unexpected end of expression`.
fn without_code(message: &str) -> &str {
    let is_code = |code: &str| {
        let mut characters = code.chars();
        characters.next().is_some_and(|c| c.is_ascii_uppercase())
            && code.len() == 5
            && characters.all(|c| c.is_ascii_digit())
    };
    match message.split_once(": ") {
        Some((code, rest)) if is_code(code) => rest,
        _ => message,
    }
}

/// Collects references that do not refer to anything.
struct UnresolvedReferences {
    catching: bool,
    /// One message for each.
    found: IndexSet<String>,
}

impl UnresolvedReferences {
    fn collect(&mut self, node: &AstNode) {
        match node {
            AstNode::Name(name) => self.top_level(name),
            AstNode::Variable(name) if name.is_empty() => self.top_level("$"),
            AstNode::Variable(name) if name == "$" => self.top_level("$$"),
            AstNode::ParentVariable(_) => self.top_level("$$"),
            AstNode::Path { steps } => self.path(steps),
            AstNode::Binary { lhs, rhs, .. } => {
                // The name of a variable that `:=` sets is not a reference; a variable never is.
                self.collect(lhs);
                self.collect(rhs);
            }
            AstNode::Unary { operand, .. } => self.collect(operand),
            AstNode::Function {
                name,
                args,
                is_builtin,
            } => {
                if !is_builtin {
                    self.top_level(name);
                }
                self.each(args);
            }
            AstNode::Call { procedure, args } => {
                self.collect(procedure);
                self.each(args);
            }
            AstNode::Lambda { body, .. } => self.collect(body),
            AstNode::Array(items) | AstNode::ArrayGroup(items) | AstNode::Block(items) => {
                self.each(items);
            }
            AstNode::Object(pairs) => {
                for (key, value) in pairs {
                    self.collect(key);
                    self.collect(value);
                }
            }
            AstNode::Conditional {
                condition,
                then_branch,
                else_branch,
            } => {
                self.collect(condition);
                self.collect(then_branch);
                if let Some(branch) = else_branch {
                    self.collect(branch);
                }
            }
            // The parts after the input have each of its values as context.
            AstNode::ObjectTransform { input, .. } | AstNode::Sort { input, .. } => {
                self.collect(input);
            }
            AstNode::String(_)
            | AstNode::Number(_)
            | AstNode::Boolean(_)
            | AstNode::Null
            | AstNode::Undefined
            | AstNode::Placeholder
            | AstNode::Regex { .. }
            | AstNode::Variable(_)
            | AstNode::Wildcard
            | AstNode::Descendant
            | AstNode::Parent(_)
            | AstNode::FunctionApplication(_)
            | AstNode::Transform { .. } => {}
        }
    }

    /// Only the first step reads the context item of the whole expression.
    fn path(&mut self, steps: &[PathStep]) {
        let Some((first, rest)) = steps.split_first() else {
            return;
        };
        self.collect(&first.node);
        let is_states = matches!(&first.node, AstNode::Variable(name) if name == "states");
        let field = rest.first().map(|step| &step.node);
        let is_error_output = matches!(field, Some(AstNode::Name(name)) if name == "errorOutput");
        if is_states && is_error_output && !self.catching {
            self.add("Reference to '$states.errorOutput' is only supported in 'Catch'.".into());
        }
    }

    fn each(&mut self, nodes: &[AstNode]) {
        for node in nodes {
            self.collect(node);
        }
    }

    fn top_level(&mut self, name: &str) {
        self.add(format!(
            "Reference to '{name}' at the top level is not supported."
        ));
    }

    fn add(&mut self, message: String) {
        self.found.insert(message);
    }
}
