//! The result of a load run, as data and as text.

use std::fmt::Write as _;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::coverage::CoverageReport;
use crate::config::TestConfig;
use crate::executions::load::{CauseKind, FailureCause, Failures, Figures, Percentiles, Tally};
use crate::report::github::{Annotation, Markdown, code, text};
use crate::report::style::{ATTENTION, BAD, FAINT, GOOD, STRONG, duration};
use crate::report::{Answer, counted, rate_text};
use crate::world::one_line;

/// How many kinds of failures of a test are shown; the data has all.
const SHOWN_FAILURES: usize = 10;

/// The figures of each test, and of all of them together.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LoadReport {
    /// How many executions there were to be.
    planned: usize,
    tests: Vec<TestFigures>,
    pub all: Figures,
    /// What the executions reached, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<CoverageReport>,
    #[serde(skip)]
    columns: Option<usize>,
    /// Whether the time of waits was skipped.
    #[serde(skip)]
    is_virtual: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct TestFigures {
    test: String,
    #[serde(flatten)]
    figures: Figures,
}

impl LoadReport {
    pub fn new(tests: &[TestConfig], tallies: &[Tally], planned: usize, is_virtual: bool) -> Self {
        let tests = tests.iter().zip(tallies);
        Self {
            planned,
            tests: tests
                .map(|(test, tally)| TestFigures {
                    test: test.name.clone(),
                    figures: tally.figures(),
                })
                .collect(),
            all: Tally::sum(tallies).figures(),
            coverage: None,
            columns: None,
            is_virtual,
        }
    }

    pub fn add_coverage(&mut self, coverage: CoverageReport, columns: Option<usize>) {
        self.coverage = Some(coverage);
        self.columns = columns;
    }

    pub fn coverage(&self) -> Option<&CoverageReport> {
        self.coverage.as_ref()
    }

    /// Whether it ended before all was run.
    pub fn interrupted(&self) -> bool {
        self.all.executions < self.planned
    }
}

impl LoadReport {
    /// What stands behind durations that nobody has waited for.
    fn time(&self) -> &'static str {
        if self.is_virtual { " (virtual)" } else { "" }
    }

    fn test_text(&self, text: &mut String, test: &str, figures: &Figures) {
        let (style, word) = if figures.failed == 0 {
            (GOOD, "PASS")
        } else {
            (BAD, "FAIL")
        };
        let _ = writeln!(
            text,
            "{style}{word}{style:#} {STRONG}{}{STRONG:#} {FAINT}{}: {}{FAINT:#}",
            one_line(test),
            counted(figures.executions, "execution"),
            counts(figures)
        );
        if let Some(seconds) = &figures.seconds {
            let took = percentiles(seconds);
            let _ = writeln!(text, "     {FAINT}took{FAINT:#}  {took}{}", self.time());
        }
        for failures in figures.failures.iter().take(SHOWN_FAILURES) {
            let Failures { cause, count, .. } = failures;
            let _ = writeln!(
                text,
                "     {BAD}{count} ×{BAD:#} {}",
                one_line(&cause_text(cause))
            );
            if let Some(example) = &failures.example {
                let example = one_line(example);
                let _ = writeln!(text, "       {FAINT}such as{FAINT:#} {example}");
            }
        }
        if let more @ 1.. = figures.failures.len().saturating_sub(SHOWN_FAILURES) {
            let more = counted(more, "more kind");
            let _ = writeln!(
                text,
                "     {FAINT}{more} of failures; --json has all{FAINT:#}"
            );
        }
    }
}

impl Answer for LoadReport {
    fn text(&self) -> String {
        let mut text = String::new();
        for TestFigures { test, figures } in &self.tests {
            self.test_text(&mut text, test, figures);
        }
        if self.interrupted() {
            let left = self.planned - self.all.executions;
            let _ = writeln!(
                text,
                "{ATTENTION}Interrupted{ATTENTION:#}: {left} of {} executions were not run to their end, and are not counted",
                self.planned
            );
        }
        let _ = write!(
            text,
            "{} of {}: {}",
            counted(self.all.executions, "execution"),
            counted(self.tests.len(), "test"),
            counts(&self.all)
        );
        if let Some(seconds) = self.all.seconds.as_ref().filter(|_| self.tests.len() > 1) {
            let _ = write!(
                text,
                "\n     {FAINT}took{FAINT:#}  {}{}",
                percentiles(seconds),
                self.time()
            );
        }
        if let Some(coverage) = &self.coverage {
            let _ = write!(text, "\n\n{}", coverage.text(false, self.columns));
        }
        text
    }

    fn summary(&self) -> Option<String> {
        let mut markdown = Markdown::default();
        markdown.heading(2, &format!("Load run: {}", counts(&self.all)));
        let tests = self.tests.iter();
        let mut rows: Vec<_> = tests
            .map(|TestFigures { test, figures }| summary_row(code(test), figures))
            .collect();
        if self.tests.len() > 1 {
            rows.push(summary_row("all".to_owned(), &self.all));
        }
        let head = [
            "Test",
            "Executions",
            "Passed",
            "Failed",
            "Per second",
            "p50",
            "p90",
            "p99",
            "Max",
        ];
        markdown.table(head, &rows);
        for TestFigures { test, figures } in &self.tests {
            for Failures { cause, count, .. } in &figures.failures {
                let cause = text(&cause_text(cause));
                markdown.paragraph(&format!("{}: {count} × {cause}", text(test)));
            }
        }
        if let Some(coverage) = &self.coverage {
            coverage.summarize(&mut markdown);
        }
        Some(markdown.to_string())
    }

    fn annotations(&self) -> Vec<Annotation> {
        let coverage = self.coverage.iter();
        coverage.flat_map(CoverageReport::annotations).collect()
    }
}

/// `90 passed, 10 failed, 85 per second`.
fn counts(figures: &Figures) -> String {
    let counts = format!("{} passed, {} failed", figures.passed, figures.failed);
    match figures.per_second {
        Some(rate) => format!("{counts}, {} per second", rate_text(rate)),
        None => counts,
    }
}

fn percentiles(took: &Percentiles) -> String {
    let Percentiles { p50, p90, p99, max } = *took;
    format!(
        "p50 {}, p90 {}, p99 {}, max {}",
        short(p50),
        short(p90),
        short(p99),
        short(max)
    )
}

/// Most executions take less than a second, where hundredths say too little.
fn short(elapsed: Duration) -> String {
    if elapsed < Duration::from_secs(1) {
        format!("{:.0} ms", elapsed.as_secs_f64() * 1000.0)
    } else {
        duration(elapsed)
    }
}

fn cause_text(cause: &FailureCause) -> String {
    let FailureCause { kind, what, detail } = cause;
    match kind {
        CauseKind::Execution if detail.is_empty() => format!("`{what}`"),
        CauseKind::Execution => format!("`{what}`: {detail}"),
        CauseKind::Expectation => format!("{what}: {detail}"),
        CauseKind::Call => format!("{what} failed with {detail}"),
    }
}

fn summary_row(name: String, figures: &Figures) -> [String; 9] {
    let took = figures.seconds.as_ref();
    let took = took.map(|took| [took.p50, took.p90, took.p99, took.max].map(short));
    let [p50, p90, p99, max] = took.unwrap_or_default();
    [
        name,
        figures.executions.to_string(),
        figures.passed.to_string(),
        figures.failed.to_string(),
        figures.per_second.map(rate_text).unwrap_or_default(),
        p50,
        p90,
        p99,
        max,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(failed: usize) -> Figures {
        Figures {
            executions: 1000,
            passed: 1000 - failed,
            failed,
            per_second: Some(84.6),
            seconds: Some(Percentiles {
                p50: Duration::from_micros(52_300),
                p90: Duration::from_millis(60),
                p99: Duration::from_millis(100),
                max: Duration::from_millis(1500),
            }),
            failures: Vec::new(),
        }
    }

    fn alike(kind: CauseKind, what: &str, detail: &str, count: usize) -> Failures {
        Failures {
            cause: FailureCause {
                kind,
                what: what.to_owned(),
                detail: detail.to_owned(),
            },
            count,
            example: (kind != CauseKind::Call).then(|| format!("arn:{what}")),
        }
    }

    fn report() -> LoadReport {
        let failures = vec![
            alike(CauseKind::Execution, "Refused", "`#` is too much", 7),
            alike(CauseKind::Expectation, "duration", "expected at most #", 2),
            alike(CauseKind::Call, "StartExecution", "Busy: later", 1),
        ];
        let test = |test: &str, figures| TestFigures {
            test: test.to_owned(),
            figures,
        };
        LoadReport {
            is_virtual: false,
            coverage: None,
            columns: None,
            planned: 2000,
            tests: vec![
                test("BUY", figures(0)),
                test(
                    "SELL",
                    Figures {
                        failures,
                        ..figures(10)
                    },
                ),
            ],
            all: Figures {
                executions: 2000,
                passed: 1990,
                ..figures(10)
            },
        }
    }

    fn plain(text: &str) -> String {
        crate::world::plain(text)
    }

    #[test]
    fn each_test_has_its_figures_and_why_executions_failed() {
        assert_eq!(
            plain(&report().text()),
            "PASS BUY 1000 executions: 1000 passed, 0 failed, 85 per second
     took  p50 52 ms, p90 60 ms, p99 100 ms, max 1.50 s
FAIL SELL 1000 executions: 990 passed, 10 failed, 85 per second
     took  p50 52 ms, p90 60 ms, p99 100 ms, max 1.50 s
     7 × `Refused`: `#` is too much
       such as arn:Refused
     2 × duration: expected at most #
       such as arn:duration
     1 × StartExecution failed with Busy: later
2000 executions of 2 tests: 1990 passed, 10 failed, 85 per second
     took  p50 52 ms, p90 60 ms, p99 100 ms, max 1.50 s"
        );
    }

    #[test]
    fn virtual_durations_are_marked() {
        let report = LoadReport {
            is_virtual: true,
            ..report()
        };
        let text = plain(&report.text());
        assert_eq!(text.matches("max 1.50 s (virtual)").count(), 3, "{text}");
    }

    #[test]
    fn a_run_that_was_interrupted_says_how_much_is_missing() {
        let report = LoadReport {
            planned: 2020,
            ..report()
        };
        let notice = "Interrupted: 20 of 2020 executions were not run to their end, and are not counted\n2000 executions";
        assert!(plain(&report.text()).contains(notice));
    }

    #[test]
    fn the_summary_is_a_table_with_the_failures_below() {
        assert_eq!(
            report().summary().as_deref(),
            Some(
                "## Load run: 1990 passed, 10 failed, 85 per second

| Test | Executions | Passed | Failed | Per second | p50 | p90 | p99 | Max |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
| <code>BUY</code> | 1000 | 1000 | 0 | 85 | 52 ms | 60 ms | 100 ms | 1.50 s |
| <code>SELL</code> | 1000 | 990 | 10 | 85 | 52 ms | 60 ms | 100 ms | 1.50 s |
| all | 2000 | 1990 | 10 | 85 | 52 ms | 60 ms | 100 ms | 1.50 s |

SELL: 7 × &#96;Refused&#96;: &#96;&#35;&#96; is too much

SELL: 2 × duration: expected at most &#35;

SELL: 1 × StartExecution failed with Busy: later

"
            )
        );
    }
}
