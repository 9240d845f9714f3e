//! A setting that is one of a few words.

use serde_json::{Value, json};

use super::nearest::{list, nearest};
use super::node::Node;
use super::setting::{Definitions, Reader, Setting};
use super::text::{FromEnvironment, string};

/// One of a few words.
pub(super) trait Choice: Copy + 'static {
    const ALL: &'static [Self];

    /// What may have been meant by a word that is like none of them.
    const HINT: Option<&'static str> = None;

    /// As it is written in the file.
    fn word(self) -> &'static str;
}

/// Declares a [`Choice`]: each value once, with its word.
macro_rules! choice {
    ($(#[$about:meta])* $name:ident $(, hint: $hint:literal)? {
        $($(#[$doc:meta])* $value:ident = $word:literal,)*
    }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$doc])* $value,)*
        }

        impl $name {
            /// As it is written in the file, in AWS's own spelling if AWS has a word for it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)*
                }
            }
        }

        impl $crate::config::choice::Choice for $name {
            const ALL: &'static [Self] = &[$(Self::$value),*];
            $(const HINT: Option<&'static str> = Some($hint);)?

            fn word(self) -> &'static str {
                self.as_str()
            }
        }

        impl From<$name> for serde_json::Value {
            fn from(choice: $name) -> Self {
                choice.as_str().into()
            }
        }
    };
}
pub(super) use choice;

impl<T: Choice> Setting for T {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let word = string(node, reader)?;
        let found = T::ALL.iter().copied().find(|choice| choice.word() == word);
        if found.is_none() {
            let words = || T::ALL.iter().map(|choice| choice.word());
            let near = nearest(&word, words()).map(|near| format!("did you mean `{near}`?"));
            let hint = near.or_else(|| T::HINT.map(str::to_owned));
            let message = format!(
                "`{}` must be {}, not `{word}`",
                node.path(),
                list(words(), "or")
            );
            reader.error("invalid-value", node.place(), message, hint);
        }
        found
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let words: Vec<&str> = T::ALL.iter().map(|choice| choice.word()).collect();
        json!({ "anyOf": [{ "enum": words }, FromEnvironment::schema(definitions)] })
    }
}
