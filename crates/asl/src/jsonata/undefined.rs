//! Names of functions, variables and fields of `$states` that nothing defines.

use std::collections::HashSet;
use std::sync::Arc;

use super::Expression;
use super::functions;
use super::syntax::{Kind, Node, Stage};

/// A name that is not defined.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Undefined {
    /// A function that is called.
    Function(Arc<str>),
    Variable(Arc<str>),
    /// A field of `$states`.
    Field(Arc<str>),
}

/// The fields of `$states`.
pub(crate) const FIELDS: [&str; 4] = ["input", "result", "errorOutput", "context"];

/// What an expression refers to and neither it nor the language defines. Each name is listed once.
pub(crate) fn undefined(expression: &Expression) -> Vec<Undefined> {
    let mut search = Search::default();
    search.define(expression.node());
    search.node(expression.node());
    search.found
}

/// The names of all functions.
pub(crate) fn function_names<'a>() -> impl Iterator<Item = &'a str> {
    functions::names()
}

#[derive(Default)]
struct Search {
    /// What the expression binds anywhere. It may be bound where the name is used.
    defined: HashSet<Arc<str>>,
    found: Vec<Undefined>,
}

impl Search {
    fn define(&mut self, node: &Node) {
        match &node.kind {
            Kind::Bind(name, _) => self.defined.extend([Arc::clone(name)]),
            Kind::Lambda(lambda) => self.defined.extend(lambda.parameters.iter().cloned()),
            _ => {}
        }
        self.defined.extend(node.step.focus.iter().cloned());
        self.defined.extend(node.step.index.iter().cloned());
        let stages = node.step.stages.iter().flatten();
        self.defined.extend(stages.filter_map(|stage| match stage {
            Stage::Index(name) => Some(Arc::clone(name)),
            Stage::Filter(_) => None,
        }));
        for child in node.children() {
            self.define(child);
        }
    }

    fn node(&mut self, node: &Node) {
        match &node.kind {
            Kind::Call(call) | Kind::Partial(call) => {
                if let Kind::Variable(name) = &call.procedure.kind {
                    self.name(name, Undefined::Function);
                    // Not as a variable once more.
                    node.children()
                        .into_iter()
                        .skip(1)
                        .for_each(|child| self.node(child));
                    return;
                }
            }
            // A variable after `~>` is called as well.
            Kind::Apply(left, right) => {
                self.node(left);
                match &right.kind {
                    Kind::Variable(name) => self.name(name, Undefined::Function),
                    _ => self.node(right),
                }
                return;
            }
            Kind::Variable(name) => self.name(name, Undefined::Variable),
            Kind::Path(steps) => {
                if let [first, second, ..] = &steps[..]
                    && let (Kind::Variable(states), Kind::Name(field)) = (&first.kind, &second.kind)
                    && &**states == "states"
                    && !self.defined.contains(states)
                    && !FIELDS.contains(&&**field)
                {
                    self.add(Undefined::Field(Arc::clone(field)));
                }
            }
            _ => {}
        }
        for child in node.children() {
            self.node(child);
        }
    }

    fn name(&mut self, name: &Arc<str>, kind: impl Fn(Arc<str>) -> Undefined) {
        let known = matches!(&**name, "" | "$" | "states")
            || self.defined.contains(name)
            || functions::find(name).is_some();
        if !known {
            self.add(kind(Arc::clone(name)));
        }
    }

    fn add(&mut self, undefined: Undefined) {
        if !self.found.contains(&undefined) {
            self.found.push(undefined);
        }
    }
}
