//! `txflow test --junit`.

use std::fs;

use crate::support::project::Project;

#[tokio::test]
async fn a_report_is_written_when_a_test_fails_as_well() {
    let project = Project::shop().write();
    let deploy = project.alone(&["deploy", "--local"]).run().await;
    deploy.succeeded();
    let test = ["test", "--local", "--junit", "target/junit.xml"];
    project.alone(&test).run().await.exits_with(3);
    let report = fs::read_to_string(project.path().join("target/junit.xml")).expect("a report");
    for part in [
        r#"<testsuite name="shop-dev" tests="2" skipped="0" errors="0" failures="1""#,
        r#"<property name="release" value="arn:aws:states:us-east-1:000000000000:stateMachine:shop-dev:1"/>"#,
        r#"<testcase name="GOOD" classname="shop-dev" time=""#,
        r#"<failure message="not as expected: status">failed in state: Buy"#,
        "status (deploy.toml:",
        "last log lines:\nbuy revision 1 has",
    ] {
        assert!(report.contains(part), "no {part:?} in:\n{report}");
    }

    let nowhere = ["test", "--local", "--junit", "deploy.toml/junit.xml"];
    let failed = project.alone(&nowhere).run().await.exits_with(1);
    failed
        .says("2 tests: 1 passed, 1 failed")
        .says("error: cannot write `deploy.toml/junit.xml`")
        .says("hint: ");
}
