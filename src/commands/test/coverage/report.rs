//! The coverage in the answer of `txflow test`.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::CoverageOptions;
use super::text;
use crate::commands::context::Session;
use crate::config::MachineName;
use crate::coverage::{Figures, Missed, StackCoverage, painted};
use crate::graph::{Graph, Reached, mermaid_of_coverage};
use crate::report::github::{Annotation, Level, Markdown, Spot, code, text as escaped};

/// GitHub shows so many of a step.
const ANNOTATIONS: usize = 10;
/// So many rows of a summary; `--json` has all.
const ROWS: usize = 50;

/// What the tests reached.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CoverageReport {
    #[serde(flatten)]
    pub coverage: StackCoverage,
    /// The percentage that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    fail_under: Option<f64>,
    /// The graph of each state machine, by its name in deploy.toml.
    #[serde(skip)]
    pub painted: Vec<(Option<String>, (Graph, Reached))>,
}

impl CoverageReport {
    pub(super) fn new(
        coverage: StackCoverage,
        session: &Session,
        options: &CoverageOptions,
    ) -> Self {
        let machines = coverage.state_machines.iter();
        let painted = machines.filter_map(|machine| {
            let name = MachineName::of(machine.state_machine.as_deref());
            let config = session.deployment.state_machines.get(&name)?;
            let shown = session.stack.state_machine_name(&name);
            let painted = painted(&shown, &config.definition.template, machine);
            Some((machine.state_machine.clone(), painted))
        });
        Self {
            painted: painted.collect(),
            coverage,
            fail_under: options.fail_under,
        }
    }

    /// Whether less was reached than was asked for.
    pub fn is_low(&self) -> bool {
        self.lacks() > 0
    }

    fn lacks(&self) -> usize {
        let percent = self.fail_under.unwrap_or_default();
        self.coverage.all.lacks(percent)
    }

    pub fn text(&self, verbose: bool, columns: Option<usize>) -> String {
        text::text(
            &self.coverage,
            self.shortfall().as_deref(),
            verbose,
            columns,
        )
    }

    /// By how much it is too low, and what is missing.
    fn shortfall(&self) -> Option<String> {
        let asked = self.fail_under.filter(|_| self.is_low())?;
        let lacks = self.lacks();
        let missed = Missed::of(&self.coverage);
        let worst = missed.first().map(|missed| {
            let line = missed.item.line;
            format!("{} ({}:{line})", missed.item.item, missed.file.display())
        });
        let items = if lacks == 1 { "item" } else { "items" };
        Some(format!(
            "the coverage of {} % is below the {asked} % of `--fail-under`: {lacks} more {items} must be reached, such as {}",
            self.coverage.all.percent(),
            worst.unwrap_or_default(),
        ))
    }

    /// Below the tests in the summary of a job.
    pub fn summarize(&self, markdown: &mut Markdown) {
        let all = self.coverage.all;
        let mark = if self.is_low() { "❌ " } else { "" };
        markdown.heading(3, &format!("{mark}Coverage: {} %", all.percent()));
        if let Some(shortfall) = self.shortfall() {
            markdown.paragraph(&escaped(&shortfall));
        }
        let kinds = self.coverage.kinds.iter().map(|(kind, figures)| {
            let Figures {
                reached,
                not_reached,
                unknown,
            } = *figures;
            let name = kind.counted(figures.total());
            [
                name,
                reached.to_string(),
                not_reached.to_string(),
                unknown.to_string(),
            ]
        });
        let kinds: Vec<_> = kinds.collect();
        markdown.table(["", "Reached", "Not reached", "Not known"], &kinds);
        let missed = Missed::of(&self.coverage);
        let rows = missed.iter().take(ROWS).map(|missed| {
            let known = if missed.is_known() {
                "not reached"
            } else {
                "not known"
            };
            let place = format!("{}:{}", missed.file.display(), missed.item.line);
            [code(&place), escaped(&missed.words()), known.to_owned()]
        });
        let rows: Vec<_> = rows.collect();
        if !rows.is_empty() {
            markdown.table(["Place", "Not reached by any test", ""], &rows);
        }
        for reason in text::reasons(&self.coverage) {
            markdown.paragraph(&escaped(&reason));
        }
        for (name, painted) in &self.painted {
            let name = MachineName::of(name.as_deref()).to_string();
            let summary = format!("Coverage of {}", code(&name));
            let diagram = mermaid_of_coverage(painted);
            markdown.details(&summary, |markdown| markdown.block("mermaid", &diagram));
        }
    }

    /// What no test reached, at its line; `root` is the folder that the paths start from.
    pub fn annotations(&self) -> Vec<Annotation> {
        let too_low = self.shortfall().map(|message| Annotation {
            level: Level::Error,
            spot: None,
            title: "Coverage".to_owned(),
            message,
        });
        let missed = Missed::of(&self.coverage).into_iter();
        let missed = missed.filter(Missed::is_known).take(ANNOTATIONS);
        let missed = missed.map(|missed| Annotation {
            level: Level::Notice,
            spot: Some(spot(missed.file, missed.item.line)),
            title: "Coverage".to_owned(),
            message: format!("no test reached {}", missed.words()),
        });
        too_low.into_iter().chain(missed).collect()
    }
}

fn spot(file: &Path, line: usize) -> Spot {
    Spot {
        path: file.to_owned(),
        line,
        columns: None,
    }
}
