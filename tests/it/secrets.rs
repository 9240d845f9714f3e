//! A value with `secret = true` reaches Lambda and nobody else.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use txflow::build::Artifact;
use txflow::config;
use txflow::plan;
use txflow::resources::{self, Observed};
use txflow::stack::{Account, Origin, Stack};

use crate::shown::assert_shown;
use crate::support::project::{Project, task};
use crate::support::txflow::{Outcome, Txflow};

const OLD: &str = "old-5up3r-s3cret";
const NEW: &str = "new-5up3r-s3cret";
const WRITTEN: &str = "wr1tten-s3cret";

fn project() -> Project {
    let environment = format!(
        "[functions.buy.environment]\n\
         FROM_ENVIRONMENT = {{ env = \"SHOP_SECRET\", secret = true }}\n\
         WRITTEN = {{ value = \"{WRITTEN}\", secret = true }}\n\
         PLAIN = \"seen by all\"\n"
    );
    let definition = json!({ "StartAt": "Buy", "States": { "Buy": task("buy") } });
    let project = Project::new("shop").handler("buy").definition(definition);
    project.function_settings("buy", &environment).write()
}

async fn run(project: &Project, secret: &str, arguments: &[&str]) -> Outcome {
    let txflow = Txflow::without_account(project.path(), arguments);
    txflow.env("SHOP_SECRET", secret).run().await.succeeded()
}

fn hides(outcome: &Outcome) {
    for secret in [OLD, NEW, WRITTEN] {
        assert!(!outcome.stdout.contains(secret), "{outcome:#?}");
        assert!(!outcome.stderr.contains(secret), "{outcome:#?}");
    }
}

#[tokio::test]
async fn no_command_shows_a_secret() {
    let project = project();
    for arguments in [&["plan", "--local"][..], &["plan", "--local", "--json"]] {
        hides(&run(&project, OLD, arguments).await);
    }
    hides(&run(&project, OLD, &["deploy", "--local", "--json"]).await);

    // A secret that changed is a change, and neither value is shown.
    let plan = run(&project, NEW, &["plan", "--local"]).await;
    hides(&plan);
    assert_shown!("changed", plan.stdout);
    hides(&run(&project, NEW, &["plan", "--local", "--json"]).await);
    hides(&run(&project, NEW, &["deploy", "--local"]).await);
    hides(&run(&project, NEW, &["status", "--local", "--json"]).await);

    // AWS holds the value still, and cannot say that it is a secret.
    let project = project.function_settings("buy", "").write();
    let plan = run(&project, NEW, &["plan", "--local"]).await;
    hides(&plan);
    assert_shown!("removed", plan.stdout);
    hides(&run(&project, NEW, &["destroy", "--local", "--yes"]).await);
}

#[tokio::test]
async fn an_excerpt_of_deploy_toml_hides_the_literal() {
    let environment =
        format!("[functions.buy.environment]\nA = {{ value = \"{WRITTEN}\", secret = \"yes\" }}\n");
    let project = project().function_settings("buy", &environment).write();
    let validate = Txflow::without_account(project.path(), &["validate"]);
    let outcome = validate.run().await.exits_with(2);
    hides(&outcome);
    assert_shown!("excerpt", outcome.stderr);
}

#[test]
fn the_debug_form_of_what_holds_a_secret_hides_it() {
    let environment = |name: &str| (name == "SHOP_SECRET").then(|| OLD.to_owned());
    let deployment = config::load(project().path(), "dev", &environment).expect("the deployment");
    let artifact = Artifact {
        function: "buy".into(),
        zip: Arc::from([]),
        sha256: "hash".into(),
    };
    let account = Account {
        partition: "aws".into(),
        id: "123456789012".into(),
        region: "eu-west-1".into(),
    };
    let stack = Stack::of(&deployment.stack_config(), account);
    let desired = resources::desired(&deployment, &[artifact], &stack, Origin::default())
        .expect("every handler has an artifact");
    let observed = Observed::default();
    let plan = plan::make(&desired, &observed).expect("a plan").plan();
    let forms = BTreeMap::from([
        ("Deployment", format!("{deployment:?} {deployment:#?}")),
        ("Desired", format!("{desired:?} {desired:#?}")),
        ("Plan", format!("{plan:?} {plan:#?}")),
        ("Step", format!("{:?}", plan.steps)),
    ]);
    for (name, text) in forms {
        assert!(text.contains("seen by all"), "{name} holds the environment");
        for secret in [OLD, WRITTEN] {
            assert!(!text.contains(secret), "{name} shows a secret");
        }
    }
}

/// A secret of several lines, one of which needs escapes in JSON and in an address.
const KEY: &str = "-----BEGIN KEY-----\nAAAA/BBBB+CCCC\"\\\nDDDDEEEEFFFF==\n-----END KEY-----";

/// A handler that returns, logs and fails with what it was given.
fn talkative() -> Project {
    let tests = "[tests.GOOD]\ninput = {}\nexpect = { output = { handler = \"other\" } }\n\
                 [tests.BAD]\ninput = { fail = true }\n";
    let environment = "environment = { KEY = { env = \"SHOP_KEY\", secret = true }, \
                       TOKEN = { env = \"SHOP_TOKEN\", secret = true }, \
                       PIN = { env = \"SHOP_PIN\", secret = true } }\n";
    let definition = json!({ "StartAt": "Buy", "States": { "Buy": task("buy") } });
    let project = Project::new("shop").handler("buy").definition(definition);
    let project = project
        .function_settings("buy", environment)
        .settings(tests)
        .write();
    let source = project.path().join("lambdas/buy/src/main.rs");
    let handler = std::fs::read_to_string(&source).expect("read the handler");
    let said = r#"let of = |name: &str| env::var(name).unwrap_or_default();
        let (key, token, pin) = (of("KEY"), of("TOKEN"), of("PIN"));
        let url: String = key.bytes().map(|b| match b {
            b'A'..=b'Z' => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        }).collect();
        println!("{key} {key:?} {url} <{token}>");
        let key = format!("{key:?}");
        println!("{NAME}"#;
    let handler = handler
        .replacen("println!(\"{NAME}", said, 1)
        .replace(
            "let error = r#\"{\"errorType\":\"Refused\",\"errorMessage\":\"the event says so\",\"stackTrace\":[]}\"#;",
            "let error = format!(r#\"{{\"errorType\":\"Refused\",\"errorMessage\":{key},\"stackTrace\":[\"at {token}\"]}}\"#);",
        )
        .replace("&format!(\"{id}/error\"), error)", "&format!(\"{id}/error\"), &error)")
        .replace("\"handler\":\"{NAME}\"", "\"handler\":{key},\"token\":\"a{token}b\",\"pin\":{pin}");
    std::fs::write(&source, handler).expect("write the handler");
    project
}

#[tokio::test]
async fn what_a_handler_says_of_its_secrets_is_masked_wherever_it_is_shown() {
    let project = talkative();
    let files = tempfile::TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    let summary = files.path().join("summary");
    let known = |arguments: &[&str]| {
        let txflow = project.alone(&[arguments, &["--local"]].concat());
        let txflow = txflow
            .env("SHOP_KEY", KEY)
            .env("SHOP_TOKEN", "t0ken")
            .env("SHOP_PIN", "748391");
        txflow.env("GITHUB_STEP_SUMMARY", summary.to_str().expect("UTF-8"))
    };
    known(&["deploy"]).run().await.succeeded();
    let mut told = Vec::new();
    for arguments in [
        &["test", "--junit", "target/junit.xml"][..],
        &["test", "--json"],
        &["test", "--repeat", "2"],
        // From here on the last execution is one whose cause says something.
        &["test", "--type", "BAD"],
        &["logs"],
        &["logs", "--json"],
        &["logs", "--execution", "last"],
        &["executions", "show"],
        &["executions", "show", "--json"],
        &["graph", "--execution", "last"],
        &["graph", "--execution", "last", "--format", "mermaid"],
        &["status"],
    ] {
        // A status and a picture without causes hold nothing that handlers said.
        let shows = arguments[0] != "status" && !arguments.contains(&"mermaid");
        for github in ["", "true"] {
            let outcome = known(arguments).env("GITHUB_ACTIONS", github).run().await;
            if arguments.contains(&"--json") && arguments[0] != "logs" {
                outcome.json();
            }
            let masks = outcome.stdout.contains("***");
            assert!(masks || !shows, "{arguments:?} masks nothing: {outcome:#?}");
            told.push((format!("{arguments:?}"), outcome.stdout + &outcome.stderr));
        }
    }
    let read = |path: &std::path::Path| std::fs::read_to_string(path).expect("a file");
    told.push(("the summary".to_owned(), read(&summary)));
    told.push((
        "the JUnit report".to_owned(),
        read(&project.path().join("target/junit.xml")),
    ));
    for (what, text) in told {
        for part in [
            "AAAA",
            "BBBB",
            "CCCC",
            "DDDD",
            "BEGIN KEY",
            "t0ken",
            "748391",
        ] {
            assert!(!text.contains(part), "{what} shows {part}:\n{text}");
        }
    }
}
