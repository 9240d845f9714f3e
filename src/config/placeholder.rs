//! `${...}` in the strings of a definition.

use std::fmt;

/// What a placeholder stands for.
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
    Text(&'a str),
    Placeholder(Placeholder),
}

/// Splits a string at its placeholders. Braces without a name, such as JSONata's `${"key": value}`,
/// are text.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut from = 0;
    while let Some(open) = text[from..].find("${").map(|at| from + at) {
        let inside = &text[open + 2..];
        from = open + 2;
        let Some(length) = inside.find('}') else {
            break;
        };
        let name = inside[..length].trim();
        if !is_name(name) {
            continue;
        }
        if start < open {
            pieces.push(Piece::Text(&text[start..open]));
        }
        pieces.push(Piece::Placeholder(Placeholder::named(name)));
        from = open + 2 + length + 1;
        start = from;
    }
    if start < text.len() {
        pieces.push(Piece::Text(&text[start..]));
    }
    pieces
}

/// The name of a crate, or what is meant to be a pseudo parameter.
fn is_name(name: &str) -> bool {
    let plain = name.strip_prefix("AWS::").unwrap_or(name);
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !plain.is_empty() && plain.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_braces_are_placeholders_and_all_else_is_text() {
        let arn = "arn:${AWS::Partition}:lambda:x:${purchase-handler}";
        assert_eq!(
            pieces(arn),
            [
                Piece::Text("arn:"),
                Piece::Placeholder(Placeholder::Partition),
                Piece::Text(":lambda:x:"),
                Piece::Placeholder(Placeholder::Named("purchase-handler".to_owned())),
            ]
        );
        for text in ["{% ${\"a\": 1} %}", "$.a[${", "${}", "${a b}", "é${é}"] {
            assert_eq!(pieces(text), [Piece::Text(text)]);
        }
        let nested = pieces("${\"a\": \"${x}\"}");
        assert_eq!(
            nested[1],
            Piece::Placeholder(Placeholder::Named("x".to_owned()))
        );
    }
}
