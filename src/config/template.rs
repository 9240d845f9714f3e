//! Texts and documents whose placeholders are replaced once the account is known.

use std::collections::HashSet;
use std::mem;

use serde_json::{Map, Value};
use txflow_asl::wildcards::match_pieces;

use super::placeholder::{OPEN, Piece, Placeholder, escape, pieces};

/// A text of `deploy.toml`. The values of `[substitutions]` are in place; what is left are pseudo parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Template(pub(super) String);

/// The same of a document: its strings are such texts.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonTemplate(pub(super) Value);

impl Template {
    /// The text, if it has no placeholder.
    pub(super) fn literal(&self) -> Option<String> {
        let text = pieces(&self.0).into_iter().map(|piece| match piece {
            Piece::Text(text) => Some(text),
            Piece::Placeholder(_) | Piece::Malformed(_) => None,
        });
        text.collect()
    }

    /// A text that has the form of the real one.
    pub(super) fn example(&self) -> String {
        self.resolve(|pseudo| pseudo.example().to_owned())
    }

    /// The text with its pseudo parameters as they are written.
    pub(super) fn written(&self) -> String {
        self.resolve(Placeholder::to_string)
    }

    /// The text with each placeholder replaced by its `value`, which is never parsed again.
    pub fn resolve(&self, value: impl Fn(&Placeholder) -> String) -> String {
        resolve_text(&self.0, &value)
    }
}

impl JsonTemplate {
    /// See [`Template::resolve`].
    pub fn resolve(&self, value: impl Fn(&Placeholder) -> String) -> Value {
        let mut document = self.0.clone();
        resolve(&mut document, &value);
        document
    }
}

/// A text without placeholders, whatever is in it.
impl From<&str> for Template {
    fn from(text: &str) -> Self {
        Self(escape(text))
    }
}

/// A document without placeholders.
impl From<Value> for JsonTemplate {
    fn from(mut document: Value) -> Self {
        each_string_mut(&mut document, &mut |text| escape(text).into());
        Self(document)
    }
}

/// A template that is put together. What becomes text is collected, so that the end of one piece and the beginning of
/// the next are never taken for a placeholder.
#[derive(Default)]
pub(super) struct TemplateBuilder {
    literal: String,
    template: String,
}

impl TemplateBuilder {
    pub fn add(&mut self, placeholder: &Placeholder) {
        self.flush();
        self.template.push_str(&placeholder.to_string());
    }

    pub fn add_text(&mut self, text: &str) {
        self.literal.push_str(text);
    }

    pub fn add_template(&mut self, template: &Template) {
        for piece in pieces(&template.0) {
            match piece {
                Piece::Text(text) | Piece::Malformed(text) => self.literal.push_str(text),
                Piece::Placeholder(placeholder) => self.add(&placeholder),
            }
        }
    }

    fn flush(&mut self) {
        self.template.push_str(&escape(&self.literal));
        self.literal.clear();
    }

    pub fn finish(mut self) -> Template {
        self.flush();
        Template(self.template)
    }
}

/// The same in a definition, where placeholders may be in keys as well. A key that would become another one of its object
/// stays as it is written, so that nothing is lost.
pub(super) fn resolve_with_keys(document: &mut Value, value: &impl Fn(&Placeholder) -> String) {
    match document {
        Value::String(text) => *text = resolve_text(text, value),
        Value::Array(items) => {
            for item in items {
                resolve_with_keys(item, value);
            }
        }
        Value::Object(members) => {
            for member in members.values_mut() {
                resolve_with_keys(member, value);
            }
            if members.keys().any(|key| key.contains(OPEN)) {
                resolve_keys(members, value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn resolve_keys(members: &mut Map<String, Value>, value: &impl Fn(&Placeholder) -> String) {
    let written = mem::take(members);
    let names: HashSet<String> = written.keys().cloned().collect();
    for (key, member) in written {
        let name = resolve_text(&key, value);
        let is_taken = name != key && (names.contains(&name) || members.contains_key(&name));
        members.insert(if is_taken { key } else { name }, member);
    }
}

/// Whether a text can be what becomes of a template.
pub(super) fn fits(template: &str, text: &str) -> bool {
    let mut pattern = Vec::new();
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) | Piece::Malformed(text) => pattern.extend(text.chars().map(Some)),
            Piece::Placeholder(_) => pattern.push(None),
        }
    }
    let is_star = |piece: &Option<char>| piece.is_none();
    match_pieces(&pattern, text, is_star, |piece, c| *piece == Some(c))
}

/// Replaces the placeholders in all strings that are values. A key is never replaced.
pub(super) fn resolve(document: &mut Value, value: &impl Fn(&Placeholder) -> String) {
    each_string_mut(document, &mut |text| resolve_text(text, value).into());
}

fn resolve_text(text: &str, value: &impl Fn(&Placeholder) -> String) -> String {
    let resolved = pieces(text).into_iter().map(|piece| match piece {
        Piece::Text(text) | Piece::Malformed(text) => text.to_owned(),
        Piece::Placeholder(placeholder) => value(&placeholder),
    });
    resolved.collect()
}

/// Replaces each string that is a value.
pub(super) fn each_string_mut(document: &mut Value, replacement: &mut impl FnMut(&str) -> Value) {
    match document {
        Value::String(text) => *document = replacement(text),
        Value::Array(items) => {
            for item in items {
                each_string_mut(item, replacement);
            }
        }
        Value::Object(members) => {
            for member in members.values_mut() {
                each_string_mut(member, replacement);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn name(placeholder: &Placeholder) -> String {
        // Must not be taken for another placeholder.
        format!("${{{}}}", placeholder.name().to_lowercase())
    }

    #[test]
    fn what_is_not_a_template_is_never_replaced() {
        let text = "${AWS::Region} ${!a} ${b.c}";
        assert_eq!(Template::from(text).resolve(name), text);
        let document = json!({ "${AWS::Region}": ["${AWS::Region}", 1, { "a": "${!b}" }] });
        assert_eq!(JsonTemplate::from(document.clone()).resolve(name), document);
    }

    #[test]
    fn a_text_is_known_for_what_became_of_a_template() {
        for (template, text) in [
            ("${AWS::Region}", "eu-west-1"),
            (
                "arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:table/a",
                "arn:aws:dynamodb:r:1:table/a",
            ),
            ("${!a}-${a}", "${a}-x"),
        ] {
            assert!(fits(template, text), "{template}");
        }
        for (template, text) in [
            ("a-${AWS::Region}", "b-eu-west-1"),
            ("${!a}", "${!a}"),
            ("a", "b"),
        ] {
            assert!(!fits(template, text), "{template}");
        }
    }

    #[test]
    fn pseudo_parameters_are_replaced_once() {
        let text = Template("a-${AWS::Region}-${!AWS::Region}".to_owned());
        assert_eq!(text.resolve(name), "a-${aws::region}-${AWS::Region}");
        let document = JsonTemplate(json!({ "a": ["${AWS::Region}"] }));
        assert_eq!(document.resolve(name), json!({ "a": ["${aws::region}"] }));
    }
}
