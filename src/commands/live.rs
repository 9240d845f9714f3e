//! What is live after a deploy.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::apply::Learned;
use crate::desired::Desired;
use crate::observe::StateMachineState;
use crate::plan::Plan;
use crate::report::Answer;
use crate::report::style::{FAINT, STRONG};

/// What `deploy` prints in the end.
#[derive(Debug, Serialize)]
pub struct Live {
    pub stack: String,
    pub stage: String,
    pub account: String,
    pub region: String,
    pub changed: bool,
    pub release: Option<u64>,
    pub state_machine_arn: String,
    pub state_machine_version_arn: Option<String>,
    /// What callers start executions on.
    pub alias_arn: String,
    /// By function name: the version that this deploy published.
    pub published: BTreeMap<String, String>,
    /// The command that people may want now.
    #[serde(skip)]
    next: Option<String>,
}

impl Live {
    pub fn new(
        desired: &Desired,
        plan: &Plan,
        before: Option<&StateMachineState>,
        learned: &Learned,
        next: Option<String>,
    ) -> Self {
        let stack = &desired.stack;
        let published = learned.release.as_ref().map(|release| release.version);
        let was_live = before.and_then(|before| before.alias.as_ref()?.version());
        let release = published.or(was_live);
        let state_machine_arn = stack.state_machine_arn();
        Self {
            stack: stack.name.clone(),
            stage: stack.stage.clone(),
            account: stack.account.id.clone(),
            region: stack.account.region.clone(),
            changed: !plan.is_empty(),
            release,
            state_machine_version_arn: release
                .map(|release| format!("{state_machine_arn}:{release}")),
            state_machine_arn,
            alias_arn: stack.alias_arn(),
            published: learned
                .versions
                .iter()
                .map(|(handler, version)| (stack.function_name(handler), version.clone()))
                .collect(),
            next,
        }
    }
}

impl Answer for Live {
    fn text(&self) -> String {
        let mut text = String::new();
        let release = self.release.map_or("(none)".to_owned(), |n| n.to_string());
        let unchanged = if self.changed {
            ""
        } else {
            ", nothing to change"
        };
        let _ = write!(
            text,
            "{STRONG}{}-{}{STRONG:#} is live: release {release}{unchanged}\n  {FAINT}start executions on{FAINT:#} {}",
            self.stack, self.stage, self.alias_arn
        );
        for (function, version) in &self.published {
            let _ = write!(
                text,
                "\n  {FAINT}published{FAINT:#} {function} version {version}"
            );
        }
        if let Some(next) = &self.next {
            let _ = write!(text, "\n  {FAINT}next:{FAINT:#} {next}");
        }
        text
    }
}
