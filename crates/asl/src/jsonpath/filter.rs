//! `[?(…)]`: selects the items of a list.

use serde_json::Value;

use super::Segment;
use super::compare::{self, Side};
use super::operator::Operator;
use super::pattern::Pattern;
use super::refused::{Compiled, Refused};
use super::search::{Names, Stop, lookup};
use super::segments::{segments, trim};
use crate::budget::Budget;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    /// `[?]`: compiles, but a state has no filter to put there, so it fails.
    Placeholder,
    /// At least one of the lists of tests must hold. Parentheses within a filter have no meaning.
    AnyOf(Vec<Vec<Test>>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    /// Whether the path leads to a value other than null.
    Exists(Vec<Segment>, bool),
    Compare(Operand, Operator, Operand),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    /// A path from `$`, the document.
    Root(Vec<Segment>),
    /// A path from `@`, the item.
    Item(Vec<Segment>),
    /// A text, which numbers and bare words are as well.
    Text(Value),
    Pattern(Pattern),
}

impl Filter {
    /// Compiles the filter around the `?` at `mark` in a text in brackets.
    pub(super) fn compile(text: &str, mark: usize) -> Compiled<Self> {
        if is_placeholder(text) {
            return Ok(Self::Placeholder);
        }
        let compiled = enclosing(text, mark).and_then(Self::conditions);
        compiled.map_err(|refused| refused.after(mark))
    }

    fn conditions(text: &str) -> Compiled<Self> {
        let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
        let inner = inner.and_then(|text| trim(text).strip_prefix('?'));
        let inner = inner.map(trim).and_then(|text| {
            let text = text.strip_prefix('(')?.strip_suffix(')')?;
            Some(trim(text))
        });
        let inner = inner.ok_or_else(|| {
            Refused::new(
                0,
                "a filter is enclosed in `[?(` and `)]`, as in `[?(@.id)]`",
            )
        })?;
        let mut tests = Vec::new();
        let mut operators = Vec::new();
        for part in split(inner) {
            match trim(part) {
                "&&" => operators.push(Logical::And),
                "||" => operators.push(Logical::Or),
                part => tests.push(Test::compile(part)?),
            }
        }
        let last = tests.pop();
        let mut any_of = vec![Vec::from_iter(last)];
        while let Some(operator) = operators.pop() {
            let test = tests.pop().ok_or_else(unpaired)?;
            match (operator, any_of.last_mut()) {
                (Logical::And, Some(all)) => all.push(test),
                _ => any_of.push(vec![test]),
            }
        }
        match tests.is_empty() && !any_of[0].is_empty() {
            true => Ok(Self::AnyOf(any_of)),
            false => Err(unpaired()),
        }
    }

    /// Whether the item is selected.
    pub(super) fn keeps(&self, item: &Value, root: &Value, budget: &Budget) -> Result<bool, Stop> {
        let Self::AnyOf(any_of) = self else {
            return Err(Stop::Failed("The filter '[?]' has no condition".to_owned()));
        };
        for all in any_of {
            let mut holds = true;
            for test in all {
                holds = test.holds(item, root, budget)?;
                if !holds {
                    break;
                }
            }
            if holds {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// `[?]` or `[?, ?]`: filters that a program would pass along with the path.
fn is_placeholder(fragment: &str) -> bool {
    let is_space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r');
    let inner = fragment
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let rest = inner.and_then(|text| text.trim_start_matches(is_space).strip_prefix('?'));
    rest.is_some_and(|rest| rest.chars().all(|c| is_space(c) || ",*?".contains(c)))
}

/// The filter around the `?` at `mark`, with its brackets.
fn enclosing(fragment: &str, mark: usize) -> Compiled<&str> {
    let start = fragment[..mark].rfind('[').unwrap_or(0);
    let (mut brackets, mut parentheses) = (0_i64, 0_i64);
    let (mut quoted, mut before) = (false, ' ');
    for (i, c) in fragment[start..].char_indices() {
        match c {
            '\'' if before != '\\' => quoted = !quoted,
            '(' if !quoted => parentheses += 1,
            ')' if !quoted => parentheses -= 1,
            '[' if !quoted => brackets += 1,
            ']' if !quoted => {
                brackets -= 1;
                if parentheses == 0 {
                    return match brackets {
                        0 => Ok(&fragment[start..=start + i]),
                        _ => Err(Refused::new(0, UNBALANCED)),
                    };
                }
            }
            _ => {}
        }
        before = c;
    }
    Err(Refused::new(0, UNBALANCED))
}

const UNBALANCED: &str = "the brackets, parentheses or quotes of the filter do not match: write it as `[?(@.price < 10)]`";

#[derive(Clone, Copy)]
enum Logical {
    And,
    Or,
}

fn unpaired() -> Refused {
    Refused::new(0, "`&&` and `||` stand between two conditions")
}

/// Splits before and after each `&&` and `||`, also within quotes.
fn split(text: &str) -> Vec<&str> {
    let is_operator = |bytes: &[u8]| matches!(bytes, b"&&" | b"||");
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let mut start = 0;
    for at in 1..bytes.len() {
        let before = at >= 2 && is_operator(&bytes[at - 2..at]);
        let after = bytes.get(at..at + 2).is_some_and(is_operator);
        if before || after {
            parts.push(&text[start..at]);
            start = at;
        }
    }
    parts.push(&text[start..]);
    parts
}

impl Test {
    fn compile(text: &str) -> Compiled<Self> {
        let text = text.trim_start_matches(['[', '?', '(', ' ']);
        let text = text.trim_end_matches([')', ' ']);
        let found = Operator::BY_SYMBOL.iter().find_map(|(symbol, operator)| {
            let (left, right) = text.split_once(symbol)?;
            Some((trim(left), *operator, trim(right)))
        });
        if let Some((left, operator, right)) = found {
            // A negation on the left side of a comparison is ignored.
            let left = left
                .strip_prefix('!')
                .filter(|rest| rest.starts_with('@'))
                .unwrap_or(left);
            return Ok(Self::Compare(
                Operand::compile(left)?,
                operator,
                Operand::compile(right)?,
            ));
        }
        let text = trim(text);
        let (path, expected) = match text.strip_prefix('!') {
            Some(path) if path.starts_with('@') => (path, false),
            _ => (text, true),
        };
        let operand = Operand::compile(path).map_err(|refused| lexical(text).unwrap_or(refused))?;
        match operand {
            Operand::Root(path) | Operand::Item(path) => Ok(Self::Exists(path, expected)),
            Operand::Text(_) | Operand::Pattern(_) => Err(Refused::new(
                0,
                format!(
                    "`{text}` is not a condition: write a path that starts with `@`, alone or compared to a value with `==`, `!=`, `<`, `<=`, `>`, `>=` or `=~`"
                ),
            )),
        }
    }

    fn holds(&self, item: &Value, root: &Value, budget: &Budget) -> Result<bool, Stop> {
        budget.step(1)?;
        match self {
            Self::Exists(path, expected) => match lookup(path, item, Names::All, budget) {
                Ok(value) => Ok(value.is_null() != *expected),
                Err(Stop::Absent(_)) => Ok(!*expected),
                Err(stop) => Err(stop),
            },
            Self::Compare(left, operator, right) => {
                let sides = left
                    .side(item, root, budget)
                    .and_then(|model| Ok((model, right.side(item, root, budget)?)));
                match sides {
                    Ok((model, expected)) => compare::holds(&model, *operator, &expected, budget),
                    Err(Stop::Absent(_)) => Ok(false),
                    Err(stop) => Err(stop),
                }
            }
        }
    }
}

impl Operand {
    fn compile(text: &str) -> Compiled<Self> {
        if text.starts_with("!@") {
            return Err(Refused::new(
                0,
                "`!` negates only a path that stands alone, as in `[?(!@.id)]`",
            ));
        }
        let path = |rest: &str| {
            let segments = segments(rest, &no_filter)?;
            match segments.iter().all(Segment::is_definite) {
                true => Ok(segments),
                false => Err(Refused::new(
                    0,
                    format!(
                        "a path within a filter must lead to one value, but `{text}` may lead to several"
                    ),
                )),
            }
        };
        if let Some(rest) = text.strip_prefix('$') {
            return path(rest).map(Self::Root);
        }
        if let Some(rest) = text.strip_prefix('@') {
            return path(rest).map(Self::Item);
        }
        if text == "'" {
            return Err(Refused::new(0, "the quote `'` is not closed"));
        }
        if let Some(rest) = text.strip_prefix('\'')
            && let Some(quoted) = rest.strip_suffix('\'')
        {
            return Ok(Self::Text(quoted.into()));
        }
        Ok(match Pattern::compile(text)? {
            Some(pattern) => Self::Pattern(pattern),
            None => Self::Text(text.into()),
        })
    }

    fn side<'v>(
        &'v self,
        item: &'v Value,
        root: &'v Value,
        budget: &Budget,
    ) -> Result<Side<'v>, Stop> {
        Ok(match self {
            Self::Root(path) => Side::Value(lookup(path, root, Names::Any, budget)?),
            Self::Item(path) => Side::Value(lookup(path, item, Names::Any, budget)?),
            Self::Text(text) => Side::Value(std::borrow::Cow::Borrowed(text)),
            Self::Pattern(pattern) => Side::Pattern(pattern),
        })
    }
}

/// Why a test with an operator that is a word is refused. Later versions of Jayway's library have them; AWS says that "lexical
/// operators, which are non-symbolic, such as subsetof aren't supported":
/// <https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html>.
fn lexical(text: &str) -> Option<Refused> {
    const WORDS: [&str; 9] = [
        "in", "nin", "subsetof", "anyof", "noneof", "size", "empty", "contains", "all",
    ];
    let (left, rest) = text.split_once(' ')?;
    let (word, right) = trim(rest).split_once(' ')?;
    let right = trim(right);
    let word = WORDS
        .into_iter()
        .find(|known| word.eq_ignore_ascii_case(known))?;
    let (symbol, between) = match word {
        "nin" => ("!=", " && "),
        _ => ("==", " || "),
    };
    let items = right
        .strip_prefix('[')
        .and_then(|list| list.strip_suffix(']'));
    let items = items.filter(|_| matches!(word, "in" | "nin"));
    let instead = items.map(|items| {
        let tests = items
            .split(',')
            .map(|item| format!("{left} {symbol} {}", trim(item)));
        tests.collect::<Vec<_>>().join(between)
    });
    let instead = match instead {
        Some(tests) => format!("write `{tests}`"),
        None => "compare with `==`, `!=`, `<`, `<=`, `>`, `>=` or `=~`, or use JSONata".to_owned(),
    };
    Some(Refused::new(
        0,
        format!("AWS does not support the operator `{word}`, nor others that are words: {instead}"),
    ))
}

/// Refuses a filter within a filter, which also keeps the compiler from recursing.
fn no_filter(_: &str, mark: usize) -> Compiled<Segment> {
    Err(Refused::new(
        mark,
        "a path within a filter must lead to one value, so it cannot have a filter itself",
    ))
}
