//! How a run ends, and what an error says about that.

use std::error::Error;
use std::fmt;

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
        (
            Self::TestFailed,
            "A test failed, its coverage is below --fail-under, a replayed execution differs, an exploration has findings, or executions have shown that the release of a canary is worse.",
        ),
        (
            Self::ChangesPending,
            "Changes are pending, with --exit-code.",
        ),
        (Self::Interrupted, "Interrupted."),
    ];

    /// All of them in a paragraph, for `--help`.
    pub fn meanings() -> String {
        let told = Self::MEANINGS.map(|(exit, meaning)| {
            let mut letters = meaning.trim_end_matches('.').chars();
            let first = letters.next().map(|first| first.to_ascii_lowercase());
            let meaning: String = first.into_iter().chain(letters).collect();
            format!("{} {meaning}", exit as u8)
        });
        format!("Exit codes: {}.", told.join("; "))
    }
}

/// What an error knows in addition to its text. Each type implements it next to its definition.
pub trait Advice: Error {
    /// What went wrong, in kebab case. Scripts branch on it: it stays as it is if the message is reworded.
    fn kind(&self) -> String;

    fn exit(&self) -> Exit {
        Exit::Failed
    }

    /// What the user can do, if txflow knows.
    fn hint(&self) -> Option<String>;
}

/// The name of an error's variant in kebab case, such as `unknown-test`: what a derived `Debug` begins with.
pub fn variant(error: &impl fmt::Debug) -> String {
    let text = format!("{error:?}");
    let name = text.chars().take_while(|c| c.is_ascii_alphanumeric());
    let mut kebab = String::new();
    for (index, c) in name.enumerate() {
        if c.is_ascii_uppercase() && index > 0 {
            kebab.push('-');
        }
        kebab.push(c.to_ascii_lowercase());
    }
    kebab
}
