//! What stands between brackets: names, indexes, slices, `*` or a filter. The first telling character decides, and what
//! follows a complete segment is ignored.

use super::Segment;
use super::refused::{Compiled, Refused};

/// Compiles the filter around the `?` at this position of a text in brackets.
pub(super) type FilterCompiler<'f> = &'f dyn Fn(&str, usize) -> Compiled<Segment>;

/// Compiles `[…]`; `filter` compiles a filter.
pub(super) fn segment(fragment: &str, filter: FilterCompiler<'_>) -> Compiled<Segment> {
    if fragment == "[*]" {
        return Ok(Segment::Wildcard);
    }
    for (at, c) in fragment.char_indices() {
        match c {
            '?' => return filter(fragment, at),
            '\'' => {
                let names = names(&fragment[at..]);
                return names.ok_or_else(|| {
                    Refused::new(fragment.len(), "expected `]` after the quoted name")
                });
            }
            '0'..='9' | ':' | '-' | '@' => {
                let text: Vec<char> = fragment[at..].chars().collect();
                let indexes = match c {
                    '@' => from_end(&text),
                    _ => indexes(&text),
                };
                return indexes.map_err(|message| Refused::new(at, message));
            }
            _ => {}
        }
    }
    let message = match fragment.contains('"') {
        true => "a name in brackets is put in single quotes, as in `['id']`",
        false => {
            "expected a name in single quotes, an index, a slice, `*` or a filter, as in `['id']`, `[0]`, `[0:2]`, `[*]` or `[?(@.id)]`"
        }
    };
    Err(Refused::new(1, message))
}

/// The quoted names up to the next `]`; `None` if there is none. The text starts with a quote.
///
/// A backslash is an ordinary character, and a `]` ends the list even within quotes.
pub(super) fn names(text: &str) -> Option<Segment> {
    let mut names = Vec::new();
    let mut open: Option<String> = None;
    for c in text.chars() {
        match (c, &mut open) {
            (']', _) => {
                return Some(match <[String; 1]>::try_from(names) {
                    Ok([name]) => Segment::Name(name),
                    Err(names) => Segment::Names(names),
                });
            }
            ('\'', Some(_)) => names.extend(open.take()),
            ('\'', None) => open = Some(String::new()),
            (c, Some(name)) => name.push(c),
            (_, None) => {}
        }
    }
    None
}

/// `[1]`, `[1,2]`, `[1:]`, `[:2]` or `[1:2]`. The text starts after the `[`.
fn indexes(text: &[char]) -> Result<Segment, String> {
    let mut numbers = Vec::new();
    let mut digits = String::new();
    let (mut list, mut slice) = (false, None);
    let mut at = 0;
    loop {
        match next(text, at)? {
            ' ' => {}
            ':' => {
                let open = digits.is_empty();
                if !open {
                    numbers.push(number(&digits)?);
                    digits.clear();
                }
                at += 1;
                while let c @ ('0'..='9' | ' ' | '-') = next(text, at)? {
                    digits.extend((c != ' ').then_some(c));
                    at += 1;
                }
                let bounded = !digits.is_empty();
                if open || bounded {
                    numbers.push(number(&digits)?);
                    digits.clear();
                }
                slice = slice.max(Some(match (open, bounded) {
                    (true, _) => Bounds::To,
                    (false, true) => Bounds::Both,
                    (false, false) => Bounds::From,
                }));
                if next(text, at)? == ']' {
                    break;
                }
            }
            ',' => {
                numbers.push(number(&digits)?);
                digits.clear();
                list = true;
            }
            c @ ('0'..='9' | '-') => digits.push(c),
            _ => break,
        }
        at += 1;
    }
    if !digits.is_empty() {
        numbers.push(number(&digits)?);
    }
    Ok(match (slice, &numbers[..]) {
        (None | Some(Bounds::Both), [index]) => Segment::Index(*index),
        _ if list => Segment::Indices(numbers),
        (Some(Bounds::From), [from, ..]) => Segment::SliceFrom(*from),
        (Some(Bounds::To), [to, ..]) => Segment::SliceTo(*to),
        (Some(Bounds::Both), [from, to, ..]) => Segment::Slice(*from, *to),
        _ => return Err("expected an index or a slice".into()),
    })
}

/// The bounds of a slice. If a text has several slices, the greatest of them counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bounds {
    Both,
    To,
    From,
}

/// `[(@.length-1)]`. The text starts with the `@`.
fn from_end(text: &[char]) -> Result<Segment, String> {
    let mut at = 2;
    let mut function = String::new();
    while next(text, at)? != '-' {
        let c = text[at];
        function.extend((!" ()".contains(c)).then_some(c));
        at += 1;
    }
    if function != "length" && function != "size" {
        return Err(format!(
            "`@.{function}` is not supported as an index: only `(@.length-1)` is, or another number"
        ));
    }
    let mut digits = String::new();
    while next(text, at)? != ')' {
        digits.extend((text[at] != ' ').then_some(text[at]));
        at += 1;
    }
    number(&digits).map(Segment::FromEnd)
}

fn next(text: &[char], at: usize) -> Result<char, String> {
    let c = text.get(at).copied();
    c.ok_or_else(|| "the brackets are not closed: add the missing `]` or `)`".into())
}

fn number(digits: &str) -> Result<i32, String> {
    digits.parse().map_err(|_| match digits {
        "" => "expected a number: a slice is written `[1:]`, `[:2]` or `[1:2]`".to_owned(),
        digits => format!("`{digits}` is not a valid index"),
    })
}
