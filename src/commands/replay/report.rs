//! What `txflow replay` prints.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use txflow_asl::replay::{Change, Replayed};

use crate::report::github::{self, Markdown};
use crate::report::style::{BAD, FAINT, GOOD, end_cut};
use crate::report::{Answer, counted};
use crate::world::{Style, one_line, wrapped};

/// How the executions went.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct Replays {
    /// How many executions had each result.
    counts: Counts,
    executions: Vec<Row>,
    /// The file that the executions were written to.
    exported: Option<String>,
    #[serde(skip)]
    columns: Option<usize>,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
struct Counts {
    same: usize,
    other_output: usize,
    diverged: usize,
    redacted: usize,
    not_replayable: usize,
}

/// One execution.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct Row {
    pub name: String,
    pub execution_arn: Option<String>,
    /// The release that it ran on, unless that was the bare state machine.
    pub release: Option<u64>,
    /// Whether it had not ended when it was read, so that it was replayed as far as it had come.
    pub running: bool,
    #[serde(rename = "result")]
    pub verdict: Verdict,
    /// The first state that differs.
    pub state: Option<String>,
    /// Why it differs, or cannot be replayed.
    pub why: Option<String>,
    /// What differs in the data of that state.
    pub changes: Vec<Changed>,
    /// How many values were not compared, since chance decides on them.
    pub by_chance: usize,
    /// States that have another name now, by their recorded names.
    pub renamed: BTreeMap<String, String>,
}

/// The result of one replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::commands) enum Verdict {
    /// The same path and output.
    Same,
    /// The same path, and another output.
    OtherOutput,
    /// Another path, or other calls.
    Diverged,
    /// A state decides or computes with redacted data, so what differs from there on says nothing.
    Redacted,
    NotReplayable,
}

/// A place in a document.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::commands) struct Changed {
    /// A JSON path.
    path: String,
    /// Left out if the recording has nothing there.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<Value>,
    /// Left out if the replay has nothing there.
    #[serde(skip_serializing_if = "Option::is_none")]
    replayed: Option<Value>,
}

impl Row {
    pub fn take(&mut self, replayed: Replayed) {
        self.by_chance = replayed.by_chance;
        self.renamed = replayed.renamed;
        if let Some(state) = replayed.redacted {
            self.verdict = Verdict::Redacted;
            self.why = Some("it decides or computes with redacted data".to_owned());
            self.state = Some(state);
        } else if let Some(difference) = replayed.difference {
            self.verdict = match difference.same_path {
                true => Verdict::OtherOutput,
                false => Verdict::Diverged,
            };
            self.why = Some(difference.why.to_string());
            self.changes = difference.why.changes().iter().map(Changed::from).collect();
            self.state = difference.state;
        }
    }
}

impl From<&Change> for Changed {
    fn from(change: &Change) -> Self {
        Self {
            path: change.path.clone(),
            recorded: change.recorded.clone(),
            replayed: change.replayed.clone(),
        }
    }
}

impl Changed {
    fn text(&self) -> String {
        let value = |value: &Option<Value>| match value {
            Some(value) => end_cut(&value.to_string(), MOST_OF_A_VALUE).into_owned(),
            None => "nothing".to_owned(),
        };
        let (recorded, replayed) = (value(&self.recorded), value(&self.replayed));
        format!("{}: {recorded} → {replayed}", self.path)
    }
}

/// So many characters of a value are shown.
const MOST_OF_A_VALUE: usize = 60;

/// So many changes and names of executions are shown; `--json` has all.
const SHOWN: usize = 3;

impl Verdict {
    fn words(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::OtherOutput => "other output",
            Self::Diverged => "diverged",
            Self::Redacted => "redacted",
            Self::NotReplayable => "not replayable",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Same => GOOD,
            Self::OtherOutput | Self::Diverged => BAD,
            Self::Redacted | Self::NotReplayable => FAINT,
        }
    }
}

/// Executions with the same result for the same reason.
struct Group<'a> {
    verdict: Verdict,
    state: Option<&'a str>,
    why: Option<&'a str>,
    rows: Vec<&'a Row>,
}

impl Replays {
    pub(super) fn new(
        executions: Vec<Row>,
        exported: Option<&Path>,
        columns: Option<usize>,
    ) -> Self {
        let mut counts = Counts::default();
        for row in &executions {
            *match row.verdict {
                Verdict::Same => &mut counts.same,
                Verdict::OtherOutput => &mut counts.other_output,
                Verdict::Diverged => &mut counts.diverged,
                Verdict::Redacted => &mut counts.redacted,
                Verdict::NotReplayable => &mut counts.not_replayable,
            } += 1;
        }
        Self {
            counts,
            executions,
            exported: exported.map(|path| path.display().to_string()),
            columns,
        }
    }

    /// Whether an execution would go another way or end with another output.
    pub fn differ(&self) -> bool {
        self.counts.diverged + self.counts.other_output > 0
    }

    fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: BTreeMap<_, Vec<&Row>> = BTreeMap::new();
        for row in &self.executions {
            let key = (row.verdict, row.state.as_deref(), row.why.as_deref());
            groups.entry(key).or_default().push(row);
        }
        let groups = groups
            .into_iter()
            .map(|((verdict, state, why), rows)| Group {
                verdict,
                state,
                why,
                rows,
            });
        groups.collect()
    }

    fn conclusion(&self) -> String {
        let all = self.executions.len();
        let noun = if all == 1 { "execution" } else { "executions" };
        let mut text = format!("{all} {noun}: {} the same", self.counts.same);
        for (count, words) in [
            (self.counts.other_output, "with another output"),
            (self.counts.diverged, "diverged"),
            (self.counts.redacted, "undecided since data is redacted"),
            (self.counts.not_replayable, "not replayable"),
        ] {
            if count > 0 {
                let _ = write!(text, ", {count} {words}");
            }
        }
        text
    }

    fn export(&self) -> Option<String> {
        let written = counted(self.executions.len(), "execution");
        let file = one_line(self.exported.as_deref()?).into_owned();
        Some(format!("wrote {written} to {file}"))
    }

    /// What a deploy means to the executions that run.
    fn running(&self) -> Option<String> {
        let running = self.executions.iter().filter(|row| row.running).count();
        let subject = match running {
            0 => return None,
            1 => "1 execution still runs: it was".to_owned(),
            several => format!("{several} executions still run: they were"),
        };
        Some(format!(
            "{subject} replayed as far as recorded. Neither the move of `live` nor a redrive changes the definition of an \
             execution that has started."
        ))
    }
}

impl Group<'_> {
    /// What differs where.
    fn what(&self) -> String {
        match (self.state, self.why) {
            (Some(state), Some(why)) => format!("`{state}`: {why}"),
            (None, Some(why)) => why.to_owned(),
            _ => String::new(),
        }
    }

    fn changes(&self) -> Vec<String> {
        let changes = self.rows.first().map_or(&[][..], |row| &row.changes);
        changes.iter().take(SHOWN).map(Changed::text).collect()
    }

    fn names(&self) -> String {
        let names = self.rows.iter().filter(|row| !row.name.is_empty());
        let shown: Vec<&str> = names.take(SHOWN).map(|row| row.name.as_str()).collect();
        match self.rows.len().saturating_sub(shown.len()) {
            0 => shown.join(", "),
            _ if shown.is_empty() => String::new(),
            more => format!("{} and {more} more", shown.join(", ")),
        }
    }

    /// The lines of its cell.
    fn lines(&self, width: usize) -> Vec<String> {
        let mut lines = Vec::new();
        if self.verdict != Verdict::Same {
            for text in [vec![self.what()], self.changes(), vec![self.names()]].concat() {
                let text = one_line(&text).into_owned();
                lines.extend(
                    wrapped(&text, width)
                        .lines()
                        .map(|line| line.trim().to_owned()),
                );
            }
        }
        lines.retain(|line| !line.is_empty());
        lines
    }
}

/// What stands before the last column.
const BEFORE: usize = 28;

impl Answer for Replays {
    fn text(&self) -> String {
        if self.executions.is_empty() {
            return "No executions.".to_owned();
        }
        let width = self.columns.unwrap_or(80).clamp(60, 120) - BEFORE;
        let mut text = format!(
            "{FAINT}{:<14}  EXECUTIONS  FIRST DIFFERENCE{FAINT:#}",
            "RESULT"
        );
        for group in self.groups() {
            let style = group.verdict.style();
            let lines = group.lines(width);
            let mut lines = lines.iter().map(String::as_str);
            let first = format!(
                "{style}{:<14}{style:#}  {:>10}  {}",
                group.verdict.words(),
                group.rows.len(),
                lines.next().unwrap_or_default()
            );
            let _ = write!(text, "\n{}", first.trim_end());
            for line in lines {
                let _ = write!(text, "\n{:BEFORE$}{line}", "");
            }
        }
        let _ = write!(text, "\n{}", self.conclusion());
        if let Some(export) = self.export() {
            let _ = write!(text, "\n{export}");
        }
        if let Some(running) = self.running() {
            let _ = write!(text, "\n{}", wrapped(&running, width + BEFORE));
        }
        text
    }

    fn summary(&self) -> Option<String> {
        let mut summary = Markdown::default();
        summary.heading(3, "Replay");
        summary.paragraph(&github::text(&self.conclusion()));
        let groups = self.groups();
        let cells = groups.iter().map(|group| {
            [
                github::text(group.verdict.words()),
                group.rows.len().to_string(),
                github::text(&one_line(&group.what())),
                github::text(&one_line(&group.names())),
            ]
        });
        let rows: Vec<[String; 4]> = cells.collect();
        if !rows.is_empty() {
            summary.table(
                ["Result", "Executions", "First difference", "Such as"],
                &rows,
            );
        }
        if let Some(running) = self.running() {
            summary.paragraph(&github::text(&running));
        }
        Some(summary.to_string())
    }
}
