//! Tests as Markdown and as annotations, for a GitHub job.

use std::path::Path;

use super::test_report::TestReport;
use super::{Skipped, counts};
use crate::commands::test::coverage::CoverageReport;
use crate::report::github::{Annotation, Level, Markdown, Spot, code, link, text};
use crate::report::style::duration;

/// A table of all tests, then what is known of each, the failed ones opened up first.
pub(super) fn summary(
    stack: &str,
    reports: &[TestReport],
    skipped: &[Skipped],
    coverage: Option<&CoverageReport>,
) -> String {
    let mut markdown = Markdown::default();
    let (tests, counts) = counts(reports, skipped);
    markdown.heading(2, &format!("{tests} of {stack}: {counts}"));
    let rows = reports
        .iter()
        .map(row)
        .chain(skipped.iter().map(skipped_row));
    let rows: Vec<_> = rows.collect();
    let head = ["", "Test", "Status", "Duration", "Retries", "Path"];
    markdown.table(head, &rows);
    for report in reports.iter().filter(|report| !report.passed) {
        markdown.heading(3, &format!("{} failed", report.test));
        failure(&mut markdown, report);
        diagram(&mut markdown, report);
    }
    if let Some(coverage) = coverage {
        coverage.summarize(&mut markdown);
    }
    let drawn = |report: &&TestReport| report.passed && report.links.diagram.is_some();
    for report in reports.iter().filter(drawn) {
        let summary = format!("Execution of {}", code(&report.test));
        markdown.details(&summary, |markdown| diagram(markdown, report));
    }
    markdown.to_string()
}

/// One for each expectation that was not met, at its line.
pub(super) fn annotations(deploy_toml: &Path, reports: &[TestReport]) -> Vec<Annotation> {
    let unmet = reports
        .iter()
        .flat_map(|report| report.unmet().map(move |unmet| (report, unmet)));
    unmet
        .map(|(report, unmet)| Annotation {
            level: Level::Error,
            spot: Some(Spot {
                path: deploy_toml.to_owned(),
                line: unmet.line,
                columns: None,
            }),
            title: format!("Test {}: {}", report.test, unmet.what),
            message: unmet.detail.to_owned(),
        })
        .collect()
}

fn row(report: &TestReport) -> [String; 6] {
    [
        if report.passed {
            "✅ pass"
        } else {
            "❌ fail"
        }
        .to_owned(),
        code(&report.test),
        report.status_text().to_owned(),
        duration(report.elapsed),
        report.retries.to_string(),
        text(&report.path_text().unwrap_or_default()),
    ]
}

fn skipped_row(skipped: &Skipped) -> [String; 6] {
    let none = String::new;
    [
        "⏭️ skip".to_owned(),
        code(&skipped.test),
        none(),
        none(),
        none(),
        text(skipped.reason),
    ]
}

fn failure(markdown: &mut Markdown, report: &TestReport) {
    let facts = report.facts().into_iter().filter_map(|(name, fact)| {
        let fact = fact?;
        Some(format!("{name}: {}", code(&fact)))
    });
    let mut facts: Vec<String> = facts.collect();
    let arn = report.execution_arn.as_ref();
    facts.extend(match &report.links.console_url {
        Some(url) => Some(link("Open the execution in the AWS console", url)),
        None => arn.map(|arn| format!("Execution: {}", code(arn))),
    });
    markdown.paragraph(&facts.join("<br>"));
    for unmet in report.unmet() {
        let line = unmet.line;
        markdown.paragraph(&format!(
            "**{}** is not as expected (deploy.toml:{line})",
            text(&unmet.what)
        ));
        markdown.block("diff", unmet.detail);
    }
    if !report.logs.is_empty() {
        markdown.paragraph("Last log lines");
        markdown.block("text", &report.logs.join("\n"));
    }
}

fn diagram(markdown: &mut Markdown, report: &TestReport) {
    if let Some(diagram) = &report.links.diagram {
        markdown.block("mermaid", diagram);
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{failed, passed};
    use super::*;

    #[test]
    fn a_summary_tells_what_failed_and_why() {
        assert_eq!(
            summary("shop-dev", &[passed(), failed()], &[], None),
            r##"## 2 tests of shop-dev: 1 passed, 1 failed

|  | Test | Status | Duration | Retries | Path |
| --- | --- | --- | --- | --- | --- |
| ✅ pass | <code>BUY</code> | SUCCEEDED | 1.50 s | 1 | Choose → Buy |
| ❌ fail | <code>SELL&#124;1</code> | FAILED | 0.02 s | 0 | Choose |

### SELL&#124;1 failed

Failed in state: <code>Choose</code><br>Error: <code>Out&#60;Of&#62;Stock</code><br>Cause: <code>none<br>left</code><br><a href="https://console.example/&#35;/2">Open the execution in the AWS console</a>

**output** is not as expected (deploy.toml:7)

```diff
- "a"
+ "b"
```

Last log lines

````text
```
::error::x
````

```mermaid
graph TD
```

"##
        );
    }

    #[test]
    fn each_unmet_expectation_is_annotated_at_its_line() {
        let annotations = annotations(Path::new("app/deploy.toml"), &[passed(), failed()]);
        let [annotation] = annotations.as_slice() else {
            panic!("one expectation was not met: {annotations:?}");
        };
        assert_eq!(annotation.title, "Test SELL|1: output");
        let spot = annotation.spot.as_ref().map(|spot| spot.line);
        assert_eq!(spot, Some(7));
    }
}
