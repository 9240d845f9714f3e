//! A text of a policy: wildcards, and variables such as `${aws:PrincipalAccount}`.

use txflow_asl::wildcards;

use super::context::Context;

#[derive(Debug, Clone)]
pub(super) struct Pattern {
    text: String,
    /// Whether `${…}` is a variable. It is not in a policy of the version of 2008.
    variables: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Char(char),
    /// `*`: any text.
    Any,
    /// `?`: any character.
    One,
}

impl Pattern {
    pub(super) fn new(text: String, variables: bool) -> Pattern {
        Pattern { text, variables }
    }

    /// As it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The text with its variables replaced, in which wildcards are characters. `None` if a variable has no value.
    pub(super) fn resolved(&self, context: &Context) -> Option<String> {
        let pieces = self.pieces(context)?.into_iter();
        let text = pieces.map(|piece| match piece {
            Piece::Char(c) => c,
            Piece::Any => '*',
            Piece::One => '?',
        });
        Some(text.collect())
    }

    /// A variable without a value matches nothing.
    pub(super) fn matches(&self, text: &str, context: &Context) -> bool {
        let pieces = self.pieces(context);
        pieces.is_some_and(|pieces| glob(&pieces, text))
    }

    /// The parts of an ARN match one by one, so that a wildcard does not reach beyond its part.
    pub(super) fn matches_arn(&self, arn: &str, context: &Context) -> bool {
        let Some(pieces) = self.pieces(context) else {
            return false;
        };
        if pieces == [Piece::Any] {
            return true;
        }
        let wanted: Vec<&[Piece]> = pieces.splitn(6, |it| *it == Piece::Char(':')).collect();
        let actual: Vec<&str> = arn.splitn(6, ':').collect();
        wanted.len() == actual.len()
            && wanted
                .iter()
                .zip(actual)
                .all(|(wanted, actual)| glob(wanted, actual))
    }

    /// The keys of its variables.
    pub(super) fn variables(&self) -> Vec<&str> {
        let mut keys = Vec::new();
        let mut rest = self.text.as_str();
        while let Some((_, key, _, after)) = self.variables.then(|| variable(rest)).flatten() {
            keys.extend(key.contains(':').then_some(key));
            rest = after;
        }
        keys
    }

    fn pieces(&self, context: &Context) -> Option<Vec<Piece>> {
        let mut pieces = Vec::new();
        let written = |c: char| match c {
            '*' => Piece::Any,
            '?' => Piece::One,
            c => Piece::Char(c),
        };
        let mut rest = self.text.as_str();
        while let Some((before, key, default, after)) =
            self.variables.then(|| variable(rest)).flatten()
        {
            pieces.extend(before.chars().map(written));
            let value = match key {
                "*" | "?" | "$" => key,
                key => context.values(key).next().or(default)?,
            };
            pieces.extend(value.chars().map(Piece::Char));
            rest = after;
        }
        pieces.extend(rest.chars().map(written));
        Some(pieces)
    }
}

/// The first variable of a text: what is before it, its key, its default and what is after it.
fn variable(text: &str) -> Option<(&str, &str, Option<&str>, &str)> {
    let (before, rest) = text.split_once("${")?;
    let (inside, after) = rest.split_once('}')?;
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => (key, Some(default.trim().trim_matches('\''))),
        None => (inside, None),
    };
    Some((before, key.trim(), default, after))
}

/// Whether a text without variables matches a pattern in any case, as actions do.
pub(super) fn matches_in_any_case(pattern: &str, text: &str) -> bool {
    let pattern = Pattern::new(pattern.to_ascii_lowercase(), false);
    pattern.matches(&text.to_ascii_lowercase(), &Context::default())
}

fn glob(pattern: &[Piece], text: &str) -> bool {
    let fits = |piece: &Piece, c| *piece == Piece::One || *piece == Piece::Char(c);
    wildcards::match_pieces(pattern, text, |piece| *piece == Piece::Any, fits)
}
