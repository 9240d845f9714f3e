//! What is known of an expression's result before an execution starts.

use super::number;
use super::syntax::{Kind, Literal, Node, parse};
use crate::constant::Constant;

/// More alternatives than anyone writes down.
const MOST: usize = 64;

/// The texts that an expression may evaluate to: one for each branch of a condition. `known` gives what a path such as
/// `$states.context.StateMachine.Id` or `$table` may be, if that is the same in all executions.
pub(crate) fn constants(
    source: &str,
    known: &dyn Fn(&str) -> Option<Vec<Constant>>,
) -> Vec<Constant> {
    parse(source).map_or_else(|_| vec![Constant::UNKNOWN], |node| texts(&node, known))
}

fn texts(node: &Node, known: &dyn Fn(&str) -> Option<Vec<Constant>>) -> Vec<Constant> {
    if !node.predicates.is_empty() || node.group.is_some() {
        return vec![Constant::UNKNOWN];
    }
    match &node.kind {
        Kind::Literal(Literal::String(text)) => vec![Constant::Whole(text.to_string())],
        Kind::Literal(Literal::Number(number)) if number.fract() == 0.0 => {
            vec![Constant::Whole(number::text(*number))]
        }
        Kind::Block(nodes) => match &nodes[..] {
            [node] => texts(node, known),
            _ => vec![Constant::UNKNOWN],
        },
        Kind::Binary("&", left, right) => {
            let (first, second) = (texts(left, known), texts(right, known));
            let pairs = first
                .iter()
                .flat_map(|first| second.iter().map(|second| first.followed_by(second)));
            pairs.take(MOST).collect()
        }
        Kind::Condition(_, then, Some(otherwise)) => {
            let mut found = texts(then, known);
            found.extend(texts(otherwise, known));
            found.truncate(MOST);
            found
        }
        Kind::Path(steps) => {
            let found = path(steps).and_then(|path| known(&path));
            found.unwrap_or_else(|| vec![Constant::UNKNOWN])
        }
        Kind::Variable(name) => {
            known(&format!("${name}")).unwrap_or_else(|| vec![Constant::UNKNOWN])
        }
        _ => vec![Constant::UNKNOWN],
    }
}

/// A path that starts with a variable and has nothing but names after it.
fn path(steps: &[Node]) -> Option<String> {
    let mut path = String::new();
    for step in steps {
        match &step.kind {
            _ if step.step.stages.is_some() || !step.predicates.is_empty() => return None,
            Kind::Variable(name) if path.is_empty() => path.push_str(&format!("${name}")),
            Kind::Name(name) if !path.is_empty() => path.push_str(&format!(".{name}")),
            _ => return None,
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_concatenation_is_known_as_far_as_its_parts_are() {
        let whole = |text: &str| Constant::Whole(text.into());
        let known = |path: &str| match path {
            "$states.context.StateMachine.Name" => Some(vec![whole("m")]),
            "$table" => Some(vec![whole("a"), whole("b")]),
            _ => None,
        };
        let start = |text: &str| Constant::Start(text.into());
        for (source, expected) in [
            ("'orders'", vec![whole("orders")]),
            ("'a-' & \"b\" & ('-' & 3)", vec![whole("a-b-3")]),
            ("'a/' & $states.input.id & '/b'", vec![start("a/")]),
            (
                "$states.context.StateMachine.Name & '-x'",
                vec![whole("m-x")],
            ),
            (
                "'q-' & ($x = 1 ? 'a' : $y ? 'b' : $z)",
                vec![whole("q-a"), whole("q-b"), start("q-")],
            ),
            ("$table & '-x'", vec![whole("a-x"), whole("b-x")]),
            ("$states.input", vec![start("")]),
            ("$x ? 'a'", vec![start("")]),
            ("$uppercase('a')", vec![start("")]),
            ("'a' &", vec![start("")]),
        ] {
            assert_eq!(constants(source, &known), expected, "{source}");
        }
    }

    #[test]
    fn alternatives_do_not_multiply_without_end() {
        let source = vec!["($x ? 'a' : 'b')"; 40].join(" & ");
        assert!(constants(&source, &|_| None).len() <= MOST);
    }
}
