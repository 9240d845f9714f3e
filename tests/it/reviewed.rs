//! What was reviewed is what is deployed: `plan --out`, then `deploy --plan`.

use std::fs;

use serde_json::json;

use crate::support::project::Project;
use crate::support::txflow::{Outcome, Txflow};

fn shop() -> Project {
    Project::shop().write()
}

async fn local(project: &Project, arguments: &[&str]) -> Outcome {
    command(project, arguments).run().await
}

fn command(project: &Project, arguments: &[&str]) -> Txflow {
    project.alone(&[arguments, &["--local"]].concat())
}

#[tokio::test]
async fn the_plan_that_was_reviewed_is_applied_without_a_build() {
    let project = shop();
    local(&project, &["plan", "--out", "dev.plan"])
        .await
        .succeeded();
    // Neither the sources nor what was built is needed any more.
    for gone in ["lambdas", "definition.asl.json", "Cargo.toml", "target"] {
        let path = project.path().join(gone);
        let _ = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
    }
    local(&project, &["deploy", "--plan", "dev.plan"])
        .await
        .succeeded()
        .says("is live: release 1");
    // What it created is there now, so the same plan would do something else.
    local(&project, &["deploy", "--plan", "dev.plan"])
        .await
        .exits_with(1)
        .says("the plan in `dev.plan` is not applied")
        .says("the same would change something else now")
        .says("more lines")
        .says("nothing was written to AWS");
}

#[tokio::test]
async fn a_plan_is_refused_if_the_stack_has_changed_since() {
    let project = shop();
    local(&project, &["deploy"]).await.succeeded();
    let project = project.settings("[defaults]\nmemory = 256\n").write();
    local(&project, &["plan", "--out", "dev.plan"])
        .await
        .succeeded();
    let path = project.path().join("deploy.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("memory = 256", "memory = 192")).unwrap();
    local(&project, &["deploy"]).await.succeeded();

    local(&project, &["deploy", "--plan", "dev.plan"])
        .await
        .exits_with(1)
        .says("-    memory  128 MB → 256 MB")
        .says("+    memory  192 MB → 256 MB")
        .says("nothing was written to AWS");
}

/// A whole definition differs in more lines than anybody reads in an error.
#[tokio::test]
async fn a_long_difference_is_shown_in_part() {
    let names: Vec<String> = (0..60).map(|number| format!("State {number}")).collect();
    let states = |seconds: u32| {
        let states = names.iter().enumerate().map(|(at, name)| {
            let mut state = json!({ "Type": "Wait", "Seconds": seconds });
            match names.get(at + 1) {
                Some(next) => state["Next"] = json!(next),
                None => state["End"] = json!(true),
            }
            (name.clone(), state)
        });
        let states: serde_json::Map<String, serde_json::Value> = states.collect();
        json!({ "StartAt": "State 0", "States": states })
    };
    let project = Project::new("shop").definition(states(1)).write();
    local(&project, &["deploy"]).await.succeeded();
    let project = project.definition(states(2)).write();
    local(&project, &["plan", "--out", "dev.plan"])
        .await
        .succeeded();
    let path = project.path().join("definition.asl.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        text.replace("\"Seconds\":2", "\"Seconds\":3")
            .replace("\"Seconds\": 2", "\"Seconds\": 3"),
    )
    .unwrap();
    local(&project, &["deploy"]).await.succeeded();
    let refused = local(&project, &["deploy", "--plan", "dev.plan"])
        .await
        .exits_with(1);
    assert!(refused.stderr.lines().count() < 45, "{}", refused.stderr);
    refused
        .says("more lines")
        .says("`txflow plan --verbose --local` shows what would change now");
}

#[tokio::test]
async fn what_is_not_a_file_of_a_plan_is_not_read() {
    let project = shop();
    local(&project, &["deploy", "--plan", "/dev/zero"])
        .await
        .exits_with(1)
        .says("it is a device, not a regular file");
}

#[tokio::test]
async fn a_plan_for_another_stage_or_with_other_values_is_refused_by_name() {
    let project = Project::shop()
        .settings(
            "[stages.prod]\n[defaults.environment]\nTOKEN = { env = \"TOKEN\", secret = true }\n",
        )
        .write();
    let plan = command(&project, &["plan", "--out", "dev.plan"]).env("TOKEN", "hunter2hunter2");
    plan.run().await.succeeded();
    let kept = fs::read(project.path().join("dev.plan")).unwrap();
    assert!(!kept.windows(14).any(|part| part == b"hunter2hunter2"));

    let deploy = ["deploy", "--plan", "dev.plan"];
    let other_stage = [&deploy[..], &["--stage", "prod"]].concat();
    command(&project, &other_stage)
        .env("TOKEN", "hunter2hunter2")
        .run()
        .await
        .exits_with(1)
        .says("it is for stage `dev`, and this is stage `prod`")
        .says("hint: pass `--stage dev`");
    command(&project, &deploy)
        .env("TOKEN", "hunter3hunter3")
        .run()
        .await
        .exits_with(1)
        .says("`TOKEN` has another value than when it was made");
    command(&project, &deploy)
        .env("TOKEN", "hunter2hunter2")
        .run()
        .await
        .succeeded();
}

#[tokio::test]
async fn a_secret_that_stands_in_a_source_is_not_kept() {
    let secret = "[defaults.environment]\nTOKEN = { value = \"hunter2hunter2\", secret = true }\n";
    let project = Project::shop().settings(secret).write();
    local(&project, &["plan", "--out", "dev.plan"])
        .await
        .exits_with(1)
        .says("`deploy.toml` contains a secret, which would be in the file");
    assert!(!project.path().join("dev.plan").exists());
}
