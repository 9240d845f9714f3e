//! A canary as text and as Markdown.

use std::fmt::Write as _;
use std::time::Duration;

use super::details::{Details, FailuresAlike};
use super::report::{CanaryReport, Outcome};
use crate::canary::{Figures, Look};
use crate::report::github::{Annotation, Level, Markdown, code, text};
use crate::report::style::{BAD, FAINT, STRONG, date, duration};
use crate::report::{Answer, beginning};
use crate::world::{columns, one_line, padded, unbroken};

impl Answer for CanaryReport {
    fn text(&self) -> String {
        let mut shown = format!(
            "{STRONG}{}{STRONG:#} {}",
            self.prefix(),
            one_line(&self.headline())
        );
        if let Some(why) = self.verdict() {
            let style = match self.outcome {
                Outcome::RoutedBack => BAD,
                _ => FAINT,
            };
            let _ = write!(shown, "\n  {style}{}{style:#}", one_line(&why));
        }
        if let Some(times) = self.times() {
            let _ = write!(shown, "\n  {}", one_line(&times));
        }
        let rows = self.rows();
        if !rows.is_empty() {
            shown.push_str("\n\n");
            shown.push_str(&table(&rows));
        }
        for failures in self.failures() {
            let _ = write!(shown, "\n  {}", one_line(&failure_text(failures)));
        }
        if self.is_live() {
            let arn = one_line(&self.alias_arn);
            let gap = if rows.is_empty() { "" } else { "\n" };
            let _ = write!(shown, "\n{gap}  {FAINT}start executions on{FAINT:#} {arn}");
        }
        for next in &self.next {
            let _ = write!(shown, "\n  {FAINT}next:{FAINT:#} {}", unbroken(next));
        }
        shown
    }

    fn summary(&self) -> Option<String> {
        let mut markdown = Markdown::default();
        markdown.heading(2, &text(&format!("{} {}", self.prefix(), self.headline())));
        markdown.paragraph(&self.verdict().map_or_else(String::new, |why| text(&why)));
        if let Some(times) = self.times() {
            markdown.paragraph(&text(&times));
        }
        let rows = self.rows();
        if let [head, rows @ ..] = rows.as_slice() {
            let [_, old, new] = head;
            markdown.table(["", old, new], rows);
        }
        for failures in self.failures() {
            markdown.paragraph(&text(&failure_text(failures)));
        }
        if self.is_live() {
            markdown.paragraph(&format!("Start executions on {}", code(&self.alias_arn)));
        }
        if let Some(deployed) = &self.deployed {
            deployed.add_changes(&mut markdown);
        }
        Some(markdown.to_string())
    }

    fn annotations(&self) -> Vec<Annotation> {
        let is_bad = matches!(self.outcome, Outcome::RoutedBack | Outcome::Overtaken);
        let why = self.verdict().unwrap_or_default();
        let annotation = Annotation {
            level: Level::Error,
            spot: None,
            title: "canary".to_owned(),
            message: format!("{} {}\n{why}", self.prefix(), self.headline()),
        };
        (is_bad && self.live != Some(self.release))
            .then_some(annotation)
            .into_iter()
            .collect()
    }

    fn step_outputs(&self) -> Vec<(&'static str, String)> {
        let live = self.live.map_or_else(String::new, |live| live.to_string());
        let mut outputs = self.deployed.as_ref().map_or_else(
            || vec![("state-machine-arn", self.state_machine_arn.clone())],
            Answer::step_outputs,
        );
        outputs.retain(|(name, _)| !matches!(*name, "version" | "live" | "release"));
        outputs.extend([
            ("version", live.clone()),
            ("live", live),
            ("release", self.release.to_string()),
            ("canary", self.outcome.as_str().to_owned()),
        ]);
        outputs
    }
}

impl CanaryReport {
    fn headline(&self) -> String {
        let (release, replaces) = (self.release, self.replaces);
        let live = match (&self.split, self.live) {
            (Some(split), _) => format!("is split between releases {split}"),
            (None, Some(live)) => format!("is live: release {live}"),
            (None, None) => "is not live".to_owned(),
        };
        let before = match self.canary {
            Some(_) => "",
            None => ", nothing to change",
        };
        match self.outcome {
            Outcome::Running => match &self.canary {
                Some(canary) => format!(
                    "tries release {release} out: {} % of the executions, step {} of {}",
                    canary.share(),
                    canary.step + 1,
                    canary.shares.count()
                ),
                None => live,
            },
            Outcome::Promoted => format!("{live} instead of {replaces}{before}"),
            Outcome::RoutedBack => {
                format!("{live} again; release {release} gets no executions{before}")
            }
            Outcome::Overtaken => {
                format!("{live}: somebody has ended the canary of release {release}")
            }
        }
    }

    /// What the executions come to, unless somebody has decided without them.
    fn verdict(&self) -> Option<String> {
        let look = self.look.as_ref()?;
        match self.outcome {
            Outcome::Running => Some(look.verdict.to_string()),
            Outcome::RoutedBack => self.why().map(ToString::to_string),
            Outcome::Promoted | Outcome::Overtaken => None,
        }
    }

    /// Since when it runs, and until when.
    fn times(&self) -> Option<String> {
        let canary = self.canary.as_ref();
        let canary = canary.filter(|_| self.outcome == Outcome::Running)?;
        let (rules, since) = (&canary.rules, date(canary.since));
        let (least, wait) = (duration(rules.least), duration(rules.wait));
        Some(match (rules.least.is_zero(), rules.wait.is_zero()) {
            (true, _) => format!("since {since}, until it is decided, for {wait} at most"),
            (false, true) => format!("since {since}, for {least}"),
            (false, false) => format!(
                "since {since}, for {least}, and if it is not decided by then up to {wait} more"
            ),
        })
    }

    fn failures(&self) -> &[FailuresAlike] {
        self.details
            .as_ref()
            .map_or(&[], |details| &details.failures)
    }

    /// What was measured of the old release and of the new one, below a heading.
    fn rows(&self) -> Vec<[String; 3]> {
        let Some(Look { old, new, .. }) = &self.look else {
            return Vec::new();
        };
        let row = |name: &str, value: &dyn Fn(&Figures) -> String| {
            [name.to_owned(), value(old), value(new)]
        };
        let time = |time: Option<Duration>| time.map_or_else(|| "-".to_owned(), duration);
        let mut rows = vec![
            row("", &|one| format!("release {}", one.release)),
            row("started", &|one| one.started.to_string()),
            row("running", &|one| one.running.to_string()),
            row("failed", &failed),
            row("p50", &|one| time(one.p50)),
            row("p99", &|one| time(one.p99)),
        ];
        if let Some(details) = &self.details {
            rows.push(row("retried", &|one| retried(details, one.release)));
        }
        if old.aborted + new.aborted > 0 {
            rows.push(row("stopped", &|one| one.aborted.to_string()));
        }
        rows
    }
}

/// `3 of 120 (2.5 %)`
fn failed(one: &Figures) -> String {
    let Figures { failed, ended, .. } = one;
    if *ended == 0 {
        return "-".to_owned();
    }
    let percent = 100.0 * f64::from(*failed) / f64::from(*ended);
    format!("{failed} of {ended} ({percent:.1} %)")
}

/// `1 of 20 read`
fn retried(details: &Details, release: u64) -> String {
    let mut all = details.retries.iter();
    let of_release = all.find(|one| one.release == release && one.of > 0);
    of_release.map_or_else(
        || "-".to_owned(),
        |one| format!("{} of {} read", one.retried, one.of),
    )
}

/// Aligned below the heading.
fn table(rows: &[[String; 3]]) -> String {
    let width = |column: usize| {
        rows.iter()
            .map(|row| columns(&row[column]))
            .max()
            .unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2)];
    let lines = rows.iter().map(|[name, old, new]| {
        let [first, second, third] = widths;
        let name = padded(name, first);
        format!("  {name}  {old:>second$}  {new:>third$}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// ``release 7: 3 × `Refund Handler` Declined: no stock (order-17)``
fn failure_text(failures: &FailuresAlike) -> String {
    let FailuresAlike {
        release,
        state,
        error,
        cause,
        count,
        example,
    } = failures;
    let state = state.as_ref().map(|state| format!(" `{state}`"));
    let error = error.as_deref().unwrap_or("failed");
    let cause = match cause.as_str() {
        "" => String::new(),
        cause => format!(": {cause}"),
    };
    format!(
        "release {release}: {count} ×{} {error}{cause} ({})",
        state.unwrap_or_default(),
        beginning(example)
    )
}
