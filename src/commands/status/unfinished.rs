//! The status of a stack without a state machine: the resources that exist.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use crate::report::Answer;
use crate::report::style::STRONG;
use crate::resources::{Kind, Observed};
use crate::stack::Stack;
use crate::world::one_line;

/// The result of an unfinished first deploy or destroy.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct Unfinished {
    stack: String,
    stage: String,
    account: String,
    region: String,
    unfinished: bool,
    resources: Vec<FoundResource>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FoundResource {
    kind: &'static str,
    name: String,
    /// Whether AWS has begun to delete it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deleting: bool,
}

impl Unfinished {
    /// `None` if nothing exists.
    pub fn new(stack: &Stack, observed: &Observed) -> Option<Self> {
        let machines = observed.state_machines.values();
        let deleting: BTreeSet<&str> = { machines.filter(|machine| machine.deleting) }
            .map(|machine| machine.name.as_str())
            .collect();
        let deleting = &deleting;
        let found = Kind::ALL.into_iter().flat_map(|kind| {
            let held = kind.held(observed).into_iter();
            held.map(move |held| FoundResource {
                kind: kind.name(),
                name: held.name.to_owned(),
                deleting: kind == Kind::StateMachine && deleting.contains(held.name),
            })
        });
        let resources: Vec<FoundResource> = found.collect();
        (!resources.is_empty()).then(|| Self {
            stack: stack.name.clone(),
            stage: stack.stage.clone(),
            account: stack.account.id.clone(),
            region: stack.account.region.clone(),
            unfinished: true,
            resources,
        })
    }
}

impl Answer for Unfinished {
    fn text(&self) -> String {
        let mut text = format!(
            "{STRONG}{}-{}{STRONG:#} in account {}, region {}\n\n{STRONG}What there is of it{STRONG:#}",
            self.stack,
            self.stage,
            one_line(&self.account),
            one_line(&self.region),
        );
        for FoundResource {
            kind,
            name,
            deleting,
        } in &self.resources
        {
            let state = if *deleting {
                ", which is being deleted"
            } else {
                ""
            };
            let _ = write!(text, "\n  {kind} {}{state}", one_line(name));
        }
        text
    }
}
