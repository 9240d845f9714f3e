//! The tables that statements in PartiQL name.
//!
//! Source: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html>, and the pages of the four
//! statements below `ql-reference.html`.

use super::NeededResource;
use super::argument::{Argument, Text, Unknown};
use super::each::arns;

/// What an action such as `PartiQLSelect` is needed on: the tables, or the indexes, of the statements of its kind.
pub(super) fn tables(action: &str, request: &Argument<'_>) -> Vec<NeededResource> {
    let verb = action.trim_start_matches("PartiQL");
    let statements = statements(request);
    let found = statements.iter().flat_map(|statement| {
        let texts = statement.texts().into_iter();
        texts.flat_map(move |text| {
            let (text, is_whole) = match text {
                Text::Known(text) => (text, true),
                Text::Starts(start, _) => (start, false),
                Text::Unknown(reason) => return vec![reason.resource()],
            };
            match Statement::parse(&text, is_whole) {
                Some(found) if found.verb.eq_ignore_ascii_case(verb) => found.resources(request),
                Some(_) => Vec::new(),
                None => {
                    let because = "the statement does not say the table before an execution";
                    vec![Unknown::new(because, statement).resource()]
                }
            }
        })
    });
    found.collect()
}

/// `Statement`, or that of each of the `Statements` or `TransactStatements`.
fn statements<'d>(request: &Argument<'d>) -> Vec<Argument<'d>> {
    let lists = ["Statements", "TransactStatements"].into_iter();
    let items = lists.filter_map(|list| request.field(list));
    let mut items: Vec<Argument<'d>> = items.flat_map(|list| list.items()).collect();
    if items.is_empty() {
        items.push(request.clone());
    }
    let statements = items.into_iter();
    statements
        .map(|item| item.field("Statement").unwrap_or(item))
        .collect()
}

struct Statement<'s> {
    verb: &'s str,
    table: &'s str,
    index: Option<&'s str>,
}

impl<'s> Statement<'s> {
    /// `SELECT … FROM "table"."index"`, `INSERT INTO table`, `UPDATE table`, `DELETE FROM table`, or the `EXISTS(SELECT …)` of
    /// a transaction. A text that is not the whole statement ends behind the table.
    fn parse(text: &'s str, is_whole: bool) -> Option<Self> {
        let (first, rest) = word(text)?;
        if first.eq_ignore_ascii_case("EXISTS") {
            return Self::parse(rest.trim_start().strip_prefix('(')?, is_whole);
        }
        let before = match &*first.to_ascii_uppercase() {
            "SELECT" | "DELETE" => Some("FROM"),
            "INSERT" => Some("INTO"),
            "UPDATE" => None,
            _ => return None,
        };
        let mut rest = rest;
        if let Some(before) = before {
            loop {
                let (found, behind) = word(rest)?;
                rest = behind;
                if found.eq_ignore_ascii_case(before) {
                    break;
                }
            }
        }
        let (table, rest) = name(rest.trim_start())?;
        let (index, rest) = match rest.strip_prefix('.') {
            Some(rest) => name(rest).map(|(index, rest)| (Some(index), rest))?,
            None => (None, rest),
        };
        let is_known = is_whole || rest.starts_with(char::is_whitespace);
        is_known.then_some(Self {
            verb: first,
            table,
            index,
        })
    }

    fn resources(&self, request: &Argument<'_>) -> Vec<NeededResource> {
        if self.table.starts_with("arn:") {
            return vec![NeededResource::Arn(self.table.to_owned())];
        }
        let index = self.index.map(|index| format!("/index/{index}"));
        let name = format!("{}{}", self.table, index.unwrap_or_default());
        arns(request, "dynamodb", "table/", &name)
    }
}

/// The next word, or the next sign if there is none, and what is behind it. What stands in quotation marks is one word.
fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let first = text.chars().next()?;
    let end = match first {
        '"' | '\'' => text[1..].find(first)? + 2,
        first if first.is_alphanumeric() || first == '_' => text
            .find(|char: char| !char.is_alphanumeric() && char != '_')
            .unwrap_or(text.len()),
        first => first.len_utf8(),
    };
    Some(text.split_at(end))
}

/// The name of a table or an index, with or without quotation marks.
fn name(text: &str) -> Option<(&str, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted.split_once('"').filter(|(name, _)| !name.is_empty());
    }
    let end = text
        .find(|char: char| !char.is_alphanumeric() && !"_-".contains(char))
        .unwrap_or(text.len());
    Some(text.split_at(end)).filter(|(name, _)| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_says_its_table() {
        for (text, expected) in [
            ("SELECT * FROM orders", Some(("SELECT", "orders", None))),
            (
                "select id, 'from x' from \"or-ders\".\"by day\" where a = ?",
                Some(("select", "or-ders", Some("by day"))),
            ),
            (
                "INSERT INTO \"o.1\" VALUE {'id': ?}",
                Some(("INSERT", "o.1", None)),
            ),
            ("UPDATE o SET a=1", Some(("UPDATE", "o", None))),
            ("DELETE FROM o WHERE id='1'", Some(("DELETE", "o", None))),
            (
                "EXISTS(SELECT * FROM o WHERE id='1')",
                Some(("SELECT", "o", None)),
            ),
            ("SELECT \"FROM\"", None),
            ("DROP TABLE o", None),
            ("SELECT * FROM \"\"", None),
            ("", None),
        ] {
            let found = Statement::parse(text, true);
            let found = found.map(|found| (found.verb, found.table, found.index));
            assert_eq!(found, expected, "{text}");
        }
        // More of the name may follow.
        assert!(Statement::parse("SELECT * FROM ord", false).is_none());
        assert!(Statement::parse("SELECT * FROM \"ord\"", false).is_none());
        assert!(Statement::parse("SELECT * FROM \"ord\" WHERE id=", false).is_some());
    }
}
