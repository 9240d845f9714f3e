//! Types of settings that are neither plain text nor plain numbers.

use std::time::Duration;

use serde_json::{Value, json};
use toml::de::DeValue;

use super::choices::{
    ApplicationLogLevel, Architecture, ExecutionStatus, Linker, LogFormat, LogLevel, MocksOnAws,
    StateMachineKind, SystemLogLevel,
};
use super::nearest::{list, nearest};
use super::node::Node;
use super::setting::{Definitions, Reader, Setting, integer};
use super::text::{FromEnvironment, string};

/// One of a few words.
pub(super) trait Choice: Copy + 'static {
    const ALL: &'static [Self];

    /// What may have been meant by a word that is like none of them.
    const HINT: Option<&'static str> = None;

    /// As it is written in the file.
    fn word(self) -> &'static str;
}

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

impl Choice for Architecture {
    const ALL: &'static [Self] = &[Self::X86_64, Self::Arm64];

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Choice for Linker {
    const ALL: &'static [Self] = &[Self::Auto, Self::Zig, Self::Gcc, Self::RustLld];

    fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Zig => "zig",
            Self::Gcc => "gcc",
            Self::RustLld => "rust-lld",
        }
    }
}

impl Choice for StateMachineKind {
    const ALL: &'static [Self] = &[Self::Standard, Self::Express];

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Choice for LogLevel {
    const ALL: &'static [Self] = &[Self::Off, Self::Fatal, Self::Error, Self::All];

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Choice for LogFormat {
    const ALL: &'static [Self] = &[Self::Text, Self::Json];

    const HINT: Option<&'static str> = Some(
        "`Text` keeps what the handler writes; `JSON` lets Lambda structure it and filter it by level",
    );

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Choice for ApplicationLogLevel {
    const ALL: &'static [Self] = Self::ALL;

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Choice for SystemLogLevel {
    const ALL: &'static [Self] = Self::ALL;

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Choice for ExecutionStatus {
    const ALL: &'static [Self] = &[Self::Succeeded, Self::Failed, Self::TimedOut, Self::Aborted];

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Choice for MocksOnAws {
    const ALL: &'static [Self] = &[Self::Skip, Self::Ignore];

    fn word(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Ignore => "ignore",
        }
    }
}

/// A default that is a word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<T>(pub T);

impl<T: Choice> Setting for Word<T> {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        T::read(node, reader).map(Self)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }
}

impl<T: Choice> From<Word<T>> for Value {
    fn from(word: Word<T>) -> Self {
        word.0.word().into()
    }
}

/// How long CloudWatch Logs keeps events.
#[derive(Debug, Clone, Copy)]
pub(super) enum Retention {
    Days(i32),
    Forever,
}

impl Retention {
    /// The values that `PutRetentionPolicy` accepts.
    const DAYS: [i32; 22] = [
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557,
        2922, 3288, 3653,
    ];
    const FOREVER: &'static str = "forever";

    pub fn days(self) -> Option<i32> {
        match self {
            Self::Days(days) => Some(days),
            Self::Forever => None,
        }
    }
}

impl Setting for Retention {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let days = match node.value() {
            DeValue::String(word) if word == Self::FOREVER => return Some(Self::Forever),
            DeValue::Integer(days) => integer(days).and_then(|days| i32::try_from(days).ok()),
            _ => {
                reader.wrong_type(node, "a number of days or `\"forever\"`");
                return None;
            }
        };
        let allowed = days.filter(|days| Self::DAYS.contains(days));
        if allowed.is_none() {
            let message = format!(
                "`{}` must be a number of days that CloudWatch Logs accepts, or `\"forever\"`",
                node.path()
            );
            let all = Self::DAYS.map(|days| days.to_string()).join(", ");
            reader.error(
                "out-of-range",
                node.place(),
                message,
                format!("one of {all}"),
            );
        }
        allowed.map(Self::Days)
    }

    fn schema(_: &mut Definitions) -> Value {
        let days = Self::DAYS.iter().map(|days| Value::from(*days));
        let all: Vec<Value> = days.chain([Self::FOREVER.into()]).collect();
        json!({ "enum": all })
    }
}

impl From<Retention> for Value {
    fn from(retention: Retention) -> Self {
        match retention {
            Retention::Days(days) => days.into(),
            Retention::Forever => Retention::FOREVER.into(),
        }
    }
}

/// A span of time in seconds, which may have a fraction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seconds(pub Duration);

impl Setting for Seconds {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let seconds: Option<f64> = match node.value() {
            DeValue::Integer(written) => written.as_str().parse().ok(),
            DeValue::Float(written) => written.as_str().parse().ok(),
            _ => {
                reader.wrong_type(node, "a number of seconds");
                return None;
            }
        };
        let duration = seconds
            .filter(|seconds| *seconds > 0.0)
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        if duration.is_none() {
            let message = format!("`{}` must be more than 0 seconds", node.path());
            reader.error("out-of-range", node.place(), message, None);
        }
        duration.map(Self)
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "number", "exclusiveMinimum": 0 })
    }
}
