//! The status of a stack, as text.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::{CanaryCommands, Report, RunningCanary};
use crate::commands::executions::rows;
use crate::commands::status::drift::{Difference, Drift, Drifted};
use crate::report::style::{
    ATTENTION, FAINT, GOOD, STRONG, cut_alike, date, middle_cut, name_width, size,
};
use crate::report::{Answer, diff_text};
use crate::resources::{LiveFunction, LiveTrigger, Route};
use crate::world::{fitted, linked, one_line};

impl Answer for Report {
    fn text(&self) -> String {
        let mut text = format!(
            "{STRONG}{}{STRONG:#} in account {}, region {}\n  {FAINT}executions on{FAINT:#} {}\n",
            linked(
                &format!("{}-{}", self.stack, self.stage),
                self.console_url.as_deref()
            ),
            one_line(&self.account),
            one_line(&self.region),
            self.arn_text()
        );
        self.releases_text(&mut text);
        self.canary_text(&mut text);
        self.functions_text(&mut text);
        self.state_machines_text(&mut text);
        self.triggers_text(&mut text);
        text.push('\n');
        text.push_str(&self.drift.text());
        if !self.executions.is_empty() {
            let rows = rows(
                &self.executions,
                self.now,
                self.columns
                    .map(|columns| columns.saturating_sub("  ".len())),
            )
            .replace('\n', "\n  ");
            let _ = write!(text, "\n{STRONG}Last executions{STRONG:#}\n  {rows}\n");
        }
        text.truncate(text.trim_end().len());
        text
    }
}

impl Report {
    fn arn_text(&self) -> String {
        let arn = one_line(&self.alias_arn);
        match self.columns {
            Some(columns) => middle_cut(&arn, columns.saturating_sub("  executions on ".len())),
            None => arn.into_owned(),
        }
    }

    /// Adds a line that fits.
    fn line(&self, text: &mut String, line: &str) {
        text.push_str(&match self.columns {
            Some(columns) => fitted(line, columns),
            None => Cow::Borrowed(line),
        });
        text.push('\n');
    }

    fn releases_text(&self, text: &mut String) {
        let _ = writeln!(text, "\n{STRONG}Releases{STRONG:#}");
        if self.overview.live.is_empty() {
            let _ = writeln!(text, "  {ATTENTION}none is live{ATTENTION:#}");
        }
        let width = self
            .overview
            .releases
            .iter()
            .map(|kept| kept.release.to_string().len());
        let width = width.max().unwrap_or(0);
        for kept in &self.overview.releases {
            let live = self
                .overview
                .live
                .iter()
                .find(|live| live.release == kept.release);
            let word = match live {
                Some(Route { weight: 100, .. }) => "live".to_owned(),
                Some(Route { weight, .. }) => format!("live for {weight} %"),
                None => String::new(),
            };
            let origin = kept.origin.as_deref();
            let origin = origin.map(|origin| format!("  {FAINT}{}{FAINT:#}", one_line(origin)));
            let line = format!(
                "  {:width$}  {GOOD}{word:4}{GOOD:#}  {}{}",
                kept.release,
                date(kept.published),
                origin.unwrap_or_default()
            );
            self.line(text, &line);
        }
    }

    fn canary_text(&self, text: &mut String) {
        let Some(running) = &self.canary else {
            return;
        };
        let RunningCanary {
            release,
            replaces,
            step,
            canary,
            commands,
        } = running;
        let CanaryCommands {
            status,
            watch,
            promote,
            abort,
        } = commands;
        let steps = canary.shares.count();
        let _ = write!(
            text,
            "\n{STRONG}Canary{STRONG:#}\n  \
             release {release} gets {} % of the executions, and release {replaces} the rest: step {step} of {steps}, since {}\n  \
             `{status}` compares them, `{watch}` goes on, `{promote}` and `{abort}` end it\n",
            canary.share(),
            date(canary.since)
        );
    }

    fn state_machines_text(&self, text: &mut String) {
        if self.overview.state_machines.is_empty() {
            return;
        }
        let _ = writeln!(
            text,
            "\n{STRONG}State machines that the live release starts{STRONG:#}"
        );
        let names = { self.overview.state_machines.iter() }
            .map(|machine| one_line(&machine.name).chars().count());
        let width = names.max().unwrap_or(0);
        for machine in &self.overview.state_machines {
            let version = match machine.version {
                Some(version) => format!("version {version}"),
                None => "not in it".to_owned(),
            };
            let when = machine.published;
            let when = when.map_or_else(String::new, |time| format!(", {}", date(time)));
            let name = one_line(&machine.name);
            let line = format!("  {name:width$}  {version}{FAINT}{when}{FAINT:#}");
            self.line(text, &line);
        }
    }

    fn triggers_text(&self, text: &mut String) {
        if self.overview.triggers.is_empty() {
            return;
        }
        let _ = writeln!(text, "\n{STRONG}Triggers{STRONG:#}");
        let names =
            { self.overview.triggers.iter() }.map(|one| one_line(&one.name).chars().count());
        let width = names.max().unwrap_or(0);
        for LiveTrigger {
            name,
            starts,
            enabled,
        } in &self.overview.triggers
        {
            let name = one_line(name);
            let off = match enabled {
                true => String::new(),
                false => format!(", {ATTENTION}off{ATTENTION:#}"),
            };
            let line = format!("  {name:width$}  {}{off}", one_line(starts));
            self.line(text, &line);
        }
    }

    fn functions_text(&self, text: &mut String) {
        if self.overview.functions.is_empty() {
            return;
        }
        let _ = writeln!(text, "\n{STRONG}Functions of the live release{STRONG:#}");
        let told: Vec<(String, String)> =
            self.overview.functions.iter().map(function_text).collect();
        let count = |text: &str| text.chars().count();
        let names = self.overview.functions.iter();
        let names: Vec<String> = names
            .map(|function| one_line(&function.name).into_owned())
            .collect();
        let widest = names.iter().map(|name| count(name)).max().unwrap_or(0);
        let rest = told.iter().map(|(what, when)| count(what) + count(when));
        let rest = rest.max().unwrap_or(0);
        let width = name_width(widest, "    ".len() + rest, self.columns);
        for (name, (what, when)) in cut_alike(&names, width).into_iter().zip(told) {
            let line = format!("  {name:width$}  {what}{FAINT}{when}{FAINT:#}");
            self.line(text, &line);
        }
    }
}

/// The text after a function's name: its version, and since when.
fn function_text(function: &LiveFunction) -> (String, String) {
    let version = match (&function.version, &function.missing_version) {
        (Some(version), _) => format!("version {}", one_line(version)),
        // What else is known is of a later version.
        (None, Some(missing)) => {
            let version = one_line(missing);
            let told = format!("version {version} does not exist any more, so calls of it fail");
            return (told, String::new());
        }
        (None, None) => "not in it".to_owned(),
    };
    let size = size(u64::try_from(function.code_size).unwrap_or(0));
    let (memory, architecture) = (function.memory, function.architecture);
    let what = format!("{version}, {size}, {memory} MB, {architecture}");
    let modified = function.last_modified;
    let when = modified.map_or_else(String::new, |time| format!(", {}", date(time)));
    (what, when)
}

impl Drift {
    /// A line that says whether anything differs, and below it what does.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if !self.compared {
            text.push_str("Not compared with deploy.toml, which has errors.\n");
        } else if self.is_empty() {
            text.push_str(
                "No drift: AWS holds what deploy.toml, the definition and the newest release say.\n",
            );
        } else {
            let _ = writeln!(
                text,
                "{STRONG}Differs from deploy.toml{STRONG:#} {FAINT}(drift, or not deployed yet){FAINT:#}"
            );
        }
        for resource in &self.resources {
            resource_text(&mut text, resource);
        }
        for note in &self.notes {
            let _ = writeln!(text, "  {ATTENTION}note:{ATTENTION:#} {}", one_line(note));
        }
        text
    }
}

fn resource_text(text: &mut String, resource: &Drifted) {
    let Drifted {
        kind,
        name,
        differences,
    } = resource;
    let name = one_line(name);
    let _ = writeln!(text, "  {kind} {STRONG}{name}{STRONG:#}");
    let widths = differences.iter().map(|difference| match difference {
        Difference::Attribute { attribute, .. } => one_line(attribute).chars().count(),
        Difference::Code { .. } => "code".len(),
        _ => 0,
    });
    let width = widths.max().unwrap_or(0);
    for difference in differences {
        difference_text(text, difference, width);
    }
}

fn difference_text(text: &mut String, difference: &Difference, width: usize) {
    let shown = |value: &Option<String>| {
        let value = value.as_deref().map(one_line);
        value.map_or("(none)".to_owned(), Cow::into_owned)
    };
    let _ = match difference {
        Difference::Missing => writeln!(text, "    not in AWS"),
        Difference::NotWanted => writeln!(text, "    not in deploy.toml"),
        Difference::Attribute {
            attribute,
            aws,
            deploy_toml,
        } => writeln!(
            text,
            "    {:width$}  {} in AWS → {} in deploy.toml",
            one_line(attribute),
            shown(aws),
            shown(deploy_toml)
        ),
        Difference::Code { aws, release } => writeln!(
            text,
            "    {:width$}  {} in AWS → {} in the newest release",
            "code",
            short(aws),
            short(release)
        ),
        Difference::Document {
            document,
            aws,
            deploy_toml,
        } => {
            let _ = writeln!(text, "    {document}, AWS → deploy.toml");
            diff_text(text, aws, deploy_toml, 3);
            Ok(())
        }
        Difference::Failed { cause } => {
            writeln!(text, "    the last update failed: {}", one_line(cause))
        }
        Difference::RolledBack { from, to } => writeln!(
            text,
            "    rolled back  release {from} → {to}; a deploy ends the rollback"
        ),
        Difference::Unpublished => writeln!(
            text,
            "    no published version has its current state: a deploy was cut off, or the version was deleted; the next deploy publishes one"
        ),
        Difference::LeftByFork { version } => writeln!(
            text,
            "    a fork on version {version} was cut off: the next deploy or fork puts back the definition"
        ),
        Difference::NewRole => writeln!(
            text,
            "    its role is newer than its version, which therefore cannot decrypt its environment variables"
        ),
        Difference::NotLive { release, live } => {
            let live = match live {
                Some(live) => format!("release {} is", one_line(live)),
                None => "no release is".to_owned(),
            };
            writeln!(
                text,
                "    not live  release {} is published; {live} live",
                one_line(release)
            )
        }
        Difference::Moved { aws, txflow } => {
            writeln!(
                text,
                "    moved by hand  release {} → {}",
                txflow,
                one_line(aws)
            )
        }
    };
}

/// The beginning of a hash.
fn short(hash: &str) -> String {
    one_line(hash).chars().take(12).collect()
}
