//! `${...}` in the strings of a definition and of `deploy.toml`.

use std::fmt;

/// What a placeholder stands for, once the values of `[substitutions]` are in place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Placeholder {
    /// `${purchase-handler}`: a function or another state machine of the stack, as the ARN of the version that the release
    /// pins.
    Named(String),
    /// `${AWS::AccountId}`
    AccountId,
    /// `${AWS::Region}`
    Region,
    /// `${AWS::Partition}`
    Partition,
}

impl Placeholder {
    /// The pseudo parameters, which have the same names in CloudFormation.
    pub(super) const PSEUDO: [&'static str; 3] =
        ["AWS::AccountId", "AWS::Region", "AWS::Partition"];

    fn named(name: &str) -> Self {
        match name {
            "AWS::AccountId" => Self::AccountId,
            "AWS::Region" => Self::Region,
            "AWS::Partition" => Self::Partition,
            name => Self::Named(name.to_owned()),
        }
    }

    /// A value that has the form of the real one.
    pub(super) fn example(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::AccountId => "123456789012",
            Self::Region => "us-east-1",
            Self::Partition => "aws",
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::AccountId => "AWS::AccountId",
            Self::Region => "AWS::Region",
            Self::Partition => "AWS::Partition",
        }
    }
}

/// As in the definition.
impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${{{}}}", self.name())
    }
}

/// A piece of a string.
#[derive(Debug, PartialEq)]
pub(super) enum Piece<'a> {
    /// As it is meant: without the `!` of an escape.
    Text(&'a str),
    Placeholder(Placeholder),
    /// All of what looks like a placeholder and has no valid name, `${Fn.Arn}`, or is not closed, `${name`.
    Malformed(&'a str),
}

/// Splits a string at its placeholders.
///
/// `${!` stands for `${`, as in CloudFormation. `${}` is text, which `States.Format('${}', $.price)` needs. In a JSONata
/// expression, `${key: value}` groups, so only what has the form of a name is taken for a placeholder there.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let in_jsonata = text.starts_with("{%") && text.ends_with("%}");
    let mut pieces = Vec::new();
    let add_text = |pieces: &mut Vec<_>, range: std::ops::Range<usize>| {
        if !range.is_empty() {
            pieces.push(Piece::Text(&text[range]));
        }
    };
    let mut start = 0;
    let mut from = 0;
    while let Some(open) = text[from..].find(OPEN).map(|at| from + at) {
        let inside = open + OPEN.len();
        from = inside;
        if text[inside..].starts_with('!') {
            add_text(&mut pieces, start..inside);
            start = inside + 1;
            from = start;
            continue;
        }
        let Some(first_close) = text[inside..].find('}').map(|at| inside + at) else {
            let end = inside + begun_name(&text[inside..]).len();
            if end > inside {
                add_text(&mut pieces, start..open);
                pieces.push(Piece::Malformed(&text[open..end]));
                from = end;
                start = end;
            }
            continue;
        };
        let name = text[inside..first_close].trim();
        let (piece, end) = if is_name(name) {
            (
                Piece::Placeholder(Placeholder::named(name)),
                first_close + 1,
            )
        } else if name.is_empty() || (in_jsonata && !resembles_name(name)) {
            continue;
        } else {
            let end = matching_close(text, inside).unwrap_or(first_close) + 1;
            (Piece::Malformed(&text[open..end]), end)
        };
        add_text(&mut pieces, start..open);
        pieces.push(piece);
        from = end;
        start = end;
    }
    add_text(&mut pieces, start..text.len());
    pieces
}

/// What each placeholder begins with.
pub(super) const OPEN: &str = "${";

/// The text, so that [`pieces`] takes all of it for text.
pub(super) fn escape(text: &str) -> String {
    text.replace(OPEN, "${!")
}

/// A text of an existing definition as a definition file has to have it to mean the same.
pub fn escaped(text: &str) -> String {
    if pieces(text) == [Piece::Text(text)] {
        text.to_owned()
    } else {
        escape(text)
    }
}

/// A name that somebody chose, or what is meant to be a pseudo parameter.
fn is_name(name: &str) -> bool {
    let plain = name.strip_prefix("AWS::").unwrap_or(name);
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !plain.is_empty() && plain.chars().all(allowed)
}

/// The name with which a text begins, if it does.
fn begun_name(text: &str) -> &str {
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
        return "";
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.:".contains(c));
    text[..end.unwrap_or(text.len())].trim_end_matches(['.', ':'])
}

/// Whether this is meant to be a name even in JSONata, where a single colon separates a key from a value.
fn resembles_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    name.replace("::", "").chars().all(allowed)
}

/// The brace that closes the one before `inside`.
fn matching_close(text: &str, inside: usize) -> Option<usize> {
    let mut depth = 1;
    text[inside..].char_indices().find_map(|(at, character)| {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(inside + at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(name: &str) -> Piece<'_> {
        Piece::Placeholder(Placeholder::Named(name.to_owned()))
    }

    #[test]
    fn names_in_braces_are_placeholders_and_all_else_is_text() {
        let arn = "arn:${AWS::Partition}:lambda:x:${purchase-handler}";
        assert_eq!(
            pieces(arn),
            [
                Piece::Text("arn:"),
                Piece::Placeholder(Placeholder::Partition),
                Piece::Text(":lambda:x:"),
                function("purchase-handler"),
            ]
        );
        for text in [
            "$.a[${",
            "${}",
            "$ {a}",
            "$${}",
            "{a}",
            "States.Format('${}', $.a)",
        ] {
            assert_eq!(pieces(text), [Piece::Text(text)]);
        }
        assert_eq!(pieces("${ a }"), [function("a")]);
    }

    #[test]
    fn what_looks_like_a_placeholder_is_never_text() {
        for text in [
            "${Fn.Arn}",
            "${f1.Arn}",
            "${a:b}",
            "${a b}",
            "${AWS::}",
            "${a::b}",
            "${é}",
            "${jsonencode({ a = 1 })}",
            "${var.a ? \"${b}\" : 1}",
            "${\n a.b\n}",
        ] {
            assert_eq!(pieces(text), [Piece::Malformed(text)], "{text}");
        }
        let around = [
            Piece::Text("a "),
            Piece::Malformed("${b.c}"),
            Piece::Text(" d "),
            function("e"),
        ];
        assert_eq!(pieces("a ${b.c} d ${e}"), around);
        let unbalanced = [Piece::Malformed("${ { }"), Piece::Text(" a")];
        assert_eq!(pieces("${ { } a"), unbalanced);
    }

    #[test]
    fn a_placeholder_that_is_not_closed_is_never_text() {
        for text in ["${name", "${AWS::Region", "${Fn.Arn", "${_a", "${1-a"] {
            assert_eq!(pieces(text), [Piece::Malformed(text)], "{text}");
        }
        let several = [
            function("a"),
            Piece::Text("-"),
            Piece::Malformed("${b"),
            Piece::Text(": "),
            Piece::Malformed("${c"),
            Piece::Text(")"),
        ];
        assert_eq!(pieces("${a}-${b: ${c)"), several);
        for text in ["${", "${ a", "${\"a", "${.a", "$${", "${é", "{% ${a: 1 %}"] {
            assert_eq!(pieces(text), [Piece::Text(text)], "{text}");
        }
        assert_eq!(pieces("${!name"), [Piece::Text("${"), Piece::Text("name")]);
    }

    #[test]
    fn jsonata_groups_with_the_same_characters() {
        for text in [
            "{% ${\"a\": 1} %}",
            "{% $x.${a:b} %}",
            "{% ${a: $sum(b)} %}",
            "{% ${} %}",
        ] {
            assert_eq!(pieces(text), [Piece::Text(text)], "{text}");
        }
        let nested = pieces("{% ${\"a\": \"${x}\"} %}");
        assert_eq!(nested[1], function("x"));
        assert_eq!(pieces("{% ${Fn.Arn} %}")[1], Piece::Malformed("${Fn.Arn}"));
        assert_eq!(
            pieces("{% ${AWS::A::B} %}")[1],
            Piece::Malformed("${AWS::A::B}")
        );
    }

    #[test]
    fn an_exclamation_mark_makes_text_of_it() {
        let text = |text: &str| -> String {
            let pieces = pieces(text).into_iter().map(|piece| match piece {
                Piece::Text(text) => text.to_owned(),
                other => panic!("{other:?}"),
            });
            pieces.collect()
        };
        assert_eq!(text("a ${!b} ${!c.d} e"), "a ${b} ${c.d} e");
        assert_eq!(text("${!!a}${!"), "${!a}${");
        for any in [
            "${a}",
            "${!a}",
            "${!!a} ${b:c}",
            "{% ${a} ${\"b\": 1} %}",
            "$${a}",
            "${a",
        ] {
            assert_eq!(text(&escape(any)), any);
            assert_eq!(text(&escaped(any)), any);
        }
    }
}
