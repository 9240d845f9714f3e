//! A pull request: its plan as a comment, and its preview.

use std::fs;

use serde_json::json;

use super::{Pipeline, action, assert_succeeded, shop, step};
use crate::runner::github::BOT;
use crate::runner::{Conclusion, Event};
use crate::support::account::Account;

const MARKER: &str = "<!-- txflow plan: shop, stage prod -->";

#[tokio::test]
async fn its_plan_is_one_comment_which_later_plans_update() {
    let pipeline = Pipeline::new(shop()).await;
    let github = &pipeline.runner.github;
    let forged = format!("{MARKER}\nNothing to change. Trust me.");
    github.comment("mallory", &forged);
    // More than GitHub gives on one page.
    for number in 0..130 {
        github.comment("ada", &format!("comment {number}"));
    }
    let before = github.comments();
    let event = Event::pull_request("opened");
    let steps = pipeline.job("review", &event).await;
    assert_succeeded(&steps);
    let comments = github.comments();
    let (new, others) = comments.split_last().expect("a comment");
    assert_eq!(others, before);
    let (user, text) = new;
    assert_eq!(user, BOT);
    assert!(
        text.starts_with(&format!("{MARKER}\n## Plan for shop, stage prod\n")),
        "{text}"
    );
    assert!(
        text.contains("| function <code>shop-prod-buy</code> | create |"),
        "{text}"
    );
    assert!(text.contains("Commit 1f2e3d, [job]("), "{text}");
    let summary = &step(&steps, "Run txflow").summary;
    assert!(
        summary.contains("## Plan for shop, stage prod"),
        "{summary}"
    );

    let Pipeline { project, .. } = pipeline;
    let project = project.settings("[defaults]\nmemory = 256\n").write();
    let pipeline = Pipeline {
        project,
        ..pipeline
    };
    let steps = pipeline.job("review", &event).await;
    assert_succeeded(&steps);
    let comments = pipeline.runner.github.comments();
    let (new, others) = comments.split_last().expect("a comment");
    assert_eq!(others, before);
    assert!(new.1.contains("memory: <code>256 MB</code>"), "{}", new.1);
    assert_eq!(pipeline.live("prod").await, None);
}

#[tokio::test]
async fn a_comment_does_not_outlive_the_plan_that_it_shows() {
    let pipeline = Pipeline::new(shop()).await;
    let event = Event::pull_request("opened");
    let definition = pipeline.project.path().join("definition.asl.json");
    let whole = fs::read(&definition).expect("the definition");
    let break_it = || fs::write(&definition, "{").expect("break it");
    break_it();
    let steps = pipeline.job("review", &event).await;
    assert_eq!(step(&steps, "Run txflow").conclusion, Conclusion::Failure);
    // There is none yet, and the job has failed.
    assert!(pipeline.runner.github.comments().is_empty());

    fs::write(&definition, whole).expect("mend it");
    assert_succeeded(&pipeline.job("review", &event).await);
    break_it();
    let steps = pipeline.job("review", &event).await;
    assert_eq!(step(&steps, "Run txflow").conclusion, Conclusion::Failure);
    let comments = pipeline.runner.github.comments();
    let [(_, text)] = comments.as_slice() else {
        panic!("{comments:?}")
    };
    assert!(text.starts_with(&format!("{MARKER}\n")), "{text}");
    assert!(text.contains("The plan of this commit failed"), "{text}");
    assert!(!text.contains("| create |"), "{text}");
}

#[tokio::test]
async fn a_plan_too_long_for_a_comment_is_there_without_its_documents() {
    let long = "x".repeat(70_000);
    let definition = json!({
        "StartAt": "Buy",
        "States": { "Buy": { "Type": "Pass", "Comment": long, "End": true } }
    });
    let project = shop().without_handler("buy").definition(definition);
    let pipeline = Pipeline::new(project).await;
    let plan = action(json!({ "command": "plan", "comment": "true", "args": "--local --verbose" }));
    let steps = pipeline
        .steps(json!([plan]), &Event::pull_request("opened"))
        .await;
    assert_succeeded(&steps);
    let comments = pipeline.runner.github.comments();
    let [(_, text)] = comments.as_slice() else {
        panic!("{comments:?}")
    };
    assert!(text.len() < 65_536);
    assert!(
        text.contains("| state machine <code>shop-dev</code> | create |"),
        "{text}"
    );
    assert!(
        text.contains("The plan is too long for a comment."),
        "{text}"
    );
}

#[tokio::test]
async fn its_preview_is_tested_and_destroyed_when_it_closes() {
    let pipeline = Pipeline::new(shop()).await;
    let opened = Event::pull_request("opened");
    let jobs = pipeline.runner.jobs(&pipeline.workflow, &opened);
    assert_eq!(jobs, ["review", "preview"]);
    let steps = pipeline.job("preview", &opened).await;
    assert_succeeded(&steps);
    assert!(
        step(&steps, "Run txflow")
            .log
            .contains("1 test: 1 passed, 0 failed")
    );
    assert_eq!(pipeline.live("pr-7").await, Some(1));

    let closed = Event::pull_request("closed");
    let jobs = pipeline.runner.jobs(&pipeline.workflow, &closed);
    assert_eq!(jobs, ["destroy"]);
    assert_succeeded(&pipeline.job("destroy", &closed).await);
    let account = Account::at(&pipeline.server.url).await;
    let left = account.snapshot_of("pr-7").await;
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_fork_gets_no_credentials_and_its_plan_fails_for_no_comment() {
    let pipeline = Pipeline::new(shop()).await;
    let fork = Event::pull_request_of_fork();
    let jobs = pipeline.runner.jobs(&pipeline.workflow, &fork);
    assert!(jobs.is_empty(), "{jobs:?}");

    let offline = action(json!({ "command": "plan", "comment": "true", "args": "--local" }));
    let steps = pipeline.steps(json!([offline]), &fork).await;
    assert_succeeded(&steps);
    let comment = step(&steps, "Show the plan");
    assert!(
        comment
            .log
            .contains("since a pull request from a fork may not write one"),
        "{comment:?}"
    );
    assert!(
        step(&steps, "Run txflow")
            .summary
            .contains("## Plan for shop")
    );
    // Neither may a job of the repository's own without the permission, and that is a mistake.
    let steps = pipeline
        .steps(json!([offline]), &Event::pull_request_that_may_only_read())
        .await;
    let comment = step(&steps, "Show the plan");
    assert_eq!(comment.conclusion, Conclusion::Failure);
    assert!(
        comment
            .log
            .contains("needs the permission `pull-requests: write`"),
        "{comment:?}"
    );
    // A push has no pull request to show it on.
    let steps = pipeline.steps(json!([offline]), &Event::push()).await;
    assert_succeeded(&steps);
    assert!(
        step(&steps, "Show the plan")
            .log
            .contains("this job is not for a pull request")
    );
    assert!(pipeline.runner.github.comments().is_empty());

    let role = json!({ "command": "plan", "role-to-assume": "arn", "aws-region": "us-east-1" });
    let steps = pipeline.steps(json!([action(role)]), &fork).await;
    assert_eq!(
        step(&steps, "Assume the role").conclusion,
        Conclusion::Failure
    );
    assert_eq!(step(&steps, "Run txflow").conclusion, Conclusion::Skipped);
}
