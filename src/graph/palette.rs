//! The colours of all pictures.

use crate::executions::Outcome;

/// How a thing looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Look {
    /// Without an execution.
    Plain,
    /// The execution did not come here.
    Skipped,
    Of(Outcome),
}

/// The colours of a box, with its text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Colors {
    pub fill: &'static str,
    pub stroke: &'static str,
    pub text: &'static str,
}

impl Look {
    /// Of a thing with this outcome, if the execution came there.
    pub fn of(is_painted: bool, outcome: Option<Outcome>) -> Self {
        match (is_painted, outcome) {
            (false, _) => Self::Plain,
            (true, None) => Self::Skipped,
            (true, Some(outcome)) => Self::Of(outcome),
        }
    }

    pub fn all() -> impl Iterator<Item = Self> {
        let outcomes = Outcome::ALL.into_iter().map(Self::Of);
        [Self::Plain, Self::Skipped].into_iter().chain(outcomes)
    }

    /// The name of its style.
    pub fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Skipped => "skipped",
            Self::Of(outcome) => outcome.as_str(),
        }
    }

    /// On a light ground.
    pub fn light(self) -> Colors {
        let [fill, stroke, text] = match self {
            Self::Plain => ["#f6f8fa", "#57606a", "#1f2328"],
            Self::Skipped => ["#ffffff", "#afb8c1", "#656d76"],
            Self::Of(Outcome::Succeeded) => ["#dafbe1", "#1a7f37", "#1f2328"],
            Self::Of(Outcome::Caught) => ["#fff8c5", "#9a6700", "#1f2328"],
            Self::Of(Outcome::Aborted) => ["#eaeef2", "#57606a", "#1f2328"],
            Self::Of(Outcome::Running) => ["#ddf4ff", "#0969da", "#1f2328"],
            Self::Of(Outcome::Failed) => ["#ffebe9", "#cf222e", "#1f2328"],
        };
        Colors { fill, stroke, text }
    }

    /// On a dark ground.
    pub fn dark(self) -> Colors {
        let [fill, stroke, text] = match self {
            Self::Plain => ["#161b22", "#8b949e", "#f0f6fc"],
            Self::Skipped => ["#0d1117", "#6e7681", "#8b949e"],
            Self::Of(Outcome::Succeeded) => ["#12361f", "#3fb950", "#f0f6fc"],
            Self::Of(Outcome::Caught) => ["#3b2e0a", "#d29922", "#f0f6fc"],
            Self::Of(Outcome::Aborted) => ["#21262d", "#8b949e", "#f0f6fc"],
            Self::Of(Outcome::Running) => ["#0c2d5c", "#58a6ff", "#f0f6fc"],
            Self::Of(Outcome::Failed) => ["#4c1519", "#f85149", "#f0f6fc"],
        };
        Colors { fill, stroke, text }
    }
}
