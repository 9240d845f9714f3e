//! Tests as a JUnit report, which pipelines and editors read.

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::test_report::{TestReport, Unmet};
use super::{Skipped, TestReports};
use crate::world::{Secrets, plain, visible};

/// The report of the tests of one stack and stage. What XML cannot hold is left out.
///
/// # Errors
///
/// If the XML cannot be made.
pub(super) fn junit(
    stack: &str,
    release: &str,
    TestReports {
        reports, skipped, ..
    }: &TestReports,
    secrets: &Secrets,
) -> Result<String, quick_junit::SerializeError> {
    let xml = |text: &str| xml(text, secrets);
    let mut suite = TestSuite::new(xml(stack));
    suite.add_property(Property::new("release", xml(release)));
    suite.set_time(reports.iter().map(|report| report.elapsed).sum());
    suite.add_test_cases(reports.iter().map(|report| test_case(stack, report, &xml)));
    suite.add_test_cases(
        skipped
            .iter()
            .map(|skipped| skipped_case(stack, skipped, &xml)),
    );
    let mut report = Report::new("txflow");
    report.add_test_suite(suite);
    report.to_string()
}

fn skipped_case(stack: &str, skipped: &Skipped, xml: &dyn Fn(&str) -> String) -> TestCase {
    let mut status = TestCaseStatus::skipped();
    status.set_message(xml(skipped.reason));
    let mut test_case = TestCase::new(xml(&skipped.test), status);
    test_case.set_classname(xml(stack));
    test_case
}

fn test_case(stack: &str, report: &TestReport, xml: &dyn Fn(&str) -> String) -> TestCase {
    let mut status = TestCaseStatus::success();
    if !report.passed {
        let unmet: Vec<String> = report.unmet().map(|unmet| unmet.what).collect();
        status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status
            .set_message(xml(&format!("not as expected: {}", unmet.join(", "))))
            .set_description(xml(&explanation(report)));
    }
    let mut test_case = TestCase::new(xml(&report.test), status);
    test_case
        .set_classname(xml(stack))
        .set_time(report.elapsed)
        .add_property(Property::new("status", report.status_text()));
    if let Some(arn) = &report.execution_arn {
        test_case.add_property(Property::new("execution-arn", xml(arn)));
    }
    if let Some(path) = report.path_text().filter(|path| !path.is_empty()) {
        test_case.set_system_out(xml(&path));
    }
    test_case
}

/// All that is known of a failure, as lines of text.
fn explanation(report: &TestReport) -> String {
    let facts = report.facts().into_iter();
    let facts =
        facts.filter_map(|(name, fact)| Some(format!("{}: {}", name.to_lowercase(), fact?)));
    let mut lines: Vec<String> = facts.collect();
    for Unmet { what, detail, line } in report.unmet() {
        lines.push(format!("{what} (deploy.toml:{line}):\n{detail}"));
    }
    if !report.logs.is_empty() {
        lines.push("last log lines:".to_owned());
        lines.extend_from_slice(&report.logs);
    }
    let arn = report.execution_arn.iter();
    lines.extend(arn.map(|arn| format!("execution: {arn}")));
    lines.extend(report.links.console_url.clone());
    lines.join("\n")
}

/// What XML cannot hold is shown as well: the library would leave it out, or let it pass.
fn xml(text: &str, secrets: &Secrets) -> String {
    let text = plain(text).replace("\r\n", "\n");
    visible(&secrets.mask(&text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::Shown;
    use super::super::sample::{failed, passed};
    use super::*;

    fn reports(reports: Vec<TestReport>) -> TestReports {
        TestReports {
            reports,
            skipped: Vec::new(),
            prefix: String::new(),
            deploy_toml: "deploy.toml".into(),
            coverage: None,
            shown: Shown::default(),
        }
    }

    #[test]
    fn what_did_not_run_is_skipped_with_the_reason() {
        let mut some = reports(vec![passed()]);
        some.skipped.push(Skipped {
            test: "MOCKED".to_owned(),
            reason: "it has mocks",
        });
        let xml = junit("shop-dev", "3", &some, &Secrets::default()).unwrap();
        let case = r#"<testcase name="MOCKED" classname="shop-dev">
            <skipped message="it has mocks"/>"#;
        assert!(
            xml.contains(case) && xml.contains(r#"skipped="1""#),
            "{xml}"
        );
    }

    #[test]
    fn a_report_has_a_suite_and_a_case_a_test() {
        assert_eq!(
            junit(
                "shop-dev",
                "arn:version:3",
                &reports(vec![passed(), failed()]),
                &Secrets::default()
            )
            .unwrap(),
            r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="txflow" tests="2" skipped="0" failures="1" errors="0">
    <testsuite name="shop-dev" tests="2" skipped="0" errors="0" failures="1" time="1.520">
        <properties>
            <property name="release" value="arn:version:3"/>
        </properties>
        <testcase name="BUY" classname="shop-dev" time="1.500">
            <properties>
                <property name="status" value="SUCCEEDED"/>
                <property name="execution-arn" value="arn:execution:1"/>
            </properties>
            <system-out>Choose → Buy</system-out>
        </testcase>
        <testcase name="SELL|1" classname="shop-dev" time="0.020">
            <properties>
                <property name="status" value="FAILED"/>
                <property name="execution-arn" value="arn:execution:2"/>
            </properties>
            <failure message="not as expected: output">failed in state: Choose
error: Out&lt;Of&gt;Stock
cause: none
left
output (deploy.toml:7):
- &quot;a&quot;
+ &quot;b&quot;
last log lines:
```
::error::x
execution: arn:execution:2
https://console.example/#/2</failure>
            <system-out>Choose</system-out>
        </testcase>
    </testsuite>
</testsuites>
"#
        );
    }

    #[test]
    fn what_xml_cannot_hold_and_what_could_be_obeyed_is_shown() {
        let mut case = failed();
        case.logs = vec!["hunter22 \x1b[1mbold \u{0}\u{fffe}\u{202e}\u{9b} ]]> <b>".to_owned()];
        let secrets = Secrets::default();
        secrets.add(["hunter22"], &[]);
        let xml = junit("shop-dev", "3", &reports(vec![case]), &secrets).unwrap();
        assert!(
            xml.contains(r"*** \u{1b}[1mbold \u{0}\u{fffe}\u{202e}\u{9b} ]]&gt; &lt;b&gt;"),
            "{xml}"
        );
    }
}
