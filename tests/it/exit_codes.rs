//! The exit codes that pipelines branch on, each through the binary.

use std::fs;

use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::shown::assert_shown;
use crate::support::project::{Project, task};
use crate::support::txflow::{Outcome, Txflow};

async fn run(project: &Project, arguments: &[&str]) -> Outcome {
    Txflow::without_account(project.path(), arguments)
        .run()
        .await
}

/// A project with one handler, so that its build takes a second.
fn small() -> Project {
    let definition = json!({ "StartAt": "Buy", "States": { "Buy": task("buy") } });
    let tests = r#"
[tests.GOOD]
input = {}
expect = { status = "SUCCEEDED", output = { handler = "buy" } }

[tests.BAD]
input = {}
expect = { status = "SUCCEEDED", output = { handler = "sell" } }
"#;
    let project = Project::new("shop").handler("buy").definition(definition);
    project.settings(tests).write()
}

#[tokio::test]
async fn what_is_asked_for_and_given_is_0() {
    let project = small();
    let version = run(&project, &["--version"]).await.exits_with(0);
    assert!(version.stdout.starts_with("txflow "), "{version:?}");
    let help = run(&project, &["deploy", "--help"]).await.exits_with(0);
    assert!(help.stderr.is_empty(), "{help:?}");
    run(&project, &["validate"]).await.exits_with(0);
    run(&project, &["schema"]).await.exits_with(0);
}

#[tokio::test]
async fn a_failure_is_1() {
    let project = small();
    let failed = run(&project, &["status"]).await.exits_with(1);
    assert_shown!("no_credentials", failed.stderr);
    // What a machine says whose metadata service is not for everyone is no better news.
    let forbidding = forbidding().await;
    let status = project.alone(&["status"]);
    let failed = status
        .env("AWS_EC2_METADATA_DISABLED", "false")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &forbidding)
        .run()
        .await;
    assert_shown!("no_credentials", failed.exits_with(1).stderr);
}

const PRINTING: [&[&str]; 8] = [
    &["validate"],
    &["policy"],
    &["graph", "--json"],
    &["schema"],
    &["man"],
    &["completions", "fish"],
    &["deploy", "--help"],
    &["--version"],
];

#[tokio::test]
async fn what_cannot_be_printed_is_1() {
    let project = small();
    for command in PRINTING {
        let full = Txflow::after("exec > /dev/full", project.path(), command);
        let failed = full.run().await.exits_with(1);
        failed.says("cannot write to standard output: No space left on device");
    }
}

#[tokio::test]
async fn a_reader_that_has_seen_enough_is_not_a_failure() {
    let project = small();
    for command in PRINTING {
        // A pipe whose only reader goes before anything is written.
        let closed = "mkfifo pipe && exec 3<>pipe >pipe 3>&- && rm pipe";
        let closed = Txflow::after(closed, project.path(), command);
        let outcome = closed.run().await.exits_with(0);
        assert!(!outcome.stderr.contains("error"), "{outcome:?}");
    }
}

/// Answers each request with 403; gives its URL.
async fn forbidding() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let answer =
                    b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                let _ = stream.write_all(answer).await;
            });
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn an_endpoint_without_a_scheme_is_bad_usage_wherever_it_is_named() {
    let project = small();
    let flag = project.alone(&["status", "--endpoint-url", "127.0.0.1:4566"]);
    let variable = project
        .alone(&["status"])
        .env("AWS_ENDPOINT_URL", "127.0.0.1:4566");
    for status in [flag, variable] {
        let status = status.run().await.exits_with(2);
        assert_shown!("endpoint_without_a_scheme", status.stderr);
    }
}

#[tokio::test]
async fn bad_usage_and_bad_configuration_are_2() {
    let project = small();
    let flag = run(&project, &["deploy", "--no-such-flag"]).await;
    assert_shown!("unknown_flag", flag.exits_with(2).stderr);
    let command = run(&project, &["destory"]).await.exits_with(2);
    assert_shown!("unknown_command", command.stderr);
    let both = ["status", "--local", "--endpoint-url", "http://127.0.0.1:1"];
    let both = run(&project, &both).await.exits_with(2);
    assert_shown!("flags_that_exclude_each_other", both.stderr);

    let deploy_toml = project.path().join("deploy.toml");
    let text = fs::read_to_string(&deploy_toml).expect("read deploy.toml");
    fs::write(
        &deploy_toml,
        text.replace("[functions.buy]", "[functions.buy]\nmemroy = 1"),
    )
    .expect("write deploy.toml");
    let wrong = run(&project, &["validate"]).await.exits_with(2);
    assert_shown!("misspelt_key", wrong.stderr);
}

#[tokio::test]
async fn an_empty_variable_is_not_set_and_an_empty_option_is_refused() {
    let project = small();
    let empty = project.alone(&["validate"]).env("TXFLOW_STAGE", "");
    empty.run().await.exits_with(0);
    let local = project.alone(&["status", "--local"]);
    let local = local.env("TXFLOW_STAGE", "").run().await.exits_with(1);
    local.says("stage `dev` of stack `shop` is not deployed");
    let option = run(&project, &["validate", "--stage", ""]).await;
    option.exits_with(2).says("the stage must be letters");
    let words = project.alone(&["--", "txflow", "test", "--type", ""]);
    let words = words.env("TXFLOW_STAGE", "").env("COMPLETE", "bash");
    let words = words
        .env("_CLAP_IFS", "\n")
        .env("_CLAP_COMPLETE_INDEX", "3");
    let offered = words.run().await.succeeded().stdout;
    assert_eq!(offered.lines().collect::<Vec<_>>(), ["GOOD", "BAD"]);
}

#[tokio::test]
async fn a_function_without_a_crate_is_refused_before_a_plan() {
    let project = small();
    let deploy_toml = project.path().join("deploy.toml");
    let text = fs::read_to_string(&deploy_toml).expect("read deploy.toml");
    let renamed = text.replace("[functions.buy]", "[functions.bye]");
    fs::write(&deploy_toml, renamed).expect("write deploy.toml");
    let definition = project.path().join("definition.asl.json");
    let text = fs::read_to_string(&definition).expect("read the definition");
    fs::write(&definition, text.replace("${buy}", "${bye}")).expect("write the definition");
    run(&project, &["validate"])
        .await
        .exits_with(1)
        .says("no package and no binary `bye`");
}

#[tokio::test]
async fn a_folder_without_a_deploy_toml_is_2() {
    let empty = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    let outcome = Txflow::without_account(empty.path(), &["validate"])
        .run()
        .await;
    assert_shown!("no_deploy_toml", outcome.exits_with(2).stderr);
}

#[tokio::test]
async fn a_failed_test_is_3_and_pending_changes_are_4() {
    let project = small();
    run(&project, &["plan", "--local", "--exit-code"])
        .await
        .exits_with(4);
    run(&project, &["plan", "--local"]).await.exits_with(0);
    let test = run(&project, &["test", "--local", "--type", "GOOD"]).await;
    assert_shown!("test_without_a_deploy", test.exits_with(1).stderr);
    run(&project, &["deploy", "--local"]).await.exits_with(0);
    run(&project, &["plan", "--local", "--exit-code"])
        .await
        .exits_with(0);

    run(&project, &["test", "--local", "--type", "GOOD"])
        .await
        .exits_with(0);
    let test = run(&project, &["test", "--local"]).await.exits_with(3);
    assert_shown!("one_passed_and_one_failed", test.stdout);
    let unknown = run(&project, &["test", "--local", "--type", "GOD"]).await;
    assert_shown!("misspelt_test", unknown.exits_with(2).stderr);
    let one = run(&project, &["test", "--local", "--type", "G*"]).await;
    let one = one.exits_with(0);
    assert!(one.stdout.contains("1 passed"), "{one:?}");
    assert!(!one.stderr.contains("differs"), "{one:?}");
    let both = ["test", "--local", "--type", "*OO*", "--type", "BAD"];
    let both = run(&project, &both).await.exits_with(3).stdout;
    assert!(both.contains("1 passed, 1 failed"), "{both}");
    let none = run(&project, &["test", "--local", "--type", "X*"]).await;
    let none = none.exits_with(2);
    none.says("deploy.toml has no test that matches `X*`")
        .says("the tests are `GOOD` and `BAD`");
    run(&project, &["rollback", "--local", "--to", "9"])
        .await
        .exits_with(2);
    run(&project, &["rollback", "--local"]).await.exits_with(1);
    run(&project, &["destroy", "--local", "--yes"])
        .await
        .exits_with(0);
}

#[tokio::test]
async fn a_test_tells_that_it_does_not_run_the_definition_as_it_is_now() {
    let project = small();
    run(&project, &["deploy", "--local"]).await.exits_with(0);
    let definition = project.path().join("definition.asl.json");
    let text = fs::read_to_string(&definition).expect("read the definition");
    let edited = text.replacen('{', r#"{ "Comment": "edited","#, 1);
    fs::write(&definition, edited).expect("write the definition");
    let test = ["test", "--local", "--type", "GOOD"];
    let told = "`definition.asl.json` differs from release 1, which is tested; run `txflow deploy --local` first to test it";
    let plain = run(&project, &test).await.exits_with(0);
    assert!(plain.stderr.contains(told), "{plain:?}");
    let json = run(&project, &[&test[..], &["--json"]].concat()).await;
    let json = json.exits_with(0);
    assert!(json.stderr.contains(told), "{json:?}");
    assert_eq!(json.json()[0]["passed"], true, "{json:?}");
    let deploy = ["deploy", "--local", "--test"];
    let deployed = run(&project, &deploy).await.exits_with(3);
    assert!(!deployed.stderr.contains("differs"), "{deployed:?}");
    let again = run(&project, &test).await.exits_with(0);
    assert!(!again.stderr.contains("differs"), "{again:?}");
}

#[tokio::test]
async fn what_cargo_says_of_a_broken_handler_is_seen_with_and_without_progress() {
    let project = small();
    let source = project.path().join("lambdas/buy/src/main.rs");
    fs::write(source, "fn main() { nowhere(); }\n").expect("write the handler");
    for silence in [&[][..], &["--quiet"], &["--json"]] {
        let deploy = [&["deploy", "--local"], silence].concat();
        let failed = run(&project, &deploy).await.exits_with(1);
        failed
            .says("cannot find function `nowhere`")
            .says("cargo could not build the functions");
    }
}
