//! The inputs of the action.

use serde_json::{Value, json};

use super::{Pipeline, action, assert_succeeded, shop, step};
use crate::runner::{Conclusion, Event, Step};

async fn run(pipeline: &Pipeline, inputs: Value) -> Vec<Step> {
    pipeline
        .steps(json!([action(inputs)]), &Event::push())
        .await
}

#[tokio::test]
async fn variables_reach_txflow_and_no_input_is_left_in_its_environment() {
    let secret = "[defaults.environment]\nKEY = { env = \"SHOP_KEY\", secret = true }\nEMPTY = { env = \"EMPTY\" }\n";
    let project = shop().settings(secret);
    let pipeline = Pipeline::new(project).await;
    let inputs = |environment: &str| json!({ "command": "plan", "args": "--local", "environment": environment });
    let steps = run(&pipeline, inputs("SHOP_KEY=hunter2=hunter2\n\nEMPTY=\n")).await;
    assert_succeeded(&steps);
    let log = &step(&steps, "Run txflow").log;
    assert!(
        log.contains("environment KEY") && !log.contains("hunter2"),
        "{log}"
    );

    let steps = run(&pipeline, inputs("SHOP_KEY=1\n-----hunter2=\n")).await;
    let refused = step(&steps, "Run txflow");
    assert_eq!(refused.conclusion, Conclusion::Failure);
    assert!(
        refused
            .log
            .contains("line 2 of `environment` is not `NAME=value`"),
        "{}",
        refused.log
    );
    assert!(!refused.log.contains("hunter2"), "{}", refused.log);
}

#[tokio::test]
async fn text_in_an_input_is_never_run() {
    let pipeline = Pipeline::new(shop()).await;
    let mark = pipeline.runner.file("was-run");
    let evil = format!("$(touch {0})`touch {0}`\"; touch {0}; '", mark.display());
    for input in [
        "command",
        "args",
        "stage",
        "plan",
        "comment",
        "environment",
        "working-directory",
    ] {
        let mut inputs = json!({ "command": "plan", "args": "--local" });
        inputs[input] = json!(evil);
        // A runner refuses a folder that does not exist before it starts the step.
        if input == "working-directory" {
            let folder = pipeline.project.path().join("$(touch was-run)");
            std::fs::create_dir(folder).expect("a folder");
            inputs[input] = json!("$(touch was-run)");
        }
        let steps = run(&pipeline, inputs).await;
        assert_eq!(
            step(&steps, "Run txflow").conclusion,
            Conclusion::Failure,
            "{input}"
        );
        let again = pipeline.project.path().join("was-run");
        assert!(
            !mark.exists() && !again.exists(),
            "{input} was run: {steps:#?}"
        );
    }
}

#[tokio::test]
async fn a_plan_or_a_comment_of_another_command_is_refused() {
    let pipeline = Pipeline::new(shop()).await;
    for (input, value) in [("plan", "a.plan"), ("comment", "true"), ("comment", "yes")] {
        let mut inputs = json!({ "command": "validate" });
        inputs[input] = json!(value);
        let steps = run(&pipeline, inputs).await;
        let refused = step(&steps, "Run txflow");
        assert_eq!(refused.conclusion, Conclusion::Failure, "{input}");
        assert!(
            refused.log.contains(&format!("`{input}` is ")),
            "{}",
            refused.log
        );
    }
}

#[tokio::test]
async fn what_is_built_is_kept_under_a_key_that_fits() {
    let pipeline = Pipeline::new(shop()).await;
    let plan = action(json!({ "command": "plan", "args": "--local", "plan": "dev.plan" }));
    let deploy = action(json!({ "command": "deploy", "args": "--local", "plan": "dev.plan" }));
    let key = |steps: &[Step]| {
        step(steps, "Find txflow")
            .outputs
            .get("handlers-key")
            .cloned()
    };
    // The first writes `Cargo.lock`, which other projects have.
    assert_succeeded(&pipeline.steps(json!([plan]), &Event::push()).await);
    let steps = pipeline.steps(json!([plan, plan]), &Event::push()).await;
    assert_succeeded(&steps);
    let first = key(&steps[..2]).expect("a key");
    let kept = &steps[0].outputs["handlers"];
    let target = pipeline.project.path().join("target");
    assert!(
        kept.lines().any(|path| path == target.to_string_lossy()),
        "{kept}"
    );
    assert!(
        kept.lines().any(|path| path.ends_with("/registry/cache")),
        "{kept}"
    );
    // Once a job, and not for a plan that brings everything.
    assert_eq!(key(&steps), None);
    let steps = pipeline.steps(json!([deploy]), &Event::push()).await;
    assert_succeeded(&steps);
    assert_eq!(key(&steps), None);

    let same = pipeline.steps(json!([plan]), &Event::push()).await;
    assert_eq!(key(&same), Some(first.clone()));
    let append = |file: &str, text: &str| {
        let path = pipeline.project.path().join(file);
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::write(path, before + text).expect("write it");
    };
    let prefix = |key: &str| key.rsplit_once('-').expect("two parts").0.to_owned();
    append("Cargo.lock", "# another crate\n");
    let other_crates = key(&pipeline.steps(json!([plan]), &Event::push()).await).expect("a key");
    assert_ne!(other_crates, first);
    assert_eq!(prefix(&other_crates), prefix(&first));
    append(
        "Cargo.toml",
        "[profile.lambda.package.buy]\nopt-level = 1\n",
    );
    let other_profile = key(&pipeline.steps(json!([plan]), &Event::push()).await).expect("a key");
    assert_ne!(prefix(&other_profile), prefix(&first));
}
