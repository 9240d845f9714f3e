//! `txflow init`: a new project, and one that is written from what exists.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::time::Duration;

use aws_sdk_eventbridge::types as events;
use aws_sdk_lambda::error::ProvideErrorMetadata as _;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types as lambda;
use aws_sdk_scheduler::types as scheduler;
use aws_sdk_sfn::types as states;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::shown::assert_shown;
use crate::support::account::Account;
use crate::support::local_server::LocalServer;
use crate::support::project::repository;
use crate::support::txflow::Txflow;

const ORDERS: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:orders";
const SECRET: &str = "5up3r-s3cret";

fn folder() -> TempDir {
    TempDir::with_prefix("txflow-it-").expect("a temporary directory")
}

/// A command that builds with what this repository builds with, which is there without a network. The
/// profile is overridden: a small zip would take its time.
fn building(project: &Path, target: &Path, arguments: &[&str]) -> Txflow {
    fs::copy(repository().join("Cargo.lock"), project.join("Cargo.lock")).expect("copy the lock");
    Txflow::without_account(project, arguments)
        .env("CARGO_NET_OFFLINE", "true")
        .env("CARGO_TARGET_DIR", &target.to_string_lossy())
        .env("CARGO_PROFILE_LAMBDA_INHERITS", "dev")
        .env("CARGO_PROFILE_LAMBDA_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_LAMBDA_LTO", "off")
        .env("CARGO_PROFILE_LAMBDA_DEBUG", "false")
        .env("CARGO_PROFILE_LAMBDA_CODEGEN_UNITS", "16")
}

#[tokio::test]
async fn what_is_written_is_deployed_and_tested_as_it_is() {
    let folder = folder();
    let (project, target) = (folder.path().join("new"), folder.path().join("target"));
    let init = Txflow::without_account(folder.path(), &["init", "-C", "new"]);
    let init = init.run().await.succeeded();
    assert_shown!("new", init.stdout);
    let run = async |arguments: &[&str]| building(&project, &target, arguments).run().await;
    run(&["deploy", "--local"]).await.succeeded();
    let test = run(&["test", "--local"]).await.succeeded();
    assert_shown!("test_of_a_new_project", test.stdout);

    // The handlers of a project that is written from what exists are stubs that pass. It comes in
    // the place of the first: what both depend on is not built again.
    fs::remove_dir_all(&project).expect("remove the first project");
    let server = LocalServer::start(folder.path(), &[]).await;
    make_orders(&Account::at(&server.url).await).await;
    let init = ["init", "--from", ORDERS, "-C", "new"];
    let init = Txflow::new(folder.path(), &server.url, &init).run().await;
    init.succeeded();
    let deploy_toml = project.join("deploy.toml");
    let text = fs::read_to_string(&deploy_toml).expect("read deploy.toml");
    let test = "[tests.STUB]\ninput = {}\n[[tests.STUB.mock.Tell]]\nresult = {}\n";
    fs::write(&deploy_toml, format!("{text}\n{test}")).expect("write deploy.toml");
    let run = async |arguments: &[&str]| {
        let txflow = building(&project, &target, arguments);
        with_variables(txflow).run().await.succeeded()
    };
    run(&["deploy", "--local", "--architecture", "x86_64"]).await;
    let test = run(&["test", "--local"]).await;
    assert_shown!("test_of_a_stub", test.stdout);
}

#[tokio::test]
async fn a_folder_that_holds_something_of_it_stays_as_it_is() {
    let folder = folder();
    let run = async |arguments: &[&str]| {
        let txflow = Txflow::without_account(folder.path(), arguments);
        txflow.run().await
    };
    fs::write(folder.path().join("deploy.toml"), "mine").expect("write a file");
    let refused = run(&["init", "--name", "orders"]).await.exits_with(2);
    assert_shown!("folder_not_empty", refused.stderr);
    assert_eq!(names(folder.path()), ["deploy.toml"]);

    let named = run(&["init", "--name", "1 order"]).await.exits_with(2);
    assert_shown!("not_a_name", named.stderr);
    let long = "n".repeat(60);
    let named = run(&["init", "--name", &long, "-C", "long"]).await;
    assert_shown!("name_too_long", named.exits_with(2).stderr);
    assert_eq!(names(folder.path()), ["deploy.toml"]);

    let written = run(&["init", "--json", "-C", "a shop"]).await.succeeded();
    let written = written.json();
    assert_eq!(written["name"], "a-shop");
    assert_eq!(written["next"][0], "txflow deploy --local -C 'a shop'");
    for file in written["files"].as_array().expect("a list") {
        let path = folder
            .path()
            .join("a shop")
            .join(file.as_str().expect("a path"));
        assert!(path.is_file(), "{path:?}");
    }
}

#[tokio::test]
async fn a_workflow_is_written_where_github_finds_it() {
    let folder = folder();
    fs::create_dir(folder.path().join(".git")).expect("create");
    let init = Txflow::without_account(folder.path(), &["init", "orders"]);
    let init = init.run().await.succeeded();
    assert_shown!("in_a_repository", init.stdout);
    assert!(
        folder
            .path()
            .join(".github/workflows/deploy-orders.yml")
            .is_file()
    );
}

#[tokio::test]
async fn a_project_joins_the_cargo_workspace_of_its_folder() {
    let folder = folder();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("create");
        fs::write(path, text).expect("write");
    };
    let read = |path: &str| fs::read_to_string(folder.path().join(path)).expect("read");
    let package = "[package]\nname = \"shared\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    write("crates/shared/Cargo.toml", package);
    write("crates/shared/src/lib.rs", "");
    write(
        "Cargo.toml",
        "# Ours.\n[workspace]\nmembers = [\n    \"crates/*\", # all\n]\nresolver = \"3\"\n",
    );
    write(".gitignore", "/target");
    let run = async |arguments: &[&str]| {
        let init = Txflow::without_account(folder.path(), arguments);
        init.run().await.succeeded()
    };
    let here = run(&["init", "--template", "transactions", "--name", "payments"]).await;
    assert_shown!("in_a_workspace", here.stdout);
    assert_shown!("manifest_of_a_workspace", read("Cargo.toml"));
    assert_eq!(read(".gitignore"), "/target\n/.txflow\n");

    let below = run(&["init", "services/greet"]).await;
    assert_shown!(
        "below_a_workspace",
        below.stdout.replace(&*real(folder.path()), "[folder]")
    );
    assert!(!folder.path().join("services/greet/Cargo.toml").exists());
    fs::copy(
        repository().join("Cargo.lock"),
        folder.path().join("Cargo.lock"),
    )
    .expect("copy the lock");
    let mut cargo = std::process::Command::new("cargo");
    cargo.args([
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ]);
    let found = cargo.current_dir(
        folder
            .path()
            .join("services/greet/lambdas/greeting-handler"),
    );
    let found = found.output().expect("cargo runs");
    assert!(found.status.success(), "{found:?}");
    let found: Value = serde_json::from_slice(&found.stdout).expect("JSON");
    let packages = found["packages"].as_array().expect("packages").iter();
    let mut packages: Vec<&str> = packages
        .filter_map(|package| package["name"].as_str())
        .collect();
    packages.sort_unstable();
    assert_eq!(
        packages,
        [
            "greeting-handler",
            "purchase-handler",
            "refund-handler",
            "result-handler",
            "shared",
            "transaction"
        ]
    );

    let manifest = read("Cargo.toml");
    let again = Txflow::without_account(folder.path(), &["init", "again"]);
    let again = again.run().await.exits_with(2);
    assert_shown!(
        "a_package_that_exists",
        again.stderr.replace(&*real(folder.path()), "[folder]")
    );
    assert!(!folder.path().join("again").exists());
    assert_eq!(read("Cargo.toml"), manifest);
    let excluding = manifest.replace("[workspace]\n", "[workspace]\nexclude = [\"again\"]\n");
    write("Cargo.toml", &excluding);
    run(&["init", "again"]).await;
    assert_eq!(read("Cargo.toml"), excluding);

    write("broken/Cargo.toml", "[workspace");
    let broken = Txflow::without_account(folder.path(), &["init", "broken"])
        .run()
        .await;
    assert_shown!(
        "in_a_broken_workspace",
        broken
            .exits_with(2)
            .stderr
            .replace(&*real(folder.path()), "[folder]")
    );
    assert_eq!(names(&folder.path().join("broken")), ["Cargo.toml"]);
}

/// The path of a folder as a program sees it.
fn real(folder: &Path) -> String {
    let folder = folder.canonicalize().expect("a path");
    folder.to_string_lossy().into_owned()
}

#[tokio::test]
async fn the_region_of_the_shell_is_that_of_the_project() {
    let folder = folder();
    for (template, arguments) in [
        ("minimal", &[][..]),
        ("transactions", &[]),
        ("order-fulfilment", &[]),
        ("minimal", &["--region", "eu-north-1"]),
    ] {
        let dir = format!("{template}{}", arguments.len());
        let init = [&["init", &dir, "--template", template], arguments].concat();
        let init = Txflow::without_account(folder.path(), &init).env("AWS_REGION", "eu-west-3");
        init.run().await.succeeded();
        let text = fs::read_to_string(folder.path().join(&dir).join("deploy.toml"));
        let region = arguments.last().unwrap_or(&"eu-west-3");
        let line = format!("\nregion = \"{region}\"\n");
        let text = text.expect("deploy.toml");
        assert!(text.contains(&line), "{text}");
        assert!(text.starts_with("#:schema https://"), "{text}");
    }
}

#[tokio::test]
async fn a_local_aws_that_is_served_elsewhere_is_seen() {
    let (served, folder) = (folder(), folder());
    let server = LocalServer::start(served.path(), &[]).await;
    make_orders(&Account::at(&server.url).await).await;
    let init = |url: &str| {
        let init = ["init", "--from", ORDERS, "copy", "--local"];
        Txflow::without_account(folder.path(), &init).env("AWS_ENDPOINT_URL", url)
    };
    let copied = init(&server.url).run().await.succeeded();
    assert_shown!("from_a_server_elsewhere", copied.stderr);
    assert_eq!(
        names(&folder.path().join("copy/lambdas")),
        ["charge", "gone", "refund"]
    );

    // Nobody else's computer is asked.
    for elsewhere in ["http://192.0.2.1:4566", "https://example.com"] {
        let refused = init(elsewhere).run().await.exits_with(1);
        assert!(refused.error().contains(elsewhere), "{refused:?}");
    }
}

#[tokio::test]
async fn a_project_is_written_from_a_state_machine_and_its_functions() {
    let folder = folder();
    let server = LocalServer::start(folder.path(), &[]).await;
    let account = Account::at(&server.url).await;
    make_orders(&account).await;
    let before = account.snapshot().await;
    let init = ["init", "--from", &format!("{ORDERS}:live"), "-C", "copy"];
    let init = Txflow::new(folder.path(), &server.url, &init).run().await;
    let init = init.succeeded();
    assert!(!format!("{init:?}").contains(SECRET), "{init:?}");
    assert_shown!("from_stdout", init.stdout);
    assert_shown!("from_stderr", init.stderr);
    assert_eq!(account.snapshot().await, before);

    let copy = folder.path().join("copy");
    let deploy_toml = fs::read_to_string(copy.join("deploy.toml")).expect("deploy.toml");
    let (schema, rest) = deploy_toml.split_once('\n').expect("two lines");
    assert!(schema.starts_with("#:schema https://"), "{schema}");
    assert_eq!(rest, include_str!("fixtures/from.deploy.toml"));
    let definition = fs::read_to_string(copy.join("definition.asl.json")).expect("a definition");
    assert_eq!(definition, include_str!("fixtures/from.asl.json"));
    assert_eq!(names(&copy.join("lambdas")), ["charge", "gone", "refund"]);

    // The embedded AWS of the folder around the new project is seen.
    let again = ["init", "--from", ORDERS, "-C", "again", "--local"];
    let again = Txflow::without_account(folder.path(), &again).run().await;
    again.succeeded();
    let again = fs::read_to_string(folder.path().join("again/deploy.toml"));
    assert_eq!(again.expect("deploy.toml"), deploy_toml);

    let validate = || Txflow::without_account(&copy, &["validate"]);
    let unset = validate().run().await.succeeded();
    assert_shown!("unset_variables", unset.stderr);
    let valid = with_variables(validate()).run().await.succeeded();
    assert_eq!(valid.stderr, "", "it has no warnings");
}

#[tokio::test]
async fn what_is_no_state_machine_there_is_told() {
    let folder = folder();
    let server = LocalServer::start(folder.path(), &[]).await;
    let run = async |arn: &str, more: &[&str]| {
        let arguments = [&["init", "-C", "copy", "--from", arn], more].concat();
        let txflow = Txflow::new(folder.path(), &server.url, &arguments);
        txflow.run().await
    };
    let function = "arn:aws:lambda:us-east-1:000000000000:function:orders";
    let other = run(function, &[]).await.exits_with(2);
    assert_shown!("from_a_function", other.stderr);
    let absent = run(ORDERS, &[]).await.exits_with(1);
    assert_shown!("from_nothing", absent.stderr);
    let local = async || {
        let misspelt = ORDERS.replace("orders", "order");
        let init = ["init", "-C", "copy", "--from", &misspelt, "--local"];
        let init = Txflow::without_account(folder.path(), &init);
        init.run().await.exits_with(1).stderr
    };
    assert_shown!("from_nothing_local", local().await);
    make_orders(&Account::at(&server.url).await).await;
    assert_shown!("from_another_local_name", local().await);
    let elsewhere = run(ORDERS, &["--region", "eu-west-1"]).await.exits_with(2);
    assert_shown!("from_another_region", elsewhere.stderr);
    let foreign = ORDERS.replace("000000000000", "123456789012");
    let foreign = run(&foreign, &[]).await.exits_with(2);
    assert_shown!("from_another_account", foreign.stderr);
    assert!(!folder.path().join("copy").exists());
}

/// With what the functions of `make_orders` get from the shell.
fn with_variables(txflow: Txflow) -> Txflow {
    let variables = ["TABLE", "CHARGE_KEY", "REFUND_KEY"];
    let set = |txflow: Txflow, name| txflow.env(name, "value");
    variables.into_iter().fold(txflow, set)
}

/// A state machine with functions, as somebody else made them: one of the functions is gone again.
async fn make_orders(account: &Account) {
    let role = account.iam.create_role().role_name("orders");
    let role = role.assume_role_policy_document(TRUST).send().await;
    let role = role.expect("CreateRole").role.expect("a role").arn;
    let put = account.iam.put_role_policy().role_name("orders");
    let put = put.policy_name("orders").policy_document(POLICY);
    put.send().await.expect("PutRolePolicy");
    function(
        account,
        &role,
        "orders-charge",
        lambda::Runtime::Providedal2023,
    )
    .await;
    function(account, &role, "orders-refund", lambda::Runtime::Nodejs22x).await;
    let group = account.logs.create_log_group();
    let group = group.log_group_name("/aws/lambda/orders-charge").send();
    group.await.expect("CreateLogGroup");

    let task = |resource: &str, parameters: Value, next: &str| json!({ "Type": "Task", "Resource": resource, "Parameters": parameters, "Next": next });
    let invoke = "arn:aws:states:::lambda:invoke";
    let charge = "arn:aws:lambda:us-east-1:000000000000:function:orders-charge";
    let topic = json!({ "TopicArn": "arn:aws:sns:us-east-1:000000000000:told", "Message": "done" });
    let definition = json!({
        "StartAt": "Charge",
        "States": {
            "Charge": task(invoke, json!({ "FunctionName": format!("{charge}:$LATEST"), "Payload.$": "$" }), "Refund"),
            "Refund": task("arn:aws:lambda:us-east-1:000000000000:function:orders-refund", json!({}), "Gone"),
            "Gone": task(invoke, json!({ "FunctionName": "orders-gone" }), "Tell"),
            "Tell": { "Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": topic, "End": true },
        }
    });
    let tag = |key: &str, value: &str| states::Tag::builder().key(key).value(value).build();
    let create = account.states.create_state_machine().name("orders");
    let create = create.role_arn(&role).definition(definition.to_string());
    let tracing = states::TracingConfiguration::builder()
        .enabled(true)
        .build();
    let create = create.tracing_configuration(tracing);
    let create = create
        .tags(tag("team", "shop one"))
        .tags(tag("cost:center", "7"));
    create.send().await.expect("CreateStateMachine");
    triggers(account, &role).await;
}

/// A schedule and a rule that start executions.
async fn triggers(account: &Account, role: &str) {
    let target = scheduler::Target::builder().arn(ORDERS).role_arn(role);
    let target = target.input(r#"{ "type": "SETTLE" }"#).build();
    let window = scheduler::FlexibleTimeWindow::builder();
    let window = window.mode(scheduler::FlexibleTimeWindowMode::Off).build();
    let schedule = account.scheduler.create_schedule().name("nightly");
    let schedule = schedule.schedule_expression("cron(0 3 * * ? *)");
    let schedule = schedule.schedule_expression_timezone("Europe/Berlin");
    let schedule = schedule.target(target.expect("a target"));
    let schedule = schedule.flexible_time_window(window.expect("a window"));
    schedule.send().await.expect("CreateSchedule");

    let rule = account.events.put_rule().name("large-orders");
    let pattern = r#"{ "source": ["shop"], "detail": { "total": [{ "numeric": [">", 100] }] } }"#;
    let rule = rule.event_pattern(pattern).send().await;
    rule.expect("PutRule");
    let target = events::Target::builder().id("1").arn(ORDERS).role_arn(role);
    let target = target.build().expect("a target");
    let put = account.events.put_targets().rule("large-orders");
    let put = put.targets(target).send().await.expect("PutTargets");
    assert_eq!(put.failed_entry_count(), 0);
}

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"arn:aws:dynamodb:us-east-1:000000000000:table/orders"},
    {"Effect":"Allow","Action":["sns:Publish","lambda:InvokeFunction"],"Resource":"*"}
]}"#;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["lambda.amazonaws.com","states.amazonaws.com","scheduler.amazonaws.com","events.amazonaws.com"]}}]}"#;

async fn function(account: &Account, role: &str, name: &str, runtime: lambda::Runtime) {
    let is_rust = runtime == lambda::Runtime::Providedal2023;
    let environment = lambda::Environment::builder()
        .variables("TABLE", SECRET)
        .variables("KEY", format!("{SECRET} of {name}"));
    let create = account.lambda.create_function().function_name(name);
    let create = create.code(code()).role(role);
    let create = create.runtime(runtime).handler("index.handler");
    let create = create.environment(environment.build()).timeout(20);
    let create = create.memory_size(if is_rust { 256 } else { 128 });
    let create = create.architectures(lambda::Architecture::Arm64);
    // A new role is not known to Lambda at once.
    while let Err(error) = create.clone().send().await {
        let message = error.message();
        let waits = message.is_some_and(|message| message.contains("cannot be assumed"));
        assert!(waits, "{error:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// For a function that nobody calls.
fn code() -> lambda::FunctionCode {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("bootstrap", options).expect("a file");
    let zip = zip.finish().expect("a zip").into_inner();
    let code = lambda::FunctionCode::builder();
    code.zip_file(Blob::new(zip)).build()
}

/// What a folder holds, sorted, but for what the server keeps.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("read a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name != ".txflow").collect();
    names.sort();
    names
}
