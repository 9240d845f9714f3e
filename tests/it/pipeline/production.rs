//! main: a plan, an approval, and the deploy of that plan.

use std::fs;

use serde_json::{Value, json};

use super::{Pipeline, action, assert_succeeded, shop, step};
use crate::runner::{Conclusion, Event};

#[tokio::test]
async fn what_was_approved_is_what_is_deployed() {
    let mut pipeline = Pipeline::new(shop()).await;
    pipeline.runner.secrets = json!({ "TXFLOW_PLAN_KEY": "known to these jobs only" });
    let push = Event::push();
    let jobs = pipeline.runner.jobs(&pipeline.workflow, &push);
    assert_eq!(jobs, ["plan", "deploy"]);
    let steps = pipeline.job("plan", &push).await;
    assert_succeeded(&steps);
    assert!(
        step(&steps, "Run txflow")
            .log
            .contains("to create, 0 to update")
    );
    assert_eq!(pipeline.live("prod").await, None);

    // Meanwhile somebody may approve it. What is pushed until then waits for a plan of its own.
    for file in ["lambdas", "Cargo.toml", "definition.asl.json"] {
        let path = pipeline.project.path().join(file);
        let _ = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
    }
    assert_eq!(pipeline.workflow["jobs"]["deploy"]["needs"], "plan");
    let asked = pipeline
        .runner
        .environments(&pipeline.workflow, "deploy", &push);
    assert_eq!(asked, ["production"]);
    let steps = pipeline.job("deploy", &push).await;
    assert_succeeded(&steps);
    let run = step(&steps, "Run txflow");
    assert!(run.log.contains("is live: release 1"), "{}", run.log);
    assert_eq!(run.outputs["version"], "1");
    assert_eq!(pipeline.live("prod").await, Some(1));
}

#[tokio::test]
async fn a_plan_without_changes_asks_nobody() {
    let pipeline = Pipeline::new(shop()).await;
    let push = Event::push();
    assert_succeeded(&pipeline.job("plan", &push).await);
    assert_succeeded(&pipeline.job("deploy", &push).await);
    assert_succeeded(&pipeline.job("plan", &push).await);
    let jobs = pipeline.runner.jobs(&pipeline.workflow, &push);
    assert_eq!(jobs, ["plan"]);
    // The next change is asked about again.
    let Pipeline { project, .. } = pipeline;
    let pipeline = Pipeline {
        project: project.change_handler("buy"),
        ..pipeline
    };
    assert_succeeded(&pipeline.job("plan", &push).await);
    let jobs = pipeline.runner.jobs(&pipeline.workflow, &push);
    assert_eq!(jobs, ["plan", "deploy"]);
}

/// A stage more, as somebody adds it to the workflow.
fn with_staging(workflow: &mut Value) {
    let jobs = &mut workflow["jobs"];
    jobs["plan"]["strategy"]["matrix"]["stage"] = json!(["staging", "prod"]);
    let outputs = &mut jobs["plan"]["outputs"];
    let of_prod = outputs["prod"].as_str().expect("an expression");
    outputs["staging"] = json!(of_prod.replace("'prod'", "'staging'"));
    let included = &mut jobs["deploy"]["strategy"]["matrix"]["include"];
    let prod = included[0].clone();
    let staging = json!({ "stage": "staging", "environment": "staging", "role": prod["role"] });
    *included = json!([staging, prod]);
}

#[tokio::test]
async fn of_several_stages_only_those_with_changes_are_asked_about() {
    let mut pipeline = Pipeline::new(shop()).await;
    with_staging(&mut pipeline.workflow);
    let push = Event::push();
    let first = ["deploy", "--stage", "prod"];
    let first = pipeline.project.txflow(&pipeline.server.url, &first);
    first.run().await.succeeded();

    assert_succeeded(&pipeline.job("plan", &push).await);
    let asked = |pipeline: &Pipeline| {
        let runner = &pipeline.runner;
        runner.environments(&pipeline.workflow, "deploy", &push)
    };
    // `plan` has no reviewers.
    assert_eq!(asked(&pipeline), ["staging", "plan"]);
    let steps = pipeline.job("deploy", &push).await;
    assert_succeeded(&steps);
    let deploys = steps.iter().filter(|step| step.name == "Run txflow");
    assert_eq!(deploys.count(), 1);
    assert_eq!(pipeline.live("staging").await, Some(1));
    assert_eq!(pipeline.live("prod").await, Some(1));

    let project = pipeline.project.change_handler("buy");
    let pipeline = Pipeline {
        project,
        ..pipeline
    };
    assert_succeeded(&pipeline.job("plan", &push).await);
    assert_eq!(asked(&pipeline), ["staging", "production"]);
}

#[tokio::test]
async fn a_plan_that_others_made_or_overtook_is_not_deployed() {
    let mut pipeline = Pipeline::new(shop()).await;
    let push = Event::push();
    pipeline.runner.secrets = json!({ "TXFLOW_PLAN_KEY": "of somebody else" });
    assert_succeeded(&pipeline.job("plan", &push).await);
    pipeline.runner.secrets = json!({ "TXFLOW_PLAN_KEY": "known to these jobs only" });
    let steps = pipeline.job("deploy", &push).await;
    let run = step(&steps, "Run txflow");
    assert_eq!(run.conclusion, Conclusion::Failure);
    assert!(run.log.contains("is not applied"), "{}", run.log);

    assert_succeeded(&pipeline.job("plan", &push).await);
    let other = ["deploy", "--stage", "prod"];
    let other = pipeline.project.txflow(&pipeline.server.url, &other);
    other.run().await.succeeded();
    let steps = pipeline.job("deploy", &push).await;
    let run = step(&steps, "Run txflow");
    assert_eq!(run.conclusion, Conclusion::Failure);
    assert!(
        run.log.contains("the same would change something else now"),
        "{}",
        run.log
    );
    assert_eq!(pipeline.live("prod").await, Some(1));
}

/// A second release of the shop, whose test fails.
async fn with_a_fault() -> Pipeline {
    let pipeline = Pipeline::new(shop()).await;
    let first = ["deploy", "--stage", "prod"];
    let first = pipeline.project.txflow(&pipeline.server.url, &first);
    first.run().await.succeeded();
    let Pipeline { project, .. } = pipeline;
    let project = project.change_handler("buy");
    let project = project.settings("[tests.BAD]\ninput = { fail = true }\n");
    Pipeline {
        project: project.write(),
        ..pipeline
    }
}

#[tokio::test]
async fn a_release_that_fails_its_tests_does_not_go_live() {
    let pipeline = with_a_fault().await;
    let push = Event::push();
    assert_succeeded(&pipeline.job("plan", &push).await);
    let steps = pipeline.job("deploy", &push).await;
    let run = step(&steps, "Run txflow");
    assert_eq!(run.conclusion, Conclusion::Failure);
    assert!(
        run.log.contains("2 tests: 1 passed, 1 failed"),
        "{}",
        run.log
    );
    assert!(run.summary.contains("### BAD failed"), "{}", run.summary);
    assert_eq!(
        (&*run.outputs["live"], &*run.outputs["release"]),
        ("1", "2")
    );
    assert_eq!(pipeline.live("prod").await, Some(1));
}

#[tokio::test]
async fn a_live_release_that_fails_its_tests_is_rolled_back() {
    let pipeline = with_a_fault().await;
    let deploy = json!({
        "command": "deploy", "stage": "prod", "args": "--test --rollback-on-failure",
        "role-to-assume": "arn", "aws-region": "us-east-1"
    });
    let job = json!({ "permissions": { "id-token": "write" }, "steps": [action(deploy)] });
    let workflow = json!({ "jobs": { "job": job } });
    let steps = pipeline.runner.job(&workflow, "job", &Event::push()).await;
    let run = step(&steps, "Run txflow");
    assert_eq!(run.conclusion, Conclusion::Failure);
    assert!(run.summary.contains("### BAD failed"), "{}", run.summary);
    assert_eq!(
        (&*run.outputs["live"], &*run.outputs["release"]),
        ("1", "2")
    );
    assert_eq!(pipeline.live("prod").await, Some(1));
}
