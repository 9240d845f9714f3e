//! Tests as Markdown and as annotations, for a GitHub job.

use std::path::Path;

use super::github::{Annotation, Markdown, Spot, code, link, text};
use super::style::duration;
use super::{TestCase, counted};
use crate::config::Severity;

/// A table of all tests, then what is known of each, the failed ones opened up first.
pub fn test_summary(stack: &str, cases: &[TestCase]) -> String {
    let mut markdown = Markdown::default();
    let passed = cases.iter().filter(|case| case.passed).count();
    let failed = cases.len() - passed;
    markdown.heading(
        2,
        &format!(
            "{} of {stack}: {passed} passed, {failed} failed",
            counted(cases.len(), "test")
        ),
    );
    let rows: Vec<_> = cases.iter().map(row).collect();
    let head = ["", "Test", "Status", "Duration", "Retries", "Path"];
    markdown.table(head, &rows);
    for case in cases.iter().filter(|case| !case.passed) {
        markdown.heading(3, &format!("{} failed", case.name));
        failure(&mut markdown, case);
        diagram(&mut markdown, case);
    }
    let drawn = |case: &&TestCase| case.passed && case.diagram.is_some();
    for case in cases.iter().filter(drawn) {
        let summary = format!("Execution of {}", code(&case.name));
        markdown.details(&summary, |markdown| diagram(markdown, case));
    }
    markdown.to_string()
}

/// One for each expectation that was not met, at its line.
pub fn test_annotations(deploy_toml: &Path, cases: &[TestCase]) -> Vec<Annotation> {
    let unmet = cases
        .iter()
        .flat_map(|case| case.unmet.iter().map(move |unmet| (case, unmet)));
    unmet
        .map(|(case, unmet)| Annotation {
            severity: Severity::Error,
            spot: Some(Spot {
                path: deploy_toml.to_owned(),
                line: unmet.line,
                columns: None,
            }),
            title: format!("Test {}: {}", case.name, unmet.what),
            message: unmet.detail.clone(),
        })
        .collect()
}

fn row(case: &TestCase) -> [String; 6] {
    [
        if case.passed { "✅ pass" } else { "❌ fail" }.to_owned(),
        code(&case.name),
        case.status.to_owned(),
        duration(case.elapsed),
        case.retries.to_string(),
        text(&case.path.join(" → ")),
    ]
}

fn failure(markdown: &mut Markdown, case: &TestCase) {
    let facts = [
        ("Failed in state", &case.failed_state),
        ("Error", &case.error),
        ("Cause", &case.cause),
    ];
    let facts = facts.iter().filter_map(|(name, value)| {
        let value = value.as_deref().filter(|value| !value.is_empty())?;
        Some(format!("{name}: {}", code(value)))
    });
    let mut facts: Vec<String> = facts.collect();
    let arn = case.execution_arn.as_ref();
    facts.extend(match &case.console_url {
        Some(url) => Some(link("Open the execution in the AWS console", url)),
        None => arn.map(|arn| format!("Execution: {}", code(arn))),
    });
    markdown.paragraph(&facts.join("<br>"));
    for unmet in &case.unmet {
        let line = unmet.line;
        markdown.paragraph(&format!(
            "**{}** is not as expected (deploy.toml:{line})",
            text(&unmet.what)
        ));
        markdown.block("diff", &unmet.detail);
    }
    if !case.logs.is_empty() {
        markdown.paragraph("Last log lines");
        markdown.block("text", &case.logs.join("\n"));
    }
}

fn diagram(markdown: &mut Markdown, case: &TestCase) {
    if let Some(diagram) = &case.diagram {
        markdown.block("mermaid", diagram);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::report::Unmet;

    pub fn passed() -> TestCase {
        TestCase {
            name: "BUY".to_owned(),
            passed: true,
            status: "SUCCEEDED",
            elapsed: Duration::from_millis(1500),
            retries: 1,
            path: vec!["Choose".to_owned(), "Buy".to_owned()],
            execution_arn: Some("arn:execution:1".to_owned()),
            ..TestCase::default()
        }
    }

    pub fn failed() -> TestCase {
        TestCase {
            name: "SELL|1".to_owned(),
            status: "FAILED",
            elapsed: Duration::from_millis(20),
            path: vec!["Choose".to_owned()],
            failed_state: Some("Choose".to_owned()),
            error: Some("Out<Of>Stock".to_owned()),
            cause: Some("none\nleft".to_owned()),
            unmet: vec![Unmet {
                what: "output".to_owned(),
                detail: "- \"a\"\n+ \"b\"".to_owned(),
                line: 7,
            }],
            logs: vec!["```".to_owned(), "::error::x".to_owned()],
            execution_arn: Some("arn:execution:2".to_owned()),
            console_url: Some("https://console.example/#/2".to_owned()),
            diagram: Some("graph TD".to_owned()),
            ..TestCase::default()
        }
    }

    #[test]
    fn a_summary_tells_what_failed_and_why() {
        assert_eq!(
            test_summary("shop-dev", &[passed(), failed()]),
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
        let annotations = test_annotations(Path::new("app/deploy.toml"), &[passed(), failed()]);
        let [annotation] = annotations.as_slice() else {
            panic!("one expectation was not met: {annotations:?}");
        };
        assert_eq!(annotation.title, "Test SELL|1: output");
        let spot = annotation.spot.as_ref().map(|spot| spot.line);
        assert_eq!(spot, Some(7));
    }
}
