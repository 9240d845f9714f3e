//! What is live after a deploy whose tests have failed.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::test::Because;
use crate::config::MachineName;
use crate::report::Answer;
use crate::report::github::{Markdown, code, text};
use crate::report::style::{BAD, FAINT, STRONG};
use crate::resources::AliasState;
use crate::stack::Stack;
use crate::world::one_line;

/// What `deploy` prints last if the tests of its release have failed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TestsFailed {
    pub stack: String,
    pub stage: String,
    /// The release whose tests failed; `null` if somebody split the traffic.
    pub failed_release: Option<u64>,
    /// What callers get now; `null` if no release is live, or if somebody split the traffic.
    pub release: Option<u64>,
    /// The releases that somebody split the traffic between.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    pub outcome: Outcome,
    pub because: Because,
    pub state_machine_arn: String,
    /// What callers start executions on.
    pub alias_arn: String,
    /// The command that people may want now.
    #[serde(skip)]
    pub next: Option<String>,
}

/// What became of `live`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is where it was: the release was tested before it would have moved.
    NotMoved,
    /// It is back at the release before.
    MovedBack,
    /// It leads to the release that failed, and nobody asked for a way back.
    Stays,
    /// The same, since no release was live before.
    NothingBefore,
    /// The same, since it led there before this deploy.
    WasLive,
    /// Somebody has moved or removed it meanwhile, so it stays as it is.
    Overtaken,
}

impl Because {
    fn headline(self) -> &'static str {
        match self {
            Self::Tests => "tests failed",
            Self::Coverage => "coverage too low",
        }
    }

    /// What the tests did.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Tests => "failed",
            Self::Coverage => "reach too little",
        }
    }
}

impl TestsFailed {
    /// `live` is the alias as it is now.
    pub fn new(
        stack: &Stack,
        failed_release: Option<u64>,
        live: Option<&AliasState>,
        (outcome, because): (Outcome, Because),
    ) -> Self {
        let split = live.filter(|live| live.is_split());
        Self {
            stack: stack.name.clone(),
            stage: stack.stage.clone(),
            failed_release,
            release: live.and_then(AliasState::version),
            split: split.map(AliasState::shown),
            outcome,
            because,
            state_machine_arn: stack.state_machine_arn(&MachineName::Main),
            alias_arn: stack.alias_arn(),
            next: None,
        }
    }

    fn prefix(&self) -> String {
        format!("{}-{}", self.stack, self.stage)
    }

    /// Whether callers get nothing.
    fn is_gone(&self) -> bool {
        self.release.is_none() && self.split.is_none()
    }

    /// `release 2`, or `the release that was tested`.
    fn failed(&self) -> String {
        match self.failed_release {
            Some(release) => format!("release {release}"),
            None => "what was tested".to_owned(),
        }
    }

    /// What callers get, in one line.
    fn headline(&self) -> String {
        let split = self.split.as_ref();
        let split = split.map(|split| format!("is split between releases {split}"));
        let live = self.release.map(|live| format!("is live: release {live}"));
        let live = split.or(live);
        let live = live.unwrap_or_else(|| "is not live: no release is".to_owned());
        match self.outcome {
            Outcome::NotMoved => format!("{live}, as before"),
            Outcome::MovedBack => format!("{live}, as before this deploy"),
            Outcome::Stays | Outcome::WasLive => {
                format!("{live}, whose tests {}", self.because.verb())
            }
            Outcome::NothingBefore => {
                let verb = self.because.verb();
                format!("{live}, whose tests {verb}; none was live before it")
            }
            Outcome::Overtaken if self.is_gone() => format!("{live} any more"),
            Outcome::Overtaken => format!("{live}, which was made live meanwhile"),
        }
    }

    /// What became of the release that failed, in lines.
    fn fate(&self) -> Vec<String> {
        let release = self.failed();
        let (tested, was_live, failed) = match self.because {
            Because::Tests => (
                format!("{release} was tested and failed"),
                format!("{release} was live and failed"),
                format!("{release} failed"),
            ),
            Because::Coverage => {
                let low = format!("the tests of {release} reach too little");
                (low.clone(), low.clone(), low)
            }
        };
        match self.outcome {
            Outcome::NotMoved => vec![
                format!("{tested}, so callers never got it"),
                "it stays until later releases replace it".to_owned(),
                "a deploy of the same sources tests it again".to_owned(),
            ],
            Outcome::MovedBack => vec![
                format!("{was_live}, so callers no longer get it"),
                "it stays until later releases replace it".to_owned(),
            ],
            Outcome::Overtaken if self.is_gone() => {
                vec![format!(
                    "{failed}; another command has removed `live` meanwhile"
                )]
            }
            Outcome::Overtaken => {
                vec![format!("{failed}; this deploy leaves `live` as it is now")]
            }
            Outcome::WasLive => {
                vec!["this deploy did not move `live`, so there is no way back from it".to_owned()]
            }
            Outcome::Stays | Outcome::NothingBefore => Vec::new(),
        }
    }
}

impl Answer for TestsFailed {
    fn text(&self) -> String {
        let mut told = format!(
            "{BAD}{}{BAD:#}: {STRONG}{}{STRONG:#} {}",
            self.because.headline(),
            self.prefix(),
            one_line(&self.headline())
        );
        if !self.is_gone() {
            let arn = one_line(&self.alias_arn);
            let _ = write!(told, "\n  {FAINT}start executions on{FAINT:#} {arn}");
        }
        for line in self.fate() {
            let _ = write!(told, "\n  {}", one_line(&line));
        }
        if let Some(next) = &self.next {
            let _ = write!(told, "\n  {FAINT}next:{FAINT:#} {next}");
        }
        told
    }

    fn summary(&self) -> Option<String> {
        let mut markdown = Markdown::default();
        markdown.heading(
            2,
            &format!(
                "{}: {} {}",
                match self.because {
                    Because::Tests => "Tests failed",
                    Because::Coverage => "Coverage too low",
                },
                self.prefix(),
                self.headline()
            ),
        );
        for line in self.fate() {
            markdown.paragraph(&text(&line));
        }
        if !self.is_gone() {
            markdown.paragraph(&format!("Start executions on {}", code(&self.alias_arn)));
        }
        Some(markdown.to_string())
    }

    fn step_outputs(&self) -> Vec<(&'static str, String)> {
        let number = |release: Option<u64>| release.map_or_else(String::new, |n| n.to_string());
        vec![
            ("state-machine-arn", self.state_machine_arn.clone()),
            ("version", number(self.release)),
            ("live", number(self.release)),
            ("release", number(self.failed_release)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::sample;

    /// Nobody looks for a test that failed if all have passed.
    #[test]
    fn too_little_coverage_is_not_called_a_test_that_failed() {
        for outcome in [
            Outcome::NotMoved,
            Outcome::MovedBack,
            Outcome::Stays,
            Outcome::NothingBefore,
            Outcome::WasLive,
            Outcome::Overtaken,
        ] {
            let live = AliasState {
                routing: vec![(1, 100)],
                ..AliasState::default()
            };
            let because = (outcome, Because::Coverage);
            let told = TestsFailed::new(&sample::stack(), Some(1), Some(&live), because);
            let text = told.text() + &told.summary().unwrap_or_default();
            assert!(text.contains("coverage too low"), "{text}");
            assert!(!text.contains("failed"), "{text}");
        }
    }
}
