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

/// Where the roles are, by their names.
async fn roles(stack: &Limited) -> Vec<String> {
    let lines = stack.left().await;
    let roles = lines.iter().filter_map(|line| line.split_once(" trusts "));
    roles.map(|(role, _)| role.to_owned()).collect()
}

#[tokio::test]
async fn roles_have_the_path_and_the_name_that_an_organization_demands() {
    let prefixes = |path: &str, name: &str| {
        format!("[roles]\npath-prefix = \"{path}\"\nname-prefix = \"{name}\"\n")
    };
    let mut stack = Limited::new(
        Project::transactions()
            .without_tests()
            .top_level("keep-versions = 1\n")
            .settings(&prefixes("/teams/payments", "org-"))
            .write(),
    );
    stack.run(&["deploy"]).await.succeeded();
    stack.run(&["plan", "--exit-code"]).await.succeeded();
    let path = "at /teams/payments/txflow/transactions/dev/";
    let names = ["purchase-handler", "refund-handler", "state-machine"];
    let named =
        |prefix: &str| names.map(|name| format!("role {prefix}transactions-dev-{name} {path}"));
    assert_eq!(roles(&stack).await, named("org-"));

    // Other names are other roles; the former ones go with the last release that runs with them.
    let text = std::fs::read_to_string(stack.project.path().join("deploy.toml")).unwrap();
    let rename = |to: &str| {
        std::fs::write(stack.project.path().join("deploy.toml"), to).expect("write deploy.toml");
    };
    rename(&text.replace("org-", "co-"));
    let deploy = ["deploy", "--local"];
    let deployed = stack.project.alone(&deploy).run().await.succeeded();
    deployed.says("role `org-transactions-dev-state-machine` is no longer used and stays");
    for level in ["info", "debug"] {
        let environment = format!("[defaults.environment]\nLEVEL = \"{level}\"\n");
        rename(&format!("{}{environment}", text.replace("org-", "co-")));
        stack.project.alone(&deploy).run().await.succeeded();
    }
    assert_eq!(roles(&stack).await, named("co-"));

    rename(&text.replace("org-", "co-").replace("/payments", "/orders"));
    let refused = stack.project.alone(&deploy).run().await.exits_with(1);
    refused
        .says("to this stage under the path `/teams/payments/txflow/transactions/dev/`")
        .says("IAM cannot move a role");
    rename(&text.replace("org-", "co-"));
    stack.run(&["destroy", "--yes"]).await.succeeded();
    assert_eq!(stack.left().await, [""; 0]);
}

#[tokio::test]
async fn the_roles_of_a_stack_go_once_others_make_them() {
    let stack = Limited::new(
        Project::transactions()
            .top_level("keep-versions = 1\n")
            .write(),
    );
    let deploy = ["deploy", "--local"];
    stack.project.alone(&deploy).run().await.succeeded();
    let toml = stack.project.path().join("deploy.toml");
    let text = std::fs::read_to_string(&toml).expect("deploy.toml");
    let role = format!("role = \"{ROLE}\"\n");
    for level in ["info", "debug", "trace"] {
        let changed = format!(
            "{text}[defaults]\n{role}environment = {{ LEVEL = \"{level}\" }}\n[state-machine]\n{role}"
        );
        std::fs::write(&toml, changed).expect("write deploy.toml");
        stack.project.alone(&deploy).run().await.succeeded();
    }
    // The embedded AWS has nobody else who would have made it.
    assert_eq!(roles(&stack).await, ["role handlers at /teams/"]);
    let test = ["test", "--local"];
    stack.project.alone(&test).run().await.succeeded();
}
