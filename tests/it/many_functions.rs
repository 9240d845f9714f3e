//! A stack of more functions than are read each on its own.

use std::collections::BTreeMap;

use serde_json::{Map, json};

use crate::support::local_server::LocalServer;
use crate::support::project::{Project, task};
use crate::support::wire::{Act, Rule, Wire};

const FUNCTIONS: usize = 11;

fn project(functions: usize) -> Project {
    let names: Vec<String> = (10..10 + functions).map(|n| format!("step-{n}")).collect();
    let mut states = Map::new();
    for (index, name) in names.iter().enumerate() {
        let mut state = task(name);
        if let Some(next) = names.get(index + 1) {
            state["Next"] = json!(next);
            state.as_object_mut().expect("a state").remove("End");
        }
        states.insert(name.clone(), state);
    }
    let project = names
        .iter()
        .fold(Project::new("many"), |project, name| project.handler(name));
    project.definition(json!({ "StartAt": names[0], "States": states }))
}

#[tokio::test]
async fn many_functions_are_read_in_three_calls_each() {
    let project = project(FUNCTIONS).write();
    let server = LocalServer::start(project.path(), &[]).await;
    let wire = Wire::in_front_of(&server.url).await;
    project
        .txflow(&wire.url(), &["deploy"])
        .run()
        .await
        .succeeded();

    wire.clear();
    let deploy = project.txflow(&wire.url(), &["deploy"]).run().await;
    deploy.succeeded().says("nothing to change");
    for (operation, calls) in [
        ("iam.GetAccountAuthorizationDetails", 1),
        ("iam.GetRole", 0),
        ("lambda.GetFunction", 2 * FUNCTIONS),
        ("lambda.ListVersionsByFunction", 0),
        ("logs.DescribeLogGroups", 2),
        ("logs.ListTagsForResource", FUNCTIONS),
    ] {
        assert_eq!(wire.count(operation), calls, "{operation}");
    }

    // A policy that allows only what fewer functions need is no obstacle, and the answer is the same.
    wire.clear();
    let denied = Act::Error(403, "AccessDenied", "not authorized");
    wire.rule(Rule::on("iam.GetAccountAuthorizationDetails", denied));
    let deploy = project.txflow(&wire.url(), &["deploy"]).run().await;
    deploy.succeeded().says("nothing to change");
    assert_eq!(wire.count("iam.GetRole"), FUNCTIONS + 1);
    wire.finish();

    // What is read in few calls shows what was changed by hand.
    wire.clear();
    wire.tamper(|operation, answer| match operation {
        "iam.GetAccountAuthorizationDetails" => {
            answer.replacen("<Key>txflow:version</Key>", "<Key>by-hand</Key>", 1)
        }
        _ => answer.to_owned(),
    });
    let plan = project.txflow(&wire.url(), &["plan"]).run().await;
    plan.succeeded().says("by-hand");
}

/// Of few roles each is read on its own, which takes four calls and no permission on the roles of others.
#[tokio::test]
async fn few_functions_are_read_without_a_look_at_the_roles_of_others() {
    let project = project(3).write();
    let server = LocalServer::start(project.path(), &[]).await;
    let wire = Wire::in_front_of(&server.url).await;
    let deploy = async || project.txflow(&wire.url(), &["deploy"]).run().await;
    deploy().await.succeeded();
    wire.clear();
    deploy().await.succeeded().says("nothing to change");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for call in wire.calls() {
        *counts.entry(call.operation).or_default() += 1;
    }
    let expected = [
        ("iam.GetRole", 4),
        ("iam.GetRolePolicy", 4),
        ("iam.ListAttachedRolePolicies", 4),
        ("iam.ListRolePolicies", 4),
        ("iam.ListRoles", 1),
        ("lambda.GetFunction", 3),
        ("lambda.ListVersionsByFunction", 3),
        ("logs.DescribeLogGroups", 2),
        // Also of the state machine's, which does not log.
        ("logs.ListTagsForResource", 4),
        ("states.DescribeStateMachine", 1),
        ("states.DescribeStateMachineAlias", 1),
        ("states.ListStateMachineVersions", 1),
        ("states.ListTagsForResource", 1),
        ("sts.GetCallerIdentity", 1),
    ];
    let expected = expected.map(|(operation, calls)| (operation.to_owned(), calls));
    assert_eq!(counts, BTreeMap::from(expected));
}
