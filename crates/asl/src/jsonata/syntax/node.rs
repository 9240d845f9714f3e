//! What is evaluated.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use super::super::regex::Regex;
use super::signature::Signature;

/// An expression, or a step of a path.
#[derive(Debug)]
pub(in super::super) struct Node {
    pub(in super::super) kind: Kind,
    pub(in super::super) position: usize,
    /// Filters of an expression that is not a step.
    pub(in super::super) predicates: Vec<Filter>,
    pub(in super::super) group: Option<Group>,
    /// Followed by `[]`.
    pub(in super::super) keep_array: bool,
    /// A path with a step that is followed by `[]`.
    pub(in super::super) keep_singleton: bool,
    /// A list that is written at an end of a path: its results are not flattened.
    pub(in super::super) constructed: bool,
    pub(in super::super) step: Step,
    /// Places of `%` whose value is found further out.
    pub(super) seeking: Vec<Arc<Slot>>,
}

/// What a step of a path has in addition.
#[derive(Debug, Default)]
pub(in super::super) struct Step {
    /// Filters and `#` behind filters.
    pub(in super::super) stages: Option<Vec<Stage>>,
    /// Whether it carries along what is bound.
    pub(in super::super) tuple: bool,
    /// `@$name`.
    pub(in super::super) focus: Option<Arc<str>>,
    /// `#$name`.
    pub(in super::super) index: Option<Arc<str>>,
    /// The `%` that means the context of this step.
    pub(in super::super) ancestor: Option<Arc<Slot>>,
}

#[derive(Debug)]
pub(in super::super) enum Kind {
    Path(Vec<Node>),
    Name(Arc<str>),
    Literal(Literal),
    Variable(Arc<str>),
    Regex(Arc<Regex>),
    Wildcard,
    Descendant,
    Parent(Arc<Slot>),
    Binary(&'static str, Box<Node>, Box<Node>),
    Unary(Unary),
    Block(Vec<Node>),
    Bind(Arc<str>, Box<Node>),
    Condition(Box<Node>, Box<Node>, Option<Box<Node>>),
    Apply(Box<Node>, Box<Node>),
    Call(Call),
    Partial(Call),
    Placeholder,
    Lambda(Arc<Lambda>),
    /// A call in tail position.
    Thunk(Arc<Node>),
    Transform(Arc<Transform>),
    Sort(Vec<Term>),
}

#[derive(Clone, Debug)]
pub(in super::super) enum Literal {
    String(Arc<str>),
    Number(f64),
    Bool(bool),
    Null,
}

#[derive(Debug)]
pub(in super::super) enum Unary {
    Negation(Box<Node>),
    Array(Vec<Node>),
    Object(Pairs),
}

pub(in super::super) type Pairs = Vec<(Node, Node)>;

#[derive(Debug)]
pub(in super::super) struct Group {
    pub(in super::super) pairs: Pairs,
    pub(in super::super) position: usize,
}

#[derive(Debug)]
pub(in super::super) struct Filter {
    pub(in super::super) condition: Node,
}

#[derive(Debug)]
pub(in super::super) enum Stage {
    Filter(Filter),
    Index(Arc<str>),
}

#[derive(Debug)]
pub(in super::super) struct Call {
    pub(in super::super) procedure: Box<Node>,
    pub(in super::super) arguments: Vec<Node>,
}

#[derive(Debug)]
pub(in super::super) struct Lambda {
    pub(in super::super) parameters: Vec<Arc<str>>,
    pub(in super::super) signature: Option<Arc<Signature>>,
    pub(in super::super) body: Node,
}

#[derive(Debug)]
pub(in super::super) struct Transform {
    pub(in super::super) pattern: Node,
    pub(in super::super) update: Node,
    pub(in super::super) delete: Option<Node>,
    pub(in super::super) position: usize,
}

#[derive(Debug)]
pub(in super::super) struct Term {
    pub(in super::super) descending: bool,
    pub(in super::super) expression: Node,
}

/// A `%`: how many steps above its own its value is, and the name under which that is bound.
#[derive(Debug)]
pub(in super::super) struct Slot {
    label: AtomicUsize,
    pub(super) level: AtomicI64,
}

impl Slot {
    pub(super) fn new(label: usize) -> Arc<Self> {
        Arc::new(Self {
            label: AtomicUsize::new(label),
            level: AtomicI64::new(1),
        })
    }

    /// No variable has such a name.
    pub(in super::super) fn name(&self) -> Arc<str> {
        format!("!{}", self.label.load(Ordering::Relaxed)).into()
    }

    pub(super) fn take_label_of(&self, other: &Self) {
        let label = other.label.load(Ordering::Relaxed);
        self.label.store(label, Ordering::Relaxed);
    }
}

impl Node {
    pub(super) fn new(kind: Kind, position: usize) -> Self {
        Self {
            kind,
            position,
            predicates: Vec::new(),
            group: None,
            keep_array: false,
            keep_singleton: false,
            constructed: false,
            step: Step::default(),
            seeking: Vec::new(),
        }
    }

    /// The name of what is called, as messages tell it.
    pub(in super::super) fn called(&self) -> Option<&Arc<str>> {
        match &self.kind {
            Kind::Path(steps) => match &steps.first()?.kind {
                Kind::Name(name) | Kind::Variable(name) => Some(name),
                _ => None,
            },
            Kind::Variable(name) | Kind::Literal(Literal::String(name)) => Some(name),
            _ => None,
        }
    }

    /// The name that jsonata-js has for the kind.
    pub(super) fn type_name(&self) -> &'static str {
        match &self.kind {
            Kind::Path(_) => "path",
            Kind::Name(_) => "name",
            Kind::Literal(Literal::String(_)) => "string",
            Kind::Literal(Literal::Number(_)) => "number",
            Kind::Literal(_) => "value",
            Kind::Variable(_) => "variable",
            Kind::Regex(_) => "regex",
            Kind::Wildcard => "wildcard",
            Kind::Descendant => "descendant",
            Kind::Parent(_) => "parent",
            Kind::Binary(..) => "binary",
            Kind::Unary(_) => "unary",
            Kind::Block(_) => "block",
            Kind::Bind(..) => "bind",
            Kind::Condition(..) => "condition",
            Kind::Apply(..) => "apply",
            Kind::Call(_) => "function",
            Kind::Partial(_) => "partial",
            Kind::Placeholder => "operator",
            Kind::Lambda(_) | Kind::Thunk(_) => "lambda",
            Kind::Transform(_) => "transform",
            Kind::Sort(_) => "sort",
        }
    }

    /// The expressions directly inside this one.
    pub(in super::super) fn children(&self) -> Vec<&Node> {
        let mut found: Vec<&Node> = Vec::new();
        match &self.kind {
            Kind::Path(nodes) | Kind::Block(nodes) | Kind::Unary(Unary::Array(nodes)) => {
                found.extend(nodes);
            }
            Kind::Binary(_, left, right) | Kind::Apply(left, right) => {
                found.extend([&**left, &**right]);
            }
            Kind::Unary(Unary::Negation(node)) | Kind::Bind(_, node) => found.push(node),
            Kind::Unary(Unary::Object(pairs)) => found.extend(of_pairs(pairs)),
            Kind::Condition(condition, then, otherwise) => {
                found.extend([&**condition, &**then]);
                found.extend(otherwise.as_deref());
            }
            Kind::Call(call) | Kind::Partial(call) => {
                found.push(&call.procedure);
                found.extend(&call.arguments);
            }
            Kind::Lambda(lambda) => found.push(&lambda.body),
            Kind::Thunk(call) => found.push(call),
            Kind::Transform(transform) => {
                found.extend([&transform.pattern, &transform.update]);
                found.extend(&transform.delete);
            }
            Kind::Sort(terms) => found.extend(terms.iter().map(|term| &term.expression)),
            Kind::Name(_)
            | Kind::Literal(_)
            | Kind::Variable(_)
            | Kind::Regex(_)
            | Kind::Wildcard
            | Kind::Descendant
            | Kind::Parent(_)
            | Kind::Placeholder => {}
        }
        found.extend(self.predicates.iter().map(|filter| &filter.condition));
        let stages = self.step.stages.iter().flatten();
        found.extend(stages.filter_map(|stage| match stage {
            Stage::Filter(filter) => Some(&filter.condition),
            Stage::Index(_) => None,
        }));
        found.extend(self.group.iter().flat_map(|group| of_pairs(&group.pairs)));
        found
    }
}

fn of_pairs(pairs: &Pairs) -> impl Iterator<Item = &Node> {
    pairs.iter().flat_map(|(key, value)| [key, value])
}
