//! References to a context item, which expressions of Step Functions do not have.

use indexmap::IndexSet;

use super::Expression;
use super::syntax::{Kind, Node, Unary};

/// One message for each reference, in AWS's words as far as they are known. `catching`: whether `$states.errorOutput` exists;
/// `resulting`: whether `$states.result` does.
pub(crate) fn unresolved(
    expression: &Expression,
    catching: bool,
    resulting: bool,
) -> IndexSet<String> {
    let mut references = References {
        catching,
        resulting,
        found: IndexSet::new(),
    };
    references.collect(expression.node());
    references.found
}

struct References {
    catching: bool,
    resulting: bool,
    found: IndexSet<String>,
}

impl References {
    /// Goes through all that is evaluated with the context item of the whole expression.
    fn collect(&mut self, node: &Node) {
        match &node.kind {
            Kind::Name(name) => self.top_level(name),
            Kind::Variable(name) if name.is_empty() => self.top_level("$"),
            Kind::Variable(name) if &**name == "$" => self.top_level("$$"),
            Kind::Path(steps) => self.path(steps),
            Kind::Call(call) | Kind::Partial(call) => {
                self.collect(&call.procedure);
                self.each(&call.arguments);
            }
            Kind::Unary(Unary::Object(pairs)) => {
                for (key, value) in pairs {
                    self.collect(key);
                    self.collect(value);
                }
            }
            Kind::Binary(_, left, right) | Kind::Apply(left, right) => {
                self.collect(left);
                self.collect(right);
            }
            Kind::Unary(Unary::Negation(node)) | Kind::Bind(_, node) => self.collect(node),
            Kind::Unary(Unary::Array(nodes)) | Kind::Block(nodes) => self.each(nodes),
            Kind::Condition(condition, then, otherwise) => {
                self.collect(condition);
                self.collect(then);
                if let Some(otherwise) = otherwise {
                    self.collect(otherwise);
                }
            }
            Kind::Lambda(lambda) => self.collect(&lambda.body),
            Kind::Thunk(call) => self.collect(call),
            Kind::Literal(_)
            | Kind::Variable(_)
            | Kind::Regex(_)
            | Kind::Wildcard
            | Kind::Descendant
            | Kind::Parent(_)
            | Kind::Placeholder
            | Kind::Transform(_)
            | Kind::Sort(_) => {}
        }
    }

    /// Only the first step reads the context item of the whole expression.
    fn path(&mut self, steps: &[Node]) {
        let Some((first, rest)) = steps.split_first() else {
            return;
        };
        self.collect(first);
        let is = |node: &Node, wanted: &str| matches!(&node.kind, Kind::Name(name) | Kind::Variable(name) if &**name == wanted);
        let is_states = matches!(first.kind, Kind::Variable(_)) && is(first, "states");
        if is_states && rest.first().is_some_and(|field| is(field, "errorOutput")) && !self.catching
        {
            self.found
                .insert("Reference to '$states.errorOutput' is only supported in 'Catch'.".into());
        }
        if is_states && rest.first().is_some_and(|field| is(field, "result")) && !self.resulting {
            self.found.insert(
                "Reference to '$states.result' is only supported in 'Output' and 'Assign' of a Task, Parallel or Map state."
                    .into(),
            );
        }
    }

    fn each(&mut self, nodes: &[Node]) {
        for node in nodes {
            self.collect(node);
        }
    }

    fn top_level(&mut self, name: &str) {
        self.found.insert(format!(
            "Reference to '{name}' at the top level is not supported."
        ));
    }
}
