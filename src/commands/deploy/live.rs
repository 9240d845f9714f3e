//! What is live after a deploy.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::apply::Outputs;
use crate::commands::plan::{PlanView, changes};
use crate::config::MachineName;
use crate::plan::Plan;
use crate::report::Answer;
use crate::report::github::{Markdown, code, link};
use crate::report::style::{FAINT, STRONG, duration};
use crate::resources::{AliasState, Desired, Observed, frozen_as_it_is};
use crate::stack::Stack;
use crate::world::{linked, one_line, unbroken};

/// What `deploy` prints at the end.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Live {
    pub stack: String,
    pub stage: String,
    pub account: String,
    pub region: String,
    pub changed: bool,
    pub release: Option<u64>,
    /// The releases that somebody split the traffic between.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    pub state_machine_arn: String,
    pub state_machine_version_arn: Option<String>,
    /// What callers start executions on.
    pub alias_arn: String,
    /// The version that this deploy published, by function name.
    pub published: BTreeMap<String, String>,
    /// The ARN of the version that the release pins, by handler.
    pub functions: BTreeMap<String, String>,
    /// The same of the state machines beside the main one, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub state_machines: BTreeMap<String, String>,
    /// Where the AWS console shows the state machine.
    pub console_url: Option<String>,
    /// The commit that was deployed.
    pub commit: Option<String>,
    /// The changes, as Markdown.
    #[serde(skip)]
    changes: Markdown,
    #[serde(skip)]
    elapsed: Duration,
    /// The command that people may want now.
    #[serde(skip)]
    pub next: Option<String>,
}

/// What is shown in addition to what is live.
pub struct Shown {
    /// Where the AWS console shows the state machine.
    pub console_url: Option<String>,
    /// How long the deploy took.
    pub elapsed: Duration,
    /// The command that people may want now.
    pub next: Option<String>,
}

impl Live {
    pub fn new(
        desired: &Desired,
        plan: &Plan,
        before: &Observed,
        outputs: &Outputs,
        shown: Shown,
    ) -> Self {
        let stack = &desired.stack;
        let mut changed = Markdown::default();
        changes(&mut changed, &PlanView::new(plan));
        let published = outputs.release().map(|release| release.version);
        let alias = before.main().and_then(|before| before.alias.as_ref());
        let was_live = alias.and_then(AliasState::version);
        let release = published.or(was_live);
        let split = alias.filter(|alias| alias.is_split() && release.is_none());
        let state_machine_arn = stack.state_machine_arn(&MachineName::Main);
        Self {
            stack: stack.name.clone(),
            stage: stack.stage.clone(),
            account: stack.account.id.clone(),
            region: stack.account.region.clone(),
            changed: !plan.is_empty(),
            release,
            split: split.map(AliasState::shown),
            state_machine_version_arn: release
                .map(|release| format!("{state_machine_arn}:{release}")),
            state_machine_arn,
            alias_arn: stack.alias_arn(),
            published: published_now(stack, before, outputs),
            functions: pinned(desired, before, outputs),
            state_machines: pinned_beside(desired, before, outputs),
            console_url: shown.console_url,
            commit: desired.origin.commit.clone(),
            changes: changed,
            elapsed: shown.elapsed,
            next: shown.next,
        }
    }

    fn shown_release(&self) -> String {
        match (self.release, &self.split) {
            (Some(release), _) => release.to_string(),
            (None, Some(split)) => split.clone(),
            (None, None) => "(none)".to_owned(),
        }
    }

    fn prefix(&self) -> String {
        format!("{}-{}", self.stack, self.stage)
    }

    /// The rows of the summary.
    fn facts(&self) -> Vec<[String; 2]> {
        let row = |name: &str, value: String| [name.to_owned(), value];
        let release = self.shown_release();
        let mut facts = vec![row("Release", release)];
        facts.extend(self.commit.iter().map(|commit| row("Commit", code(commit))));
        facts.push(row("Start executions on", code(&self.alias_arn)));
        facts.push(row("State machine", code(&self.state_machine_arn)));
        facts.extend(self.functions.iter().map(|(handler, arn)| {
            let published = self.is_published(arn);
            let published = if published { " (published now)" } else { "" };
            row(
                &format!("Function {}", code(handler)),
                code(arn) + published,
            )
        }));
        facts.extend(self.state_machines.iter().map(|(name, arn)| {
            let published = self.is_published(arn);
            let published = if published { " (published now)" } else { "" };
            let name = format!("State machine {}", code(name));
            row(&name, code(arn) + published)
        }));
        facts.push(row("Duration", duration(self.elapsed)));
        let console = self.console_url.iter();
        facts.extend(console.map(|url| row("AWS console", link("Open the state machine", url))));
        facts
    }

    /// Adds what the deploy has changed.
    pub fn add_changes(&self, markdown: &mut Markdown) {
        if self.changed {
            markdown.details("What changed", |markdown| markdown.append(&self.changes));
        }
    }

    fn is_published(&self, arn: &str) -> bool {
        let mut published = self.published.iter();
        published.any(|(function, version)| arn.ends_with(&format!(":{function}:{version}")))
    }
}

/// The versions that this deploy published besides the release, by the names of functions and state machines. AWS publishes
/// none if the newest one is the same, and gives that.
fn published_now(stack: &Stack, before: &Observed, outputs: &Outputs) -> BTreeMap<String, String> {
    let existed = |handler: &String, version: &String| {
        let function = before.functions.get(handler);
        let mut versions = function.into_iter().flat_map(|function| &function.versions);
        versions.any(|existing| existing.version == *version)
    };
    let functions = outputs.versions.iter();
    let functions = functions.filter(|(handler, version)| !existed(handler, version));
    let functions =
        functions.map(|(handler, version)| (stack.function_name(handler), version.clone()));
    let machines = outputs.releases.iter();
    let machines = machines.filter(|(machine, published)| {
        let known = before.state_machines.get(*machine);
        let mut versions = known.into_iter().flat_map(|known| &known.versions);
        let existed = versions.any(|(version, _)| *version == published.version);
        **machine != MachineName::Main && !existed
    });
    let machines = machines.map(|(machine, published)| {
        let name = stack.state_machine_name(machine);
        (name, published.version.to_string())
    });
    functions.chain(machines).collect()
}

/// The version of each state machine beside the main one: the one that was just published, or the one that is as it is.
fn pinned_beside(
    desired: &Desired,
    before: &Observed,
    outputs: &Outputs,
) -> BTreeMap<String, String> {
    let machines = desired.state_machines.named.iter();
    let pinned = machines.filter_map(|(name, wanted)| {
        let published = outputs.releases.get(&wanted.machine);
        let published = published.map(|published| published.version);
        let kept = || frozen_as_it_is(before.lasting(&wanted.machine)?);
        let version = published.or_else(kept)?;
        let arn = desired.stack.state_machine_arn(&wanted.machine);
        Some((name.clone(), format!("{arn}:{version}")))
    });
    pinned.collect()
}

/// The version of each function: the one that was just published, or the newest existing one.
fn pinned(desired: &Desired, before: &Observed, outputs: &Outputs) -> BTreeMap<String, String> {
    let version = |handler: &String| {
        let published = outputs.versions.get(handler);
        let newest = || Some(&before.functions.get(handler)?.versions.last()?.version);
        published.or_else(newest)
    };
    let handlers = desired.functions.keys();
    handlers
        .filter_map(|handler| {
            let arn = desired.stack.function_arn(handler);
            Some((handler.clone(), format!("{arn}:{}", version(handler)?)))
        })
        .collect()
}

impl Answer for Live {
    fn text(&self) -> String {
        let mut text = String::new();
        let release = self.shown_release();
        let unchanged = if self.changed {
            ""
        } else {
            ", nothing to change"
        };
        let _ = write!(
            text,
            "{STRONG}{}{STRONG:#} is live: release {release}{unchanged}\n  {FAINT}start executions on{FAINT:#} {}",
            linked(&self.prefix(), self.console_url.as_deref()),
            one_line(&self.alias_arn)
        );
        for (function, version) in &self.published {
            let _ = write!(
                text,
                "\n  {FAINT}published{FAINT:#} {function} version {}",
                one_line(version)
            );
        }
        if let Some(next) = &self.next {
            let _ = write!(text, "\n  {FAINT}next:{FAINT:#} {}", unbroken(next));
        }
        text
    }

    fn summary(&self) -> Option<String> {
        let mut markdown = Markdown::default();
        let unchanged = if self.changed {
            ""
        } else {
            ", nothing to change"
        };
        markdown.heading(2, &format!("{} is live{unchanged}", self.prefix()));
        markdown.table(["", ""], &self.facts());
        self.add_changes(&mut markdown);
        Some(markdown.to_string())
    }

    fn step_outputs(&self) -> Vec<(&'static str, String)> {
        let functions = serde_json::json!(self.functions);
        let release = self.release.map_or_else(String::new, |n| n.to_string());
        vec![
            ("state-machine-arn", self.state_machine_arn.clone()),
            ("version", release.clone()),
            ("live", release.clone()),
            ("release", release),
            ("changed", self.changed.to_string()),
            ("functions", functions.to_string()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::PublishedRelease;
    use crate::plan::tests::Project;
    use crate::report::Console;

    fn live() -> Live {
        let project = Project::new().without("sell");
        let desired = project.desired();
        let outputs = Outputs {
            versions: [("buy".to_owned(), "3".to_owned())].into(),
            releases: [(
                MachineName::Main,
                PublishedRelease {
                    version: 2,
                    digest: String::new(),
                },
            )]
            .into(),
            ..Outputs::default()
        };
        let console = Console::of(&desired.stack.account);
        let shown = Shown {
            console_url: console.map(|console| console.state_machine(&desired.stack)),
            elapsed: Duration::from_secs(20),
            next: None,
        };
        let before = Observed::default();
        Live::new(&desired, &project.first_plan(), &before, &outputs, shown)
    }

    #[test]
    fn what_is_live_leads_to_the_console() {
        let url = "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1\
                   #/statemachines/view/arn:aws:states:eu-west-1:123456789012:stateMachine:shop-dev";
        let live = live();
        let linked = linked("shop-dev", Some(url));
        assert!(live.text().contains(&linked), "{:?}", live.text());
        assert_eq!(live.console_url.as_deref(), Some(url));
    }

    /// After a change that somebody made by hand is undone, Lambda has nothing new to publish.
    #[test]
    fn a_version_that_existed_was_not_published_now() {
        let project = Project::new();
        let cloud = project.deployed();
        let outputs = Outputs {
            versions: [
                ("buy".to_owned(), "1".to_owned()),
                ("sell".to_owned(), "2".to_owned()),
            ]
            .into(),
            ..Outputs::default()
        };
        let stack = &project.desired().stack;
        let published = published_now(stack, &cloud.held, &outputs);
        let expected = BTreeMap::from([("shop-dev-sell".to_owned(), "2".to_owned())]);
        assert_eq!(published, expected);
    }

    #[test]
    fn the_summary_says_what_is_live_and_what_changed() {
        let summary = live().summary().unwrap_or_default();
        let facts = "## shop-dev is live

|  |  |
| --- | --- |
| Release | 2 |
| Commit | <code>1f2e3d4</code> |
| Start executions on | <code>arn:aws:states:eu-west-1:123456789012:stateMachine:shop-dev:live</code> |
| State machine | <code>arn:aws:states:eu-west-1:123456789012:stateMachine:shop-dev</code> |
| Function <code>buy</code> | <code>arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-buy:3</code> (published now) |
| Duration | 20 s |
| AWS console | <a href=\"https://eu-west-1.console";
        assert!(summary.starts_with(facts), "{summary}");
        let changed = "<details><summary>What changed</summary>\n\n| Resource | Change | Why |\n";
        assert!(summary.contains(changed), "{summary}");
    }
}
