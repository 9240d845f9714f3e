//! Puts the values of `[substitutions]` into texts.

use std::ops::Range;

use serde_json::Value;

use super::names::Meaning;
use super::placeholder::{Piece, Placeholder, pieces};
use super::placeholder_advice::report;
use super::problem::{Problem, Scope};
use super::setting::{Reader, Setting as _};
use super::substitution::{Substituted, Substitution};
use super::template::{Template, TemplateBuilder};

/// A text with its values in place.
pub(super) struct Filled {
    /// A template. If the text is only the placeholder of a value, it has the type of that; `None` if something
    /// in it is wrong, or if the environment is not known.
    pub value: Option<Value>,
    pub secret: bool,
    /// Whether a value in it is not set. Its placeholder is then taken for text.
    pub unset: bool,
    pub problems: Vec<Problem>,
}

pub(super) fn fill(text: &str, scope: Scope, reader: &mut Reader<'_>) -> Filled {
    let pieces = pieces(text);
    let is_alone = pieces.len() == 1;
    let mut out = TemplateBuilder::default();
    let mut filled = Filled {
        value: None,
        secret: false,
        unset: false,
        problems: Vec::new(),
    };
    let mut known = true;
    let mut typed = None;
    for piece in pieces {
        let placeholder = match piece {
            Piece::Text(text) => {
                out.add_text(text);
                continue;
            }
            Piece::Malformed(written) => {
                filled.problems.push(Problem::Malformed(written.to_owned()));
                continue;
            }
            Piece::Placeholder(placeholder) => placeholder,
        };
        let Placeholder::Named(name) = &placeholder else {
            out.add(&placeholder);
            continue;
        };
        match (reader.names.meaning(name), scope) {
            (Some(Meaning::Callable(_)), Scope::Definition) => out.add(&placeholder),
            (Some(Meaning::Value(node)), _) => {
                reader.used_values.insert(name.clone());
                let Some(found) = Substitution::read(&node, reader) else {
                    known = false;
                    continue;
                };
                filled.secret |= found.secret;
                match found.value {
                    Substituted::Text(text) => out.add_template(&text),
                    Substituted::Typed(Value::Array(_)) if !is_alone => {
                        filled.problems.push(Problem::List(name.clone()));
                    }
                    Substituted::Typed(value) => {
                        out.add_text(&value.to_string());
                        typed = Some(value).filter(|_| is_alone);
                    }
                    Substituted::Unset => {
                        out.add_text(&placeholder.to_string());
                        filled.unset = true;
                    }
                }
            }
            (Some(Meaning::Callable(what)), _) => {
                filled.problems.push(Problem::Misplaced(name.clone(), what));
            }
            (None, _) => filled.problems.push(Problem::Unknown(name.clone())),
        }
    }
    if known && filled.problems.is_empty() {
        filled.value = Some(typed.unwrap_or_else(|| out.finish().0.into()));
    }
    filled
}

/// A text of `deploy.toml` with its values in place.
pub(super) struct FilledText {
    pub template: Template,
    pub secret: bool,
    pub unset: bool,
}

impl Reader<'_> {
    /// Fills a text of `deploy.toml`, and reports what is wrong with its placeholders.
    pub fn fill(&mut self, text: &str, span: Range<usize>, scope: Scope) -> Option<FilledText> {
        let filled = self.fill_value(text, span.clone(), scope);
        let template = match filled.value? {
            Value::String(template) => Template(template),
            Value::Array(_) => {
                let name = text.trim_start_matches("${").trim_end_matches('}').trim();
                report(&[Problem::List(name.to_owned())], scope, &span, self);
                return None;
            }
            typed => Template::from(typed.to_string().as_str()),
        };
        Some(FilledText {
            template,
            secret: filled.secret,
            unset: filled.unset,
        })
    }

    /// The same with the type of the value, if the text is only its placeholder.
    pub fn fill_value(&mut self, text: &str, span: Range<usize>, scope: Scope) -> Filled {
        let filled = fill(text, scope, self);
        report(&filled.problems, scope, &span, self);
        filled
    }
}
