//! A state machine that calls nothing: IAM accepts no policy without statements.

use aws_sdk_iam::types::Role;
use serde_json::{Value, json};

use crate::support::account::Account;
use crate::support::local_server::LocalServer;
use crate::support::project::Project;

const ROLE: &str = "quiet-dev-state-machine";

fn definition(comment: &str) -> Value {
    json!({
        "Comment": comment,
        "StartAt": "Wait",
        "States": {
            "Wait": { "Type": "Wait", "Seconds": 0, "Next": "Done" },
            "Done": { "Type": "Pass", "Result": "done", "End": true },
        },
    })
}

fn project(state_machine: &str) -> Project {
    let project = Project::new("quiet").top_level("keep-versions = 1\n");
    with(project.definition(definition("first")), state_machine).write()
}

fn with(project: Project, state_machine: &str) -> Project {
    let test = "[tests.WAIT]\ninput = {}\nexpect = { output = \"done\" }\n";
    let settings = format!("{test}[state-machine]\n{state_machine}\n");
    project.without_tests().settings(&settings)
}

async fn policies(account: &Account) -> Vec<String> {
    let listed = account.iam.list_role_policies().role_name(ROLE);
    listed.send().await.expect("ListRolePolicies").policy_names
}

#[tokio::test]
async fn a_state_machine_that_calls_nothing_is_deployed_and_changed_both_ways() {
    let mut project = project("");
    let server = LocalServer::start(project.path(), &[]).await;
    let account = Account::at(&server.url).await;
    let none: [&str; 0] = [];
    let plan = project.alone(&["plan", "--local", "-v"]).run().await;
    let plan = plan.succeeded().stdout;
    assert!(plan.contains("+ role quiet-dev-state-machine"), "{plan}");
    assert!(!plan.contains("\"Statement\": []"), "{plan}");
    let deploy = ["deploy", "--local", "--test"];
    project.alone(&deploy).run().await.succeeded();
    assert_eq!(policies(&account).await, none);
    let unchanged = ["plan", "--local", "--exit-code"];
    project.alone(&unchanged).run().await.succeeded();

    // Somebody gives it a policy.
    let put = account.iam.put_role_policy().role_name(ROLE);
    let put = put.policy_name("txflow").policy_document(
        json!({ "Statement": { "Effect": "Allow", "Action": "s3:*", "Resource": "*" } })
            .to_string(),
    );
    put.send().await.expect("PutRolePolicy");
    let drifted = project
        .alone(&["deploy", "--local"])
        .run()
        .await
        .succeeded();
    let told = "Deleted policy of role `quiet-dev-state-machine`";
    assert!(drifted.stderr.contains(told), "{}", drifted.stderr);
    assert_eq!(policies(&account).await, none);

    // Logs are delivered by a role that may deliver them, until no release that is kept does.
    project = with(project, "logging = \"ERROR\"").write();
    project.alone(&deploy).run().await.succeeded();
    assert_eq!(policies(&account).await, ["txflow"]);
    project = with(project, "");
    for comment in ["second", "third"] {
        project = project.definition(definition(comment)).write();
        project.alone(&deploy).run().await.succeeded();
    }
    assert_eq!(policies(&account).await, none);
    project.alone(&unchanged).run().await.succeeded();

    let destroy = ["destroy", "--local", "--yes"];
    project.alone(&destroy).run().await.succeeded();
    let role = account.iam.get_role().role_name(ROLE).send().await;
    assert_eq!(role.ok().and_then(|answer| answer.role), None::<Role>);
}

#[tokio::test]
async fn no_policy_is_printed_for_a_role_that_needs_none() {
    let project = project("");
    let role = ["policy", "--role", "state-machine"];
    let printed = project.alone(&role).run().await.succeeded();
    assert_eq!(printed.stdout.trim(), "");
    let note = "the role has no policy";
    assert!(printed.stderr.contains(note), "{}", printed.stderr);
    let with_json = project
        .alone(&[&role[..], &["--json"]].concat())
        .run()
        .await;
    let with_json = with_json.succeeded().json();
    assert_eq!(with_json, json!({ "policy": null, "statements": [] }));
}

/// In the embedded AWS, nobody else makes that role.
#[tokio::test]
async fn a_role_of_others_that_needs_nothing_is_made_without_a_policy() {
    let project = project("role = \"arn:aws:iam::000000000000:role/teams/machines\"");
    let server = LocalServer::start(project.path(), &[]).await;
    let account = Account::at(&server.url).await;
    let deploy = ["deploy", "--local", "--test"];
    project.alone(&deploy).run().await.succeeded();
    let listed = account.iam.list_role_policies().role_name("machines");
    let listed = listed.send().await.expect("ListRolePolicies").policy_names;
    assert_eq!(listed, [""; 0]);
}
