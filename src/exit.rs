//! How a run ends, and what an error says about that.

use std::error::Error;

/// How a run ends. The numbers are documented, and pipelines branch on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    Failed = 1,
    /// Bad usage or bad configuration.
    Usage = 2,
    TestFailed = 3,
    ChangesPending = 4,
    Interrupted = 130,
}

impl Exit {
    /// What each code means, in the words of the manual.
    pub const MEANINGS: [(Self, &str); 6] = [
        (Self::Done, "Done."),
        (Self::Failed, "Failed."),
        (Self::Usage, "Bad usage, or bad configuration."),
        (Self::TestFailed, "A test failed."),
        (
            Self::ChangesPending,
            "Changes are pending, with plan --exit-code.",
        ),
        (Self::Interrupted, "Interrupted."),
    ];
}

/// What an error knows in addition to its text. Each type implements it next to its definition.
pub trait Advice: Error {
    fn exit(&self) -> Exit {
        Exit::Failed
    }

    /// What the user can do, if txflow knows.
    fn hint(&self) -> Option<String>;
}
