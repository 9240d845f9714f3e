//! Why something that an execution started was not read.

use std::fmt;

/// Why an execution or a Map Run that an execution started was not read with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// Behind the first so many.
    TooMany(usize),
    /// Below so many executions that started one another.
    TooDeep(usize),
    Denied,
    NotFound,
    Express,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany(read) => {
                write!(
                    f,
                    "only the first {read} that an execution started are read"
                )
            }
            Self::TooDeep(levels) => write!(f, "only {levels} levels of executions are read"),
            Self::Denied => f.write_str(
                "it is in another account, or your policy does not allow you to read it",
            ),
            Self::NotFound => f.write_str("AWS no longer keeps it"),
            Self::Express => f.write_str("AWS keeps no executions that are EXPRESS"),
        }
    }
}
