//! Tests as a JUnit report, which pipelines and editors read.

use quick_junit::{NonSuccessKind, Property, Report, TestCaseStatus, TestSuite};

use super::TestCase;
use crate::world::{Secrets, plain, visible};

/// The report of the tests of one stack and stage. What XML cannot hold is left out.
///
/// # Errors
///
/// Where the XML cannot be made.
pub fn junit(
    stack: &str,
    release: &str,
    cases: &[TestCase],
    secrets: &Secrets,
) -> Result<String, quick_junit::SerializeError> {
    let xml = |text: &str| xml(text, secrets);
    let mut suite = TestSuite::new(xml(stack));
    suite.add_property(Property::new("release", xml(release)));
    suite.set_time(cases.iter().map(|case| case.elapsed).sum());
    suite.add_test_cases(cases.iter().map(|case| test_case(stack, case, &xml)));
    let mut report = Report::new("txflow");
    report.add_test_suite(suite);
    report.to_string()
}

fn test_case(stack: &str, case: &TestCase, xml: &dyn Fn(&str) -> String) -> quick_junit::TestCase {
    let mut status = TestCaseStatus::success();
    if !case.passed {
        let unmet: Vec<&str> = case.unmet.iter().map(|unmet| unmet.what.as_str()).collect();
        status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status
            .set_message(xml(&format!("not as expected: {}", unmet.join(", "))))
            .set_description(xml(&case.explanation()));
    }
    let mut test_case = quick_junit::TestCase::new(xml(&case.name), status);
    test_case
        .set_classname(xml(stack))
        .set_time(case.elapsed)
        .add_property(Property::new("status", case.status));
    if let Some(arn) = &case.execution_arn {
        test_case.add_property(Property::new("execution-arn", xml(arn)));
    }
    if !case.path.is_empty() {
        test_case.set_system_out(xml(&case.path.join(" → ")));
    }
    test_case
}

/// What XML cannot hold is shown as well: the library would leave it out, or let it pass.
fn xml(text: &str, secrets: &Secrets) -> String {
    let text = plain(text).replace("\r\n", "\n");
    visible(&secrets.mask(&text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::test_summary::tests::{failed, passed};

    #[test]
    fn a_report_has_a_suite_and_a_case_a_test() {
        assert_eq!(
            junit(
                "shop-dev",
                "arn:version:3",
                &[passed(), failed()],
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
        let xml = junit("shop-dev", "3", &[case], &secrets).unwrap();
        assert!(
            xml.contains(r"*** \u{1b}[1mbold \u{0}\u{fffe}\u{202e}\u{9b} ]]&gt; &lt;b&gt;"),
            "{xml}"
        );
    }
}
