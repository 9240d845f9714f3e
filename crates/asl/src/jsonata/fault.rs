use std::fmt;
use std::sync::Arc;

use super::messages::template;
use super::quote::quoted;
use crate::budget::Exhausted;

/// Why an expression cannot be parsed or evaluated.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// An error of JSONata.
    Coded(Box<Coded>),
    /// A limit of the evaluation.
    Limit(Limit),
    /// What jsonata-js ends with an exception of JavaScript, which has no code.
    Internal(String),
}

/// An error of JSONata with the parts of its message.
#[derive(Clone, Debug)]
pub(crate) struct Coded {
    pub(super) code: &'static str,
    pub(super) position: Option<usize>,
    /// The operator or the function, which is often known by the caller only.
    pub(super) token: Option<Arc<str>>,
    /// The other parts, as they stand in the message.
    parts: Vec<(&'static str, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Depth,
    Memory,
    Steps,
    Stopped,
}

impl Fault {
    pub(super) fn new(code: &'static str) -> Self {
        Self::Coded(Box::new(Coded {
            code,
            position: None,
            token: None,
            parts: Vec::new(),
        }))
    }

    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self::Internal(message.into())
    }

    pub(super) fn at(mut self, position: usize) -> Self {
        if let Self::Coded(coded) = &mut self {
            coded.position = Some(position);
        }
        self
    }

    pub(super) fn token(mut self, token: impl Into<Arc<str>>) -> Self {
        if let Self::Coded(coded) = &mut self {
            coded.token = Some(token.into());
        }
        self
    }

    /// Names the function or operator, unless it is known.
    pub(super) fn or_token(self, token: Option<&Arc<str>>) -> Self {
        match (&self, token) {
            (Self::Coded(coded), Some(token)) if coded.token.is_none() => {
                self.token(Arc::clone(token))
            }
            _ => self,
        }
    }

    pub(super) fn text(self, name: &'static str, text: &str) -> Self {
        self.part(name, quoted(text))
    }

    /// A part that stands in the message as it is.
    pub(super) fn part(mut self, name: &'static str, shown: impl Into<String>) -> Self {
        if let Self::Coded(coded) = &mut self {
            coded.parts.push((name, shown.into()));
        }
        self
    }

    pub(crate) fn code(&self) -> Option<&'static str> {
        match self {
            Self::Coded(coded) => Some(coded.code),
            _ => None,
        }
    }

    /// Without the code.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Coded(coded) => coded.message(),
            Self::Limit(limit) => limit.message().to_owned(),
            Self::Internal(message) => message.clone(),
        }
    }
}

/// With the code, if there is one: `T1006: Attempted to invoke a non-function`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code() {
            Some(code) => write!(f, "{code}: {}", self.message()),
            None => f.write_str(&self.message()),
        }
    }
}

impl Coded {
    fn message(&self) -> String {
        let mut rest = template(self.code).unwrap_or_default();
        let mut message = String::new();
        while let Some((before, after)) = rest.split_once("{{") {
            message.push_str(before);
            let bare = after.starts_with('{');
            let (open, close) = if bare { (1, "}}}") } else { (0, "}}") };
            let Some((name, after)) = after[open..].split_once(close) else {
                break;
            };
            message.push_str(&self.shown(name, bare));
            rest = after;
        }
        message.push_str(rest);
        message
    }

    fn shown(&self, name: &str, bare: bool) -> String {
        let token = || {
            let token = self.token.as_deref()?;
            Some(if bare {
                token.to_owned()
            } else {
                quoted(token)
            })
        };
        let part = self.parts.iter().find(|(part, _)| *part == name);
        part.map(|(_, shown)| shown.clone())
            .or_else(|| token().filter(|_| name == "token"))
            // What `JSON.stringify` makes of nothing.
            .unwrap_or_else(|| "undefined".to_owned())
    }
}

impl Limit {
    /// In the words of Step Functions, as far as they were measured.
    fn message(self) -> &'static str {
        match self {
            Self::Depth => {
                "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive"
            }
            Self::Memory => {
                "Expression evaluation memory limit exceeded: Check for excessive memory usage"
            }
            Self::Steps => "Expression evaluation timeout: Check for infinite loop",
            Self::Stopped => "The evaluation was stopped",
        }
    }
}

impl From<Exhausted> for Fault {
    fn from(exhausted: Exhausted) -> Self {
        Self::Limit(match exhausted {
            Exhausted::Memory => Limit::Memory,
            Exhausted::Steps => Limit::Steps,
            Exhausted::Stopped => Limit::Stopped,
        })
    }
}
