//! Placeholders in the documents that tests send, which are taken as they stand. What a test expects is compared with what
//! comes, so there such a text may be meant, and one that is not fails the test.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::node::join;
use super::placeholder::{Piece, Placeholder, pieces};
use super::setting::Reader;

/// The keys of a test whose values it sends. Others, such as the name of an event bus, take placeholders.
const DOCUMENTS: [&[&str]; 4] = [&["input"], &["event", "detail"], &["mock"], &["answer"]];

/// Refuses what looks as if a value of the file would be put in. `path` is that of the table, such as `tests`.
pub(super) fn check(path: &str, tests: &DeTable<'_>, reader: &mut Reader<'_>) {
    for (name, test) in tests.iter() {
        let path = join(path, name.get_ref());
        for keys in DOCUMENTS {
            let value = keys
                .iter()
                .try_fold(test, |value, key| value.get_ref().as_table()?.get(*key));
            if let Some(value) = value {
                let path = keys.iter().fold(path.clone(), |path, key| join(&path, key));
                document(&path, value, reader);
            }
        }
    }
}

fn document(path: &str, value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) {
    match value.get_ref() {
        DeValue::String(text) => {
            let named = pieces(text).into_iter().find_map(|piece| match piece {
                Piece::Placeholder(placeholder) if stands_for_something(&placeholder, reader) => {
                    Some(placeholder)
                }
                _ => None,
            });
            if let Some(placeholder) = named {
                let message = format!("`{placeholder}` in `{path}` would be taken for text");
                let hint =
                    "write the value itself: placeholders are not replaced in what a test sends";
                reader.error(
                    "unknown-placeholder",
                    value.span(),
                    message,
                    hint.to_owned(),
                );
            }
        }
        DeValue::Array(items) => {
            for item in items.iter() {
                document(path, item, reader);
            }
        }
        DeValue::Table(table) => {
            for (key, member) in table.iter() {
                document(&join(path, key.get_ref()), member, reader);
            }
        }
        _ => {}
    }
}

/// Another text of this form may well be what a test is about.
fn stands_for_something(placeholder: &Placeholder, reader: &Reader<'_>) -> bool {
    match placeholder {
        Placeholder::Named(name) => reader.names.meaning(name).is_some(),
        _ => true,
    }
}
