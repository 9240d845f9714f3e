//! What is known of a canary, and what has become of it.

use schemars::JsonSchema;
use serde::Serialize;

use super::details::Details;
use super::look::Looked;
use super::running::Running;
use crate::canary::{Canary, Look, Verdict, Why};
use crate::commands::context::Context;
use crate::commands::deploy::live::Live;
use crate::config::MachineName;
use crate::exit::Exit;
use crate::resources::AliasState;
use crate::stack::Stack;

/// What `txflow canary` and `txflow deploy --canary` print.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CanaryReport {
    pub stack: String,
    pub stage: String,
    pub outcome: Outcome,
    /// The release that is tried out.
    pub release: u64,
    /// The one that was live before.
    pub replaces: u64,
    /// What callers get now; `null` while it is split.
    pub live: Option<u64>,
    /// The releases between which it is split.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    /// `null` if it had ended before this command.
    pub canary: Option<Canary>,
    /// The executions of the step; `null` if they were not looked at.
    pub look: Option<Look>,
    /// What the histories of a few of them say.
    #[serde(flatten)]
    pub details: Option<Details>,
    pub state_machine_arn: String,
    /// What callers start executions on.
    pub alias_arn: String,
    /// What the deploy has done that began the canary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployed: Option<Live>,
    /// The commands that may help now.
    #[serde(skip)]
    pub next: Vec<String>,
}

/// What has become of a canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It goes on.
    Running,
    /// All executions get the new release.
    Promoted,
    /// All executions get the old release.
    RoutedBack,
    /// Somebody has moved `live`, so it was not touched.
    Overtaken,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Promoted => "promoted",
            Self::RoutedBack => "routed-back",
            Self::Overtaken => "overtaken",
        }
    }
}

impl CanaryReport {
    pub(super) fn new(
        context: &Context,
        stack: &Stack,
        running: &Running,
        outcome: Outcome,
    ) -> Self {
        let next: &[&str] = match outcome {
            Outcome::Running => &["watch", "promote", "abort"],
            _ => &[],
        };
        let next = next.iter().map(|command| {
            let command = format!("txflow canary {command}");
            context.global.same_stack(&command)
        });
        Self {
            split: (outcome == Outcome::Running).then(|| running.alias().shown()),
            canary: Some(running.canary.clone()),
            next: next.collect(),
            ..Self::ended(stack, running.releases(), outcome)
        }
    }

    /// Of a canary that had ended before.
    pub(super) fn ended(stack: &Stack, (old, new): (u64, u64), outcome: Outcome) -> Self {
        Self {
            stack: stack.name.clone(),
            stage: stack.stage.clone(),
            outcome,
            release: new,
            replaces: old,
            live: match outcome {
                Outcome::Running | Outcome::Overtaken => None,
                Outcome::Promoted => Some(new),
                Outcome::RoutedBack => Some(old),
            },
            split: None,
            canary: None,
            look: None,
            details: None,
            state_machine_arn: stack.state_machine_arn(&MachineName::Main),
            alias_arn: stack.alias_arn(),
            deployed: None,
            next: Vec::new(),
        }
    }

    /// Whether callers get something.
    pub(super) fn is_live(&self) -> bool {
        self.live.is_some() || self.split.is_some()
    }

    pub(super) fn add(&mut self, looked: Looked) {
        self.look = Some(looked.look);
        self.details = looked.details;
    }

    /// Says where somebody has moved the alias.
    pub(super) fn lead_to(&mut self, alias: &AliasState) {
        self.live = alias.version();
        self.split = alias.is_split().then(|| alias.shown());
    }

    pub fn exit(&self) -> Exit {
        match self.outcome {
            Outcome::Running | Outcome::Promoted => Exit::Done,
            Outcome::Overtaken if self.live == Some(self.release) => Exit::Done,
            Outcome::Overtaken => Exit::Failed,
            Outcome::RoutedBack => match self.why() {
                Some(why) if why.is_shown() => Exit::TestFailed,
                _ => Exit::Failed,
            },
        }
    }

    /// Why the watch routed back, if it did.
    pub(super) fn why(&self) -> Option<&Why> {
        match &self.look.as_ref()?.verdict {
            Verdict::RouteBack(why) => Some(why),
            _ => None,
        }
    }

    pub(super) fn prefix(&self) -> String {
        format!("{}-{}", self.stack, self.stage)
    }
}
