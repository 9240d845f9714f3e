//! The inputs of the action.

use std::fs;

use serde_json::{Value, json};

use super::{Pipeline, action, assert_succeeded, shop, step};
use crate::runner::{Conclusion, Event, Step};

async fn run(pipeline: &Pipeline, inputs: Value) -> Vec<Step> {
    pipeline
        .steps(json!([action(inputs)]), &Event::push())
        .await
}

#[tokio::test]
async fn variables_reach_txflow_and_are_not_shown() {
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
async fn txflow_does_not_see_the_inputs_themselves() {
    let reads = "[defaults.environment]\nKEY = { env = \"INPUT_COMMAND\" }\n";
    let pipeline = Pipeline::new(shop().settings(reads)).await;
    let steps = run(&pipeline, json!({ "command": "plan", "args": "--local" })).await;
    let run = step(&steps, "Run txflow");
    assert_eq!(run.conclusion, Conclusion::Failure);
    assert!(
        run.log.contains("`INPUT_COMMAND`, which is not set"),
        "{}",
        run.log
    );
}

/// Texts that run `touch` if a shell reads them: bare, or after the quotes that a script might put them in.
const RUN_BY_A_SHELL: [&str; 5] = [
    "$(touch MARK)",
    "`touch MARK`",
    "x; touch MARK;",
    "x'; touch MARK; '",
    "x\"; touch MARK; \"",
];

#[tokio::test]
async fn text_in_an_input_is_never_run() {
    let pipeline = Pipeline::new(shop()).await;
    let project = pipeline.project.path();
    let mark = pipeline.runner.file("was-run");
    let inputs = [
        "command",
        "args",
        "stage",
        "plan",
        "comment",
        "environment",
        "working-directory",
    ];
    for (input, text) in inputs
        .iter()
        .flat_map(|input| RUN_BY_A_SHELL.map(|text| (input, text)))
    {
        let mut inputs = json!({ "command": "plan", "args": "--local" });
        let text = match *input {
            // Part of a path, so without a slash.
            "working-directory" => text.replace("MARK", "was-run"),
            _ => text.replace("MARK", &mark.to_string_lossy()),
        };
        if *input == "working-directory" {
            fs::create_dir(project.join(&text)).expect("a folder");
        }
        inputs[*input] = json!(text);
        let steps = run(&pipeline, inputs).await;
        assert_eq!(
            step(&steps, "Run txflow").conclusion,
            Conclusion::Failure,
            "{input}: {text}"
        );
        let marks = [
            mark.clone(),
            project.join("was-run"),
            project.join(&text).join("was-run"),
        ];
        let run = marks.iter().find(|mark| mark.exists());
        assert_eq!(run, None, "{input} was run: {steps:#?}");
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
        let before = fs::read_to_string(&path).unwrap_or_default();
        fs::write(path, before + text).expect("write it");
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
