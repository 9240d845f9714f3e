//! Several txflow processes in one project.

use super::{deployed, revision};
use crate::shown::assert_shown;
use crate::support::project::Project;

#[tokio::test]
async fn two_deploys_at_once_neither_corrupt_nor_block_each_other() {
    let project = Project::transactions().write();
    let deploy = || project.alone(&["deploy", "--local"]).run();
    let (first, second) = tokio::join!(deploy(), deploy());
    for outcome in [&first, &second] {
        let told = outcome.code == Some(1) && outcome.stderr.contains("hint: ");
        assert!(outcome.code == Some(0) || told, "{outcome:#?}");
    }
    // Whatever they came to, one more has the last word.
    deployed(&project, "dev").await;
    let deploy = project.alone(&["deploy", "--local"]).run().await;
    assert_shown!("the_last_word", deploy.succeeded().stdout);
    assert_eq!(revision(&project, "dev", "PURCHASE").await, 1);
}

#[tokio::test]
async fn tests_at_once_share_one_server() {
    let project = Project::transactions().write();
    deployed(&project, "dev").await;
    let test = || project.alone(&["test", "--local"]).run();
    let outcomes = tokio::join!(test(), test(), test());
    for outcome in [outcomes.0, outcomes.1, outcomes.2] {
        assert_shown!("each_of_three_tests", outcome.succeeded().stdout);
    }
}
