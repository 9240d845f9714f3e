//! Handlers that are large unless they are optimized.

use std::fs;

use serde_json::json;

use crate::support::project::{Project, task};

#[tokio::test]
async fn a_local_build_may_be_larger_than_what_lambda_takes_in_a_call() {
    let project = Project::new("large")
        .handler("greeter")
        .definition(json!({ "StartAt": "Greet", "States": { "Greet": task("greeter") } }))
        .settings("[tests.ANY]\ninput = {}\nexpect.path = [\"Greet\"]\n")
        .write();
    let source = project.path().join("lambdas/greeter/src/main.rs");
    let handler = fs::read_to_string(&source).unwrap();
    let large = "#[used]\nstatic LARGE: [u8; 60 << 20] = [1; 60 << 20];\n";
    fs::write(&source, handler + large).unwrap();
    let run = async |arguments: &[&str]| project.alone(arguments).run().await;
    run(&["deploy", "--local", "--test"]).await.succeeded();
    let again = run(&["deploy", "--local"]).await.succeeded();
    assert!(
        again.stdout.contains("nothing to change"),
        "{}",
        again.stdout
    );
}
