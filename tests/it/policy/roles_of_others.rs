//! Roles that others made: txflow passes them, and nothing else; and roles that live under another path and name.

use serde_json::json;

use super::limited::Limited;
use crate::support::project::{Project, task};

const ROLE: &str = "arn:aws:iam::000000000000:role/teams/handlers";

fn project() -> Project {
    let role = format!("role = \"{ROLE}\"\n");
    Project::transactions()
        .without_tests()
        .top_level("keep-versions = 1\n")
        .settings(&format!(
            "[state-machine]\n{role}[tests.PURCHASE]\ninput = {{ type = \"PURCHASE\" }}\n"
        ))
        .function_settings("purchase-handler", &role)
        .function_settings("refund-handler", &role)
        .write()
}

#[tokio::test]
async fn a_stack_whose_roles_others_made_needs_to_pass_them_and_nothing_else_of_iam() {
    let mut stack = Limited::new(project());
    stack.make_role("/teams/", "handlers").await;
    let before = stack.left().await;
    let passed = [(json!(["iam:PassRole"]), json!([ROLE]))];
    assert_eq!(stack.of_iam().await, passed);

    stack.run(&["deploy"]).await.succeeded();
    stack.run(&["test"]).await.succeeded();
    stack.run(&["plan", "--exit-code"]).await.succeeded();
    let lines = stack.left().await;
    let roles = |lines: &[String]| -> Vec<String> {
        let roles = lines.iter().filter(|line| line.starts_with("role "));
        roles.cloned().collect()
    };
    assert_eq!(roles(&lines), roles(&before));

    // No role under the path of the stack leads to the function that leaves.
    let states = json!({ "Purchase": task("purchase-handler") });
    stack.project = stack
        .project
        .without_handler("refund-handler")
        .definition(json!({ "StartAt": "Purchase", "States": states }))
        .write();
    stack.former = Some("refund-handler");
    for _ in 0..3 {
        stack.project = stack.project.change_handler("purchase-handler");
        stack.run(&["deploy"]).await.succeeded();
    }
    let left = stack.left().await.concat();
    assert!(!left.contains("refund-handler"), "{left}");

    stack.run(&["destroy", "--yes"]).await.succeeded();
    assert_eq!(stack.left().await, before);
}
