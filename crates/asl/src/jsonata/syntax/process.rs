//! From the parse tree to what is evaluated: operators between steps become paths.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::super::fault::Fault;
use super::super::number;
use super::super::stack::grown;
use super::ancestry::{push_ancestry, resolve_ancestry, seek_parent};
use super::node::{
    Call, Filter, Group, Kind, Lambda, Literal, Node, Pairs, Slot, Stage, Term, Transform, Unary,
};
use super::tree::{Tree, TreeKind};

pub(super) fn process(tree: Tree) -> Result<Node, Fault> {
    let node = Process { slots: 0 }.node(tree)?;
    if matches!(node.kind, Kind::Parent(_)) || !node.seeking.is_empty() {
        return Err(Fault::new("S0217")
            .token(node.type_name())
            .at(node.position));
    }
    Ok(node)
}

struct Process {
    /// The number of `%` so far.
    slots: usize,
}

impl Process {
    fn node(&mut self, tree: Tree) -> Result<Node, Fault> {
        grown(|| self.node_of(tree))
    }

    fn node_of(&mut self, tree: Tree) -> Result<Node, Fault> {
        let keep_array = tree.keep_array;
        let position = tree.position;
        let mut node = match tree.kind {
            TreeKind::Binary(operator, left, right) => {
                self.binary(operator, *left, *right, position, keep_array)?
            }
            TreeKind::Group(left, pairs) => self.group(*left, pairs, position)?,
            TreeKind::Sort(left, terms) => self.sort(*left, terms, position)?,
            TreeKind::Name(name) => name_path(name, keep_array, position),
            TreeKind::Keyword(name) => name_path(name.into(), keep_array, position),
            TreeKind::Parent => {
                self.slots += 1;
                Node::new(Kind::Parent(Slot::new(self.slots - 1)), position)
            }
            TreeKind::Negation(operand) => self.negation(*operand, position)?,
            TreeKind::Lambda {
                parameters,
                signature,
                body,
            } => {
                let body = tail_calls(self.node(*body)?);
                let lambda = Lambda {
                    parameters,
                    signature,
                    body,
                };
                Node::new(Kind::Lambda(Arc::new(lambda)), position)
            }
            TreeKind::Transform {
                pattern,
                update,
                delete,
            } => {
                let transform = Transform {
                    pattern: self.node(*pattern)?,
                    update: self.node(*update)?,
                    delete: delete.map(|delete| self.node(*delete)).transpose()?,
                    position,
                };
                Node::new(Kind::Transform(Arc::new(transform)), position)
            }
            TreeKind::End => return Err(Fault::new("S0207").at(position)),
            kind => self.compound(kind, position)?,
        };
        node.keep_array |= keep_array;
        Ok(node)
    }

    /// What is processed part by part.
    fn compound(&mut self, kind: TreeKind, position: usize) -> Result<Node, Fault> {
        let mut seeking = Vec::new();
        let mut constructed = false;
        let mut inner = |this: &mut Self, tree: Tree| {
            let node = this.node(tree)?;
            push_ancestry(&mut seeking, &node);
            Ok::<_, Fault>(node)
        };
        let kind = match kind {
            TreeKind::Variable(name) => Kind::Variable(name),
            TreeKind::Literal(literal) => Kind::Literal(literal),
            TreeKind::Regex(regex) => Kind::Regex(regex),
            TreeKind::Wildcard => Kind::Wildcard,
            TreeKind::Descendant => Kind::Descendant,
            TreeKind::Placeholder => Kind::Placeholder,
            TreeKind::Array(items) => {
                let items = items.into_iter().map(|item| inner(self, item));
                Kind::Unary(Unary::Array(items.collect::<Result<_, _>>()?))
            }
            TreeKind::Object(pairs) => {
                let pairs = pairs
                    .into_iter()
                    .map(|(key, value)| Ok((inner(self, key)?, inner(self, value)?)));
                Kind::Unary(Unary::Object(pairs.collect::<Result<_, Fault>>()?))
            }
            TreeKind::Block(expressions) => {
                let expressions = expressions.into_iter().map(|item| inner(self, item));
                let expressions = expressions.collect::<Result<Vec<_>, _>>()?;
                constructed = expressions.iter().any(|part| {
                    part.constructed
                        || matches!(&part.kind, Kind::Path(steps) if steps[0].constructed)
                });
                Kind::Block(expressions)
            }
            TreeKind::Call {
                procedure,
                arguments,
                partial,
            } => {
                let arguments = arguments.into_iter().map(|argument| inner(self, argument));
                let arguments = arguments.collect::<Result<_, _>>()?;
                let procedure = Box::new(self.node(*procedure)?);
                let call = Call {
                    procedure,
                    arguments,
                };
                if partial {
                    Kind::Partial(call)
                } else {
                    Kind::Call(call)
                }
            }
            TreeKind::Condition {
                condition,
                then,
                otherwise,
            } => Kind::Condition(
                Box::new(inner(self, *condition)?),
                Box::new(inner(self, *then)?),
                otherwise
                    .map(|otherwise| inner(self, *otherwise).map(Box::new))
                    .transpose()?,
            ),
            // All others are processed by the caller.
            _ => return Err(Fault::new("S0206").at(position)),
        };
        let mut node = Node::new(kind, position);
        node.seeking = seeking;
        node.constructed = constructed;
        Ok(node)
    }

    fn binary(
        &mut self,
        operator: &'static str,
        left: Tree,
        right: Tree,
        position: usize,
        keep_array: bool,
    ) -> Result<Node, Fault> {
        match operator {
            "." => self.path(left, right, position),
            "[" => self.filter(left, right, position),
            "@" => self.focus(left, &right, position, keep_array),
            "#" => self.index(left, &right, position),
            ":=" => {
                let TreeKind::Variable(name) = left.kind else {
                    return Err(Fault::new("S0212").at(left.position));
                };
                let value = self.node(right)?;
                let mut seeking = Vec::new();
                push_ancestry(&mut seeking, &value);
                let mut node = Node::new(Kind::Bind(name, Box::new(value)), position);
                node.seeking = seeking;
                Ok(node)
            }
            "~>" => {
                let (left, right) = (self.node(left)?, self.node(right)?);
                let keep_array = left.keep_array || right.keep_array;
                let mut node = Node::new(Kind::Apply(Box::new(left), Box::new(right)), position);
                node.keep_array = keep_array;
                Ok(node)
            }
            _ => {
                let (left, right) = (self.node(left)?, self.node(right)?);
                let mut seeking = Vec::new();
                push_ancestry(&mut seeking, &left);
                push_ancestry(&mut seeking, &right);
                let mut node = Node::new(
                    Kind::Binary(operator, Box::new(left), Box::new(right)),
                    position,
                );
                node.seeking = seeking;
                Ok(node)
            }
        }
    }

    fn path(&mut self, left: Tree, right: Tree, position: usize) -> Result<Node, Fault> {
        let mut path = as_path(self.node(left)?, position);
        let mut rest = self.node(right)?;
        let Kind::Path(steps) = &mut path.kind else {
            return Ok(path);
        };
        match rest.kind {
            Kind::Path(more) => steps.extend(more),
            _ => {
                stages_of_predicates(&mut rest);
                steps.push(rest);
            }
        }
        for step in steps.iter_mut() {
            match &step.kind {
                Kind::Literal(Literal::String(name)) => step.kind = Kind::Name(Arc::clone(name)),
                Kind::Literal(literal) => {
                    return Err(Fault::new("S0213")
                        .at(step.position)
                        .part("value", literal.shown()));
                }
                _ => {}
            }
        }
        let kept = steps.iter().any(|step| step.keep_array);
        let is_list = |step: &Node| matches!(step.kind, Kind::Unary(Unary::Array(_)));
        if let Some(first) = steps.first_mut().filter(|step| is_list(step)) {
            first.constructed = true;
        }
        if let Some(last) = steps.last_mut().filter(|step| is_list(step)) {
            last.constructed = true;
        }
        path.keep_singleton |= kept;
        resolve_ancestry(&mut path)?;
        Ok(path)
    }

    fn filter(&mut self, left: Tree, condition: Tree, position: usize) -> Result<Node, Fault> {
        let mut node = self.node(left)?;
        let in_path = matches!(node.kind, Kind::Path(_));
        if last_step(&mut node).group.is_some() {
            return Err(Fault::new("S0209").at(position));
        }
        let condition = self.node(condition)?;
        let step = last_step(&mut node);
        if !condition.seeking.is_empty() {
            for slot in &condition.seeking {
                if slot.level.load(Ordering::Relaxed) == 1 {
                    seek_parent(step, slot)?;
                } else {
                    slot.level.fetch_sub(1, Ordering::Relaxed);
                }
            }
            push_ancestry(&mut step.seeking, &condition);
        }
        let filter = Filter { condition };
        if in_path {
            step.step
                .stages
                .get_or_insert_default()
                .push(Stage::Filter(filter));
        } else {
            step.predicates.push(filter);
        }
        Ok(node)
    }

    fn group(
        &mut self,
        left: Tree,
        pairs: Vec<(Tree, Tree)>,
        position: usize,
    ) -> Result<Node, Fault> {
        let mut node = self.node(left)?;
        if node.group.is_some() {
            return Err(Fault::new("S0210").at(position));
        }
        let pairs = pairs
            .into_iter()
            .map(|(key, value)| Ok((self.node(key)?, self.node(value)?)));
        let pairs: Pairs = pairs.collect::<Result<_, Fault>>()?;
        node.group = Some(Group { pairs, position });
        Ok(node)
    }

    fn sort(
        &mut self,
        left: Tree,
        terms: Vec<(bool, Tree)>,
        position: usize,
    ) -> Result<Node, Fault> {
        let mut path = match self.node(left)? {
            path @ Node {
                kind: Kind::Path(_),
                ..
            } => path,
            step => Node::new(Kind::Path(vec![step]), position),
        };
        let mut seeking = Vec::new();
        let terms = terms.into_iter().map(|(descending, term)| {
            let expression = self.node(term)?;
            push_ancestry(&mut seeking, &expression);
            Ok(Term {
                descending,
                expression,
            })
        });
        let terms = terms.collect::<Result<_, Fault>>()?;
        let mut step = Node::new(Kind::Sort(terms), position);
        step.seeking = seeking;
        if let Kind::Path(steps) = &mut path.kind {
            steps.push(step);
        }
        resolve_ancestry(&mut path)?;
        Ok(path)
    }

    fn focus(
        &mut self,
        left: Tree,
        variable: &Tree,
        position: usize,
        keep_array: bool,
    ) -> Result<Node, Fault> {
        let mut node = self.node(left)?;
        let step = last_step(&mut node);
        if step.step.stages.is_some() || !step.predicates.is_empty() {
            return Err(Fault::new("S0215").at(position));
        }
        if matches!(step.kind, Kind::Sort(_)) {
            return Err(Fault::new("S0216").at(position));
        }
        step.keep_array |= keep_array;
        step.step.focus = variable.variable();
        step.step.tuple = true;
        Ok(node)
    }

    fn index(&mut self, left: Tree, variable: &Tree, position: usize) -> Result<Node, Fault> {
        let mut node = match self.node(left)? {
            path @ Node {
                kind: Kind::Path(_),
                ..
            } => path,
            mut step => {
                stages_of_predicates(&mut step);
                Node::new(Kind::Path(vec![step]), position)
            }
        };
        let step = last_step(&mut node);
        let name = variable.variable();
        match (&mut step.step.stages, name) {
            (Some(stages), Some(name)) => stages.push(Stage::Index(name)),
            (_, name) => step.step.index = name,
        }
        step.step.tuple = true;
        Ok(node)
    }

    fn negation(&mut self, operand: Tree, position: usize) -> Result<Node, Fault> {
        let mut operand = self.node(operand)?;
        if let Kind::Literal(Literal::Number(number)) = &mut operand.kind {
            *number = -*number;
            return Ok(operand);
        }
        let mut seeking = Vec::new();
        push_ancestry(&mut seeking, &operand);
        let mut node = Node::new(Kind::Unary(Unary::Negation(Box::new(operand))), position);
        node.seeking = seeking;
        Ok(node)
    }
}

fn name_path(name: Arc<str>, keep_array: bool, position: usize) -> Node {
    let mut step = Node::new(Kind::Name(name), position);
    step.keep_array = keep_array;
    let mut path = Node::new(Kind::Path(vec![step]), position);
    path.keep_singleton = keep_array;
    path
}

fn as_path(node: Node, position: usize) -> Node {
    if matches!(node.kind, Kind::Path(_)) {
        return node;
    }
    let seeking = match &node.kind {
        Kind::Parent(slot) => vec![Arc::clone(slot)],
        _ => Vec::new(),
    };
    let mut path = Node::new(Kind::Path(vec![node]), position);
    path.seeking = seeking;
    path
}

/// The last step of a path, or the expression itself.
fn last_step(node: &mut Node) -> &mut Node {
    let last = match &node.kind {
        Kind::Path(steps) => steps.len().checked_sub(1),
        _ => None,
    };
    match (last, node) {
        (
            Some(last),
            Node {
                kind: Kind::Path(steps),
                ..
            },
        ) => &mut steps[last],
        (_, node) => node,
    }
}

/// Filters of a step are applied to its results for each item.
fn stages_of_predicates(step: &mut Node) {
    if !step.predicates.is_empty() {
        let filters = std::mem::take(&mut step.predicates);
        step.step.stages = Some(filters.into_iter().map(Stage::Filter).collect());
    }
}

/// A call whose result is that of the function is made by the function's caller, so that recursion can go on for long.
fn tail_calls(mut node: Node) -> Node {
    match node.kind {
        Kind::Call(_) if node.predicates.is_empty() => {
            let position = node.position;
            return Node::new(Kind::Thunk(Arc::new(node)), position);
        }
        Kind::Condition(condition, then, otherwise) => {
            let then = Box::new(tail_calls(*then));
            let otherwise = otherwise.map(|otherwise| Box::new(tail_calls(*otherwise)));
            node.kind = Kind::Condition(condition, then, otherwise);
        }
        Kind::Block(mut expressions) => {
            if let Some(last) = expressions.pop() {
                expressions.push(tail_calls(last));
            }
            node.kind = Kind::Block(expressions);
        }
        _ => {}
    }
    node
}

impl Tree {
    fn variable(&self) -> Option<Arc<str>> {
        match &self.kind {
            TreeKind::Variable(name) => Some(Arc::clone(name)),
            _ => None,
        }
    }
}

impl Literal {
    fn shown(&self) -> String {
        match self {
            Self::String(text) => super::super::quote::quoted(text),
            Self::Number(value) => number::text(*value),
            Self::Bool(value) => value.to_string(),
            Self::Null => "null".to_owned(),
        }
    }
}
