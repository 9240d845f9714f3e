//! Texts that are in the file or come from the environment, and may be secret.

use std::ops::Range;

use super::node::Node;
use super::section::section;
use super::setting::{Reader, Setting as _, Unset};
use super::template::Template;
use super::text::{Literal, unset};
use crate::world::SHORTEST;

section! {
    /// A value, or where it comes from.
    VariableSource {
        /// The name of the environment variable of the process that runs txflow.
        env: Option<Literal>;
        /// The value if `env` is not set.
        default: Option<Literal>;
        /// The value itself.
        value: Option<Literal>;
        /// Whether the value is a secret, which is never printed.
        secret: bool = false;
    }
}

/// A text in the file, or one from the environment, which has no placeholders.
pub(super) struct Sourced {
    /// `None` if it comes from a variable that is not set, which has been reported if the command needs it.
    pub text: Option<Template>,
    pub secret: bool,
}

impl Sourced {
    /// `in_file` makes a template of a text that stands in the file.
    pub fn read<'a>(
        node: &Node<'_>,
        reader: &mut Reader<'a>,
        in_file: impl Fn(&str, Range<usize>, &mut Reader<'a>) -> Option<Self>,
    ) -> Option<Self> {
        if let Some(text) = node.value().as_str() {
            return in_file(text, node.span(), reader);
        }
        if !node.value().is_table() {
            reader.wrong_type(node, "a string");
            return None;
        }
        let node = &node.top();
        let source = VariableSource::read(node, reader)?;
        let secret = source.secret;
        if secret && (source.value.is_some() || source.default.is_some()) {
            let message = format!("the secret `{}` is written in the file", node.path());
            let hint = "take it from the environment: `{ env = \"NAME\", secret = true }`";
            reader.warning("secret-in-file", node.key(), message, hint.to_owned());
        }
        let written = |Literal(text): Literal, reader: &mut Reader<'a>| {
            if secret {
                check_secret(node, reader, &text);
            }
            let found = in_file(&text, node.span(), reader)?;
            Some(Self {
                secret: secret || found.secret,
                ..found
            })
        };
        match (source.env, source.value) {
            (None, Some(value)) => written(value, reader),
            (Some(variable), None) => {
                let environment = reader.environment?;
                if let Some(value) = environment(&variable.0) {
                    if secret {
                        check_secret(node, reader, &value);
                    }
                    let text = Some(Template::from(value.as_str()));
                    return Some(Self { text, secret });
                }
                if let Some(default) = source.default {
                    return written(default, reader);
                }
                if reader.unset != Unset::Ignored {
                    unset(node, reader, &variable);
                }
                let unset = Self { text: None, secret };
                (reader.unset != Unset::Refused).then_some(unset)
            }
            _ => {
                let message = format!("`{}` must have either `env` or `value`", node.path());
                reader.error("conflict", node.span(), message, None);
                None
            }
        }
    }
}

fn check_secret(node: &Node<'_>, reader: &mut Reader<'_>, value: &str) {
    if value.is_empty() {
        let message = format!("the secret `{}` is empty", node.path());
        let hint = "GitHub Actions sets a secret that does not exist to an empty string";
        reader.error("empty-secret", node.span(), message, hint.to_owned());
    }
    if (1..SHORTEST).contains(&value.trim().chars().count()) {
        let message = format!(
            "the secret `{}` has fewer than {SHORTEST} characters, so it is not masked in output",
            node.path()
        );
        let hint = "a longer secret is masked wherever a handler returns or logs it";
        reader.warning("short-secret", node.key(), message, hint.to_owned());
    }
}
