//! What the parser makes of the tokens, before paths are put together.

use std::sync::Arc;

use super::super::regex::Regex;
use super::node::Literal;
use super::signature::Signature;

#[derive(Debug)]
pub(super) struct Tree {
    pub(super) kind: TreeKind,
    pub(super) position: usize,
    /// Followed by `[]`.
    pub(super) keep_array: bool,
    /// How deep the tree is. What walks it does so by recursion.
    pub(super) depth: usize,
}

pub(super) type Branch = Box<Tree>;

#[derive(Debug)]
pub(super) enum TreeKind {
    Name(Arc<str>),
    Variable(Arc<str>),
    Literal(Literal),
    Regex(Arc<Regex>),
    Wildcard,
    Descendant,
    Parent,
    /// `and`, `or` and `in` as names.
    Keyword(&'static str),
    /// `?` as an argument.
    Placeholder,
    End,
    Binary(&'static str, Branch, Branch),
    Negation(Branch),
    Array(Vec<Tree>),
    Object(Vec<(Tree, Tree)>),
    Group(Branch, Vec<(Tree, Tree)>),
    Sort(Branch, Vec<(bool, Tree)>),
    Block(Vec<Tree>),
    Call {
        procedure: Branch,
        arguments: Vec<Tree>,
        partial: bool,
    },
    Lambda {
        parameters: Vec<Arc<str>>,
        signature: Option<Arc<Signature>>,
        body: Branch,
    },
    Condition {
        condition: Branch,
        then: Branch,
        otherwise: Option<Branch>,
    },
    Transform {
        pattern: Branch,
        update: Branch,
        delete: Option<Branch>,
    },
}

impl Tree {
    pub(super) fn new(kind: TreeKind, position: usize) -> Self {
        let depth = kind.inner().into_iter().map(|tree| tree.depth).max();
        Self {
            kind,
            position,
            keep_array: false,
            depth: depth.unwrap_or_default() + 1,
        }
    }
}

impl TreeKind {
    fn inner(&self) -> Vec<&Tree> {
        let mut inner: Vec<&Tree> = Vec::new();
        match self {
            Self::Binary(_, left, right) => inner.extend([&**left, &**right]),
            Self::Negation(operand) => inner.push(operand),
            Self::Array(items) | Self::Block(items) => inner.extend(items),
            Self::Object(pairs) => inner.extend(pairs.iter().flat_map(|(key, value)| [key, value])),
            Self::Group(left, pairs) => {
                inner.push(left);
                inner.extend(pairs.iter().flat_map(|(key, value)| [key, value]));
            }
            Self::Sort(left, terms) => {
                inner.push(left);
                inner.extend(terms.iter().map(|(_, term)| term));
            }
            Self::Call {
                procedure,
                arguments,
                ..
            } => {
                inner.push(procedure);
                inner.extend(arguments);
            }
            Self::Lambda { body, .. } => inner.push(body),
            Self::Condition {
                condition,
                then,
                otherwise,
            } => {
                inner.extend([&**condition, &**then]);
                inner.extend(otherwise.as_deref());
            }
            Self::Transform {
                pattern,
                update,
                delete,
            } => {
                inner.extend([&**pattern, &**update]);
                inner.extend(delete.as_deref());
            }
            _ => {}
        }
        inner
    }
}
