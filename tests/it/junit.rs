//! `txflow test --junit`.

use std::fs;

use crate::shown::assert_shown;
use crate::support::project::Project;

#[tokio::test]
async fn a_report_is_written_when_a_test_fails_as_well() {
    let project = Project::shop().write();
    let deploy = project.alone(&["deploy", "--local"]).run().await;
    deploy.succeeded();
    let test = ["test", "--local", "--junit", "target/junit.xml"];
    project.alone(&test).run().await.exits_with(3);
    let report = fs::read_to_string(project.path().join("target/junit.xml")).expect("a report");
    assert_shown!("junit", report);

    let nowhere = ["test", "--local", "--junit", "deploy.toml/junit.xml"];
    let failed = project.alone(&nowhere).run().await.exits_with(1);
    assert_shown!("tests", failed.stdout);
    assert_shown!("nowhere_to_write", failed.error());
}
