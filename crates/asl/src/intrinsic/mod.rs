//! Intrinsic functions: `States.Format('{} is {}', $.name, $.age)`.

mod arguments;
mod arrays;
mod call;
mod constant;
pub(crate) mod cost;
mod encoding;
mod format;
mod numbers;
mod parse;
mod strings;

use serde_json::Value;

pub(crate) use call::CallError;

use crate::jsonpath::JsonPath;

/// A parsed call of an intrinsic function.
#[derive(Clone, Debug, PartialEq)]
pub struct Intrinsic {
    text: String,
    function: Function,
    arguments: Vec<Argument>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    Literal(Value),
    Path(JsonPath),
    Call(Box<Intrinsic>),
}

/// A text that is not a call of an intrinsic function.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at position {position} in `{call}`")]
pub struct SyntaxError {
    pub call: String,
    pub message: String,
    /// A byte offset from the start of the call.
    pub position: usize,
}

impl Intrinsic {
    /// # Errors
    /// If the text is not a call, the function does not exist or it does not take this number of arguments.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        parse::parse(text)
    }

    /// The call as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub fn function(&self) -> Function {
        self.function
    }

    #[must_use]
    pub fn arguments(&self) -> &[Argument] {
        &self.arguments
    }

    /// Every path among the arguments, including those of nested calls.
    pub fn paths(&self) -> impl Iterator<Item = &JsonPath> {
        let mut found = Vec::new();
        let mut calls = vec![self];
        while let Some(call) = calls.pop() {
            for argument in &call.arguments {
                match argument {
                    Argument::Literal(_) => {}
                    Argument::Path(path) => found.push(path),
                    Argument::Call(inner) => calls.push(inner),
                }
            }
        }
        found.into_iter()
    }
}

macro_rules! functions {
    ($($name:ident $arguments:expr;)*) => {
        /// The intrinsic functions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Function { $($name),* }

        impl Function {
            const ALL: &'static [(&'static str, Self)] =
                &[$((concat!("States.", stringify!($name)), Self::$name)),*];

            /// The minimum and the maximum number of arguments.
            fn arity(self) -> (usize, usize) {
                match self { $(Self::$name => $arguments),* }
            }
        }
    };
}

functions! {
    Array (0, usize::MAX);
    ArrayContains (2, 2);
    ArrayGetItem (2, 2);
    ArrayLength (1, 1);
    ArrayPartition (2, 2);
    ArrayRange (3, 3);
    ArrayUnique (1, 1);
    Base64Decode (1, 1);
    Base64Encode (1, 1);
    Format (1, usize::MAX);
    Hash (2, 2);
    JsonMerge (3, 3);
    JsonToString (1, 1);
    MathAdd (2, 2);
    MathRandom (2, 3);
    StringSplit (2, 2);
    StringToJson (1, 1);
    UUID (0, 0);
}

impl Function {
    fn named(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name)?;
        Some(found.1)
    }

    /// `States.Array`, `States.ArrayContains`, and so on.
    #[must_use]
    pub fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, function)| *function == self);
        found.map_or("", |(name, _)| name)
    }
}
