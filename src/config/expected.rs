//! What a test expects besides the end of its execution: the calls that it made, and what they left behind.

use std::fmt;

use serde_json::Value;

use super::template::Template;

/// A call that an execution must make.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedCall {
    /// As in a `Resource`: `dynamodb`, `aws-sdk:dynamodb`. Both mean either form.
    pub service: String,
    /// As in a `Resource`, without what follows a dot: `putItem`.
    pub action: String,
    /// The function, if it is a call of one: as deploy.toml names it, or in full once the stack is known.
    pub function: Option<String>,
    /// What its parameters must contain, by the JSON pointers of places in them.
    pub parameters: Vec<(String, Value)>,
    pub times: Times,
    /// The line in `deploy.toml`, from 1.
    pub line: usize,
}

impl ExpectedCall {
    /// `dynamodb:putItem`, or the function.
    pub fn called(&self) -> String {
        match &self.function {
            Some(function) => function.clone(),
            None => format!("{}:{}", self.service, self.action),
        }
    }
}

/// What a table or a queue of the embedded AWS must hold afterwards.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedContents {
    pub kind: ContentsKind,
    /// The name of the table or the queue.
    pub name: Template,
    /// What each that counts must contain, by the JSON pointers of places in it.
    pub parts: Vec<(String, Value)>,
    pub count: Times,
    /// The line in `deploy.toml`, from 1.
    pub line: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentsKind {
    Items,
    Messages,
}

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    pub min: u32,
    pub max: Option<u32>,
}

impl Times {
    pub fn at_least_one() -> Self {
        Self { min: 1, max: None }
    }

    pub fn allows(self, count: usize) -> bool {
        let max = self.max.map_or(usize::MAX, |max| max as usize);
        (self.min as usize..=max).contains(&count)
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (min, None) => write!(f, "at least {min}"),
            (min, Some(max)) if min == max => write!(f, "{min}"),
            (0, Some(max)) => write!(f, "at most {max}"),
            (min, Some(max)) => write!(f, "{min} to {max}"),
        }
    }
}
