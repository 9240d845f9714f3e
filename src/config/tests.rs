//! What a good `deploy.toml` becomes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::*;

const DEFINITION: &str = r#"{
    "StartAt": "Purchase",
    "States": {
        "Purchase": { "Type": "Task", "Resource": "${purchase-handler}", "End": true,
            "Retry": [{ "ErrorEquals": ["E"] }] }
    }
}"#;

fn load_text(toml: &str, stage: &str) -> Result<Deployment, Diagnostics> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FILE_NAME), toml).unwrap();
    fs::write(dir.path().join("definition.asl.json"), DEFINITION).unwrap();
    fs::write(dir.path().join("input.json"), "{\"from\": \"file\"}").unwrap();
    let environment = |name: &str| (name == "TOKEN").then(|| "hunter2".to_owned());
    load(dir.path(), stage, &environment)
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_default_is_filled_in() {
    let deployment = load_text("name = \"shop\"\n[functions.purchase-handler]", "dev").unwrap();
    let function = &deployment.functions["purchase-handler"];
    assert_eq!(*function, FunctionConfig::unwritten());
    let settings = &function.settings;
    assert_eq!((settings.memory, settings.timeout), (128, 3));
    assert_eq!((settings.ephemeral_storage, settings.tracing), (512, false));
    assert_eq!(function.log_retention, Some(30));
    assert_eq!(deployment.keep_versions, 5);
    assert_eq!(deployment.build.architecture, Architecture::X86_64);
    assert_eq!(deployment.build.profile, "lambda");
    assert_eq!(deployment.state_machines.main.logging, LogLevel::Off);
    assert!(!deployment.protect);
    assert!(deployment.warnings.is_empty(), "{:?}", deployment.warnings);
}

#[test]
fn the_order_of_subnets_means_nothing() {
    let subnets = |ids: &str| {
        let text = format!(
            "name = \"shop\"\n[functions.purchase-handler]\n\
             vpc = {{ subnet-ids = [{ids}], security-group-ids = [\"sg-2\", \"sg-1\"] }}\n"
        );
        let deployment = load_text(&text, "dev").unwrap();
        deployment.functions["purchase-handler"]
            .settings
            .vpc
            .clone()
    };
    let sorted = subnets("\"subnet-1\", \"subnet-2\"");
    assert_eq!(sorted, subnets("\"subnet-2\", \"subnet-1\""));
    assert_eq!(sorted.unwrap().security_group_ids, ["sg-1", "sg-2"]);
}

const LAYERS: &str = r#"
    name = "shop"
    [defaults]
    memory = 256
    environment = { LEVEL = "info", REGION = "eu" }
    log-retention = "forever"
    [functions.purchase-handler]
    timeout = 10
    environment = { TABLE = "orders", TOKEN = { env = "TOKEN", secret = true } }
    [state-machine]
    type = "EXPRESS"
    [stages.prod]
    protect = true
    [stages.prod.defaults]
    memory = 512
    log-retention = 365
    [stages.prod.functions.purchase-handler.environment]
    LEVEL = "warn"
    TOKEN = "none"
"#;

#[test]
fn a_function_lies_over_the_defaults() {
    let deployment = load_text(LAYERS, "dev").unwrap();
    let function = &deployment.functions["purchase-handler"];
    assert_eq!(
        (function.settings.memory, function.settings.timeout),
        (256, 10)
    );
    assert_eq!(function.log_retention, None);
    assert_eq!(
        format!("{:?}", function.settings.environment),
        r#"{"LEVEL": "info", "REGION": "eu", "TABLE": "orders", "TOKEN": (secret)}"#
    );
    assert_eq!(
        function.settings.environment["TOKEN"].secret(),
        Some("hunter2")
    );
    assert_eq!(deployment.state_machines.main.logging, LogLevel::All);
}

#[test]
fn functions_that_mount_the_file_system_of_the_defaults_each_need_a_vpc() {
    let defaults = r#"
        name = "shop"
        [defaults]
        file-systems = [{ access-point = "arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/fsap-0123456789abcdef0", mount-path = "/mnt/data" }]
        [functions.purchase-handler]
    "#;
    let with = |key: &str| load_text(&format!("{defaults}\n{key}\n"), "dev");
    let own = with(r#"vpc = { subnet-ids = ["subnet-1"], security-group-ids = ["sg-1"] }"#);
    let own = &own.unwrap().functions["purchase-handler"].settings;
    assert_eq!(own.file_systems[0].mount_path, "/mnt/data");
    let none = with("file-systems = []").unwrap();
    let none = &none.functions["purchase-handler"].settings;
    assert_eq!(none.file_systems, []);
    let Diagnostics(found) = with("").unwrap_err();
    let [outside] = &found[..] else {
        panic!("{found:?}");
    };
    assert!(
        outside.message.contains("`purchase-handler`"),
        "{outside:?}"
    );
    assert_eq!(outside.place.as_ref().unwrap().line, 4);
}

#[test]
fn a_stage_lies_over_both() {
    let deployment = load_text(LAYERS, "prod").unwrap();
    let function = &deployment.functions["purchase-handler"];
    assert_eq!(
        (function.settings.memory, function.settings.timeout),
        (512, 10)
    );
    assert_eq!(function.log_retention, Some(365));
    // A value that comes from the environment is replaced as a whole, including `secret`.
    assert_eq!(
        format!("{:?}", function.settings.environment),
        r#"{"LEVEL": "warn", "REGION": "eu", "TABLE": "orders", "TOKEN": "none"}"#
    );
    assert!(deployment.protect);
}

/// "Quotas related to accounts" and "… to state machine executions" in the developer guide of Step Functions.
#[test]
fn a_name_and_an_input_that_step_functions_refuses_as_too_long_are_told_with_their_places() {
    let found = |text: &str| load_text(text, "dev").map_or_else(|found| found.0, |_| Vec::new());
    let role = r#"role = "arn:aws:iam::123456789012:role/workflow""#;
    let function = "arn:aws:lambda:eu-west-1:123456789012:function:purchase";
    let handlers = format!("[functions.purchase-handler]\n{role}");
    let named = |length: usize| {
        let name = "n".repeat(length - "-dev".len());
        found(&format!(
            "name = \"{name}\"\n[substitutions]\npurchase-handler = \"{function}\"\n[state-machine]\n{role}\n"
        ))
    };
    assert!(named(80).is_empty(), "{:?}", named(80));
    let [too_long] = &named(81)[..] else {
        panic!("{:?}", named(81));
    };
    assert!(too_long.message.contains("80"), "{too_long:?}");
    assert_eq!(too_long.place.as_ref().unwrap().line, 1);

    let with_input = |length: usize| {
        let input = "x".repeat(length - r#"{"a":""}"#.len());
        found(&format!(
            "name = \"shop\"\n{handlers}\n[tests.LONG]\ninput = {{ a = \"{input}\" }}\n"
        ))
    };
    assert!(with_input(256 * 1024).is_empty());
    let [too_large] = &with_input(256 * 1024 + 1)[..] else {
        panic!("too many, or none");
    };
    assert!(
        too_large.message.contains("at most 262144 bytes"),
        "{}",
        too_large.message
    );
    assert_eq!(too_large.place.as_ref().unwrap().line, 5);
}

#[test]
fn tests_say_what_they_try_and_what_they_expect() {
    let text = r#"
        name = "shop"
        [functions.purchase-handler]
        [tests.Z]
        input = "input.json"
        expect = { status = "FAILED", error = "E", cause = "lim[a-z]+", retries = { Purchase = 2 }, max-duration = 1.5 }
        mock.Purchase = [{ error = "E" }, { error = "E", cause = "over the limit" }, { result = { a = [1] } }]
        [tests.A]
        input = { amount = "19.99", at = 2026-01-02, list = [1, 2.5, true] }
    "#;
    let tests = load_text(text, "dev").unwrap().tests;
    let names: Vec<&str> = tests.iter().map(|test| test.name.as_str()).collect();
    assert_eq!(names, ["Z", "A"]);
    assert_eq!(tests[0].input, json!({ "from": "file" }));
    assert_eq!((tests[0].line, tests[0].expect.line), (4, 6));
    let expect = &tests[0].expect;
    assert_eq!(expect.status.value, ExecutionStatus::Failed);
    let cause = &expect.cause.as_ref().unwrap().value;
    assert!(cause.is_match("over the limit") && !cause.is_match("lim"));
    assert_eq!(expect.retries["Purchase"].value, 2);
    let longest = expect.max_duration.as_ref().unwrap();
    assert_eq!(longest.value, Duration::from_millis(1500));
    let error = |cause: Option<&str>| MockAnswer::Error {
        error: "E".to_owned(),
        cause: cause.map(str::to_owned),
    };
    let result = MockAnswer::Result(json!({ "a": [1] }));
    assert_eq!(
        tests[0].mocks["Purchase"],
        [error(None), error(Some("over the limit")), result]
    );
    let input = json!({ "amount": "19.99", "at": "2026-01-02", "list": [1, 2.5, true] });
    assert_eq!(tests[1].input, input);
    assert_eq!(tests[1].expect.status.value, ExecutionStatus::Succeeded);
}

const LINES: &str = r#"name = "shop"
[functions.purchase-handler]

[tests.PURCHASE]
input = {}

[tests.PURCHASE.expect]
path = ["Purchase"]
cause = """
of
two lines"""
error = "E"
max-duration = 1
retries.Purchase = 2
status = "FAILED"

[tests.REFUND]
input = {}

[tests.SOLD]
input = {}
[tests.SOLD.expect.output]
a = 1

[stages.prod.tests.PURCHASE.expect]
error = "F"
status = "ABORTED"

[stages.prod.tests.PURCHASE.expect.retries]

Purchase = 3
"#;

/// The lines of the status, path, error, cause, retries, longest duration, and `expect`.
fn lines(expect: &Expect) -> [usize; 7] {
    [
        expect.status.line,
        expect.path.as_ref().unwrap().line,
        expect.error.as_ref().unwrap().line,
        expect.cause.as_ref().unwrap().line,
        expect.retries["Purchase"].line,
        expect.max_duration.as_ref().unwrap().line,
        expect.line,
    ]
}

#[test]
fn each_expectation_knows_its_line_and_in_a_stage_that_of_what_lies_over_it() {
    let dev = load_text(LINES, "dev").unwrap().tests;
    assert_eq!(lines(&dev[0].expect), [15, 8, 12, 9, 14, 13, 7]);
    assert_eq!((dev[1].expect.status.line, dev[1].expect.line), (17, 17));
    assert_eq!(dev[2].expect.output.as_ref().unwrap().line, 22);
    assert_eq!(dev[2].expect.status.line, dev[2].expect.line);
    let prod = load_text(LINES, "prod").unwrap().tests;
    assert_eq!(lines(&prod[0].expect), [27, 8, 26, 9, 31, 13, 25]);
}

#[test]
fn the_timeout_goes_into_a_definition_that_has_none() {
    let text = "name = \"shop\"\n[functions.purchase-handler]\n[state-machine]\ntimeout = 60";
    let deployment = load_text(text, "dev").unwrap();
    assert_eq!(
        deployment.state_machines.main.definition.template["TimeoutSeconds"],
        60
    );
}

#[test]
fn a_definition_may_be_yaml() {
    let dir = tempfile::tempdir().unwrap();
    let toml = "name = \"shop\"\ndefinition = \"workflow.asl.yaml\"\n[functions.purchase-handler]";
    let yaml = "StartAt: Purchase\nStates:\n  Purchase:\n    Type: Task\n    Resource: ${purchase-handler}\n    End: true\n";
    fs::write(dir.path().join(FILE_NAME), toml).unwrap();
    fs::write(dir.path().join("workflow.asl.yaml"), yaml).unwrap();
    let deployment = load(dir.path(), "dev", &|_| None).unwrap();
    let resolved = deployment
        .state_machines
        .main
        .definition
        .resolve(|_| "arn".to_owned());
    assert_eq!(resolved["States"]["Purchase"]["Resource"], "arn");

    let misspelt = yaml.replace("${purchase", "${purchse");
    fs::write(dir.path().join("workflow.asl.yaml"), misspelt).unwrap();
    let found = load(dir.path(), "dev", &|_| None).unwrap_err();
    let place = found
        .0
        .iter()
        .find_map(|d| (d.code == "unknown-placeholder").then(|| d.place.clone()));
    let place = place.flatten().unwrap();
    assert_eq!((place.line, place.column, place.width), (5, 15, 18));
}

#[test]
fn only_declared_stages_are_deployed() {
    let text = "name = \"shop\"\n[functions.purchase-handler]\n[stages.prod]\nprotect = true\n\
                [stages.\"pr-*\"]\nkeep-versions = 2\n[stages.\"pr-1*\"]\nkeep-versions = 3\n";
    let declared = |stage: &str| load_text(text, stage).unwrap();
    for stage in ["dev", "prod", "pr-7", "pr-17"] {
        assert!(declared(stage).warnings.is_empty(), "{stage}");
    }
    assert!(declared("prod").protect);
    // The longest pattern counts, and the name of a stage before any pattern.
    assert_eq!(declared("dev").keep_versions, 5);
    assert_eq!(declared("pr-7").keep_versions, 2);
    assert_eq!(declared("pr-17").keep_versions, 3);

    let Diagnostics(found) = load_text(text, "prd").unwrap_err();
    assert_eq!(found[0].code, "unknown-stage");
    assert_eq!(
        found[0].message,
        "deploy.toml does not declare the stage `prd`"
    );
    let hint = found[0].hint.as_deref().unwrap();
    assert!(hint.starts_with("did you mean `prod`?"), "{hint}");
    assert!(hint.contains("`[stages.prd]`"), "{hint}");
    let hint = |stage: &str| {
        let Diagnostics(found) = load_text(text, stage).unwrap_err();
        found[0].hint.clone().unwrap()
    };
    // What differs only in case could not be declared beside it.
    assert_eq!(hint("Dev"), "did you mean `dev`?");
    assert_eq!(hint("PROD"), "did you mean `prod`?");
    assert_eq!(
        hint("PR-7"),
        "did you mean `pr-7`? `[stages.\"pr-*\"]` declares it"
    );
    assert_eq!(hint("staging"), "add `[stages.staging]`");

    // Without any stage there is `dev`, and what an older file has deployed can still be removed.
    let text = "name = \"shop\"\n[functions.purchase-handler]";
    assert!(load_text(text, "dev").is_ok());
    assert!(load_text(text, "prod").is_err());
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FILE_NAME), text).unwrap();
    fs::write(dir.path().join("definition.asl.json"), DEFINITION).unwrap();
    let left = load_without_secrets(dir.path(), "prod", &|_| None).unwrap();
    assert_eq!(left.warnings[0].code, "unknown-stage");
}

#[test]
fn a_stage_must_fit_into_names() {
    let found = load_text("name = \"shop\"", "feature/x").unwrap_err();
    assert!(found.0.iter().any(|d| d.code == "invalid-name"), "{found}");
}

#[test]
fn without_a_file_the_user_is_told_how_to_get_one() {
    let dir = tempfile::tempdir().unwrap();
    let found = load(dir.path(), "dev", &|_| None).unwrap_err();
    assert_eq!(found.0[0].code, "no-file");
    assert!(found.to_string().contains("txflow init"), "{found}");
    let below = dir.path().join("lambdas/buy");
    fs::create_dir_all(&below).unwrap();
    fs::write(dir.path().join("deploy.toml"), "name = \"shop\"\n").unwrap();
    let found = load(&*below, "dev", &|_| None).unwrap_err();
    let hint = format!("pass `-C {}`", dir.path().display());
    assert!(found.to_string().contains(&hint), "{found}");
}

#[test]
fn the_sample_is_free_of_findings_in_every_stage() {
    for stage in ["dev", "prod", "pr-17"] {
        let deployment = load(repository(), stage, &|_| None).unwrap();
        assert!(deployment.warnings.is_empty(), "{:?}", deployment.warnings);
        assert_eq!(deployment.protect, stage == "prod");
    }
}

#[test]
fn the_schema_in_the_repository_is_current() {
    let file = repository().join("deploy.schema.json");
    let current = format!("{:#}\n", schema());
    if std::env::var_os("TXFLOW_BLESS").is_some() {
        fs::write(&file, &current).unwrap();
    }
    let written = fs::read_to_string(file).unwrap();
    assert!(
        written == current,
        "rewrite it with `TXFLOW_BLESS=1 cargo test --workspace --lib schema`"
    );
}

#[test]
fn colour_is_added_to_the_same_text() {
    let found = load_text("name = \"shop\"\nregon = \"x\"", "dev").unwrap_err();
    let rendered = found.0[0].render();
    let plain = crate::world::plain(&rendered);
    assert!(plain.is_ascii() && !plain.contains('\u{1b}'), "{plain}");
    let terminal = crate::world::Stream::new(std::io::sink(), true);
    assert!(terminal.shown(&rendered).contains('\u{1b}'), "{rendered}");
    assert!(plain.contains("regon"), "{plain}");
}

#[test]
fn a_secret_that_is_too_short_to_be_masked_is_told_and_a_longer_one_is_known() {
    let toml = |default: &str| {
        format!(
            "name = \"shop\"\n[functions.purchase-handler.environment]\n\
             FIRST = {{ env = \"UNSET\", default = \"{default}\", secret = true }}\n\
             SECOND = {{ env = \"TOKEN\", secret = true }}\nTHIRD = \"seen\"\n"
        )
    };
    let codes = |deployment: &Deployment| -> Vec<String> {
        let warnings = deployment.warnings.iter();
        warnings.map(|warning| warning.code.clone()).collect()
    };
    let short = load_text(&toml("abc"), "dev").unwrap();
    assert!(codes(&short).contains(&"short-secret".to_owned()));
    let long = load_text(&toml("abcd"), "dev").unwrap();
    assert!(!codes(&long).contains(&"short-secret".to_owned()));
    assert_eq!(long.secrets().collect::<Vec<_>>(), ["abcd", "hunter2"]);
}

#[test]
fn without_secrets_only_what_functions_are_given_may_be_unset() {
    let dir = tempfile::tempdir().unwrap();
    let definition = r#"{ "StartAt": "A", "States": { "A": { "Type": "Succeed" } } }"#;
    fs::write(dir.path().join("definition.asl.json"), definition).unwrap();
    let toml = |name: &str| {
        format!(
            "name = {name}\n[functions.buy]\nenvironment = {{ \
             TOKEN = {{ env = \"TOKEN\", secret = true }}, \
             LEVEL = {{ env = \"LEVEL\", default = \"info\" }}, \
             NUL = \"\\u0000\" }}\n"
        )
    };
    let load = |name: &str| {
        fs::write(dir.path().join("deploy.toml"), toml(name)).unwrap();
        load_without_secrets(dir.path(), "dev", &|_| None)
    };
    let deployment = load("\"shop\"").unwrap();
    let environment = &deployment.functions["buy"].settings.environment;
    assert_eq!(
        environment["TOKEN"],
        EnvironmentValue::Unset { secret: true }
    );
    assert_eq!(environment["LEVEL"].value(), Some("info"));
    // No text stands for a value that is not known.
    assert_eq!(environment["NUL"].value(), Some("\0"));

    // A stand-in for the name would be another stack.
    let Diagnostics(found) = load("{ env = \"NAME\" }").unwrap_err();
    assert_eq!(found[0].code, "unset-environment");
}

const VALUES: &str = r#"
    name = "shop"
    [substitutions]
    orders-table = "orders-${AWS::Region}"
    seconds = 60
    limit = 1.5
    on = true
    subnets = ["subnet-1", "subnet-${AWS::Region}", 3]
    note = { env = "NOTE", secret = true }
    topic = { env = "TOPIC" }
    [functions.buy]
    environment = { TABLE = "t/${orders-table}", NOTE = "n ${note}", LITERAL = { env = "BRACES" }, ESCAPED = "${!orders-table}", SECONDS = "${seconds}" }
    [[functions.buy.statements]]
    actions = ["dynamodb:PutItem"]
    resources = ["arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${orders-table}"]
    condition = { Bool = { "aws:SecureTransport" = "${on}" }, StringEquals = { "dynamodb:LeadingKeys" = ["${!aws:username}"] } }
    [stages.prod.substitutions]
    orders-table = "orders"
    seconds = 5
"#;

const WITH_VALUES: &str = r#"{
    "StartAt": "Wait",
    "States": {
        "Wait": { "Type": "Wait", "Seconds": "${seconds}", "Next": "Buy" },
        "Buy": {
            "Type": "Task", "Resource": "${buy}", "End": true,
            "Parameters": {
                "table": "${orders-table} ${seconds}", "limit": "${limit}", "on": "${on}",
                "text": "${!orders-table} ${}", "topic": "a ${topic}", "subnets": "${subnets}",
                "keys": { "${orders-table}.$": "$.a", "${seconds}": 1, "${topic}": 2, "${!x}": 3, "${buy}": 4 }
            }
        }
    }
}"#;

fn values(stage: &str, unset: bool, of: fn(Files, &str, Environment<'_>) -> Loaded) -> Loaded {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FILE_NAME), VALUES).unwrap();
    fs::write(dir.path().join("definition.asl.json"), WITH_VALUES).unwrap();
    of(dir.path().into(), stage, &|name| match name {
        "NOTE" => Some("hunter2".to_owned()),
        "BRACES" => Some("${orders-table} ${AWS::Region}".to_owned()),
        "TOPIC" => (!unset).then(|| "${AWS::Region}".to_owned()),
        _ => None,
    })
}

type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;
type Loaded = Result<Deployment, Diagnostics>;

/// As the definition is sent to AWS.
fn sent(deployment: &Deployment) -> serde_json::Value {
    deployment
        .state_machines
        .main
        .definition
        .resolve(|placeholder| match placeholder {
            Placeholder::Region => "eu-west-1".to_owned(),
            other => format!("<{}>", other.name()),
        })
}

#[test]
fn values_have_their_types_in_the_definition_and_differ_from_stage_to_stage() {
    for (stage, table, seconds) in [("dev", "orders-eu-west-1", 60), ("prod", "orders", 5)] {
        let deployment = values(stage, false, load).unwrap();
        let definition = sent(&deployment);
        assert_eq!(definition["States"]["Wait"]["Seconds"], seconds);
        assert_eq!(
            definition["States"]["Buy"]["Parameters"],
            json!({
                "table": format!("{table} {seconds}"), "limit": 1.5, "on": true,
                // What comes from the environment is never taken for a placeholder.
                "text": "${orders-table} ${}", "topic": "a ${AWS::Region}",
                "subnets": ["subnet-1", "subnet-eu-west-1", 3],
                "keys": {
                    format!("{table}.$"): "$.a", format!("{seconds}"): 1, "${AWS::Region}": 2, "${x}": 3, "<buy>": 4
                }
            })
        );
        assert_eq!(definition["States"]["Buy"]["Resource"], "<buy>");
        assert_eq!(
            deployment.state_machines.main.definition.names(),
            ["buy".to_owned()].into()
        );
    }
}

#[test]
fn values_are_in_environments_and_statements() {
    let account = crate::resources::sample::stack().account;
    let deployment = values("dev", false, load).unwrap();
    let function = &deployment.functions["buy"];
    let region = account.region.clone();
    let environment = |name: &str| {
        let value = &function.settings.environment[name];
        let resolved = value.resolve(|pseudo| account.pseudo_parameter(pseudo));
        (
            resolved.value().unwrap().to_owned(),
            resolved.secret().is_some(),
        )
    };
    assert_eq!(environment("TABLE"), (format!("t/orders-{region}"), false));
    assert_eq!(
        environment("LITERAL"),
        ("${orders-table} ${AWS::Region}".to_owned(), false)
    );
    assert_eq!(
        environment("ESCAPED"),
        ("${orders-table}".to_owned(), false)
    );
    assert_eq!(environment("SECONDS"), ("60".to_owned(), false));
    let statement = &function.statements[0];
    assert_eq!(
        account.fill(&statement.resources[0]),
        account.arn("dynamodb", &format!("table/orders-{region}"))
    );
    let condition = account.fill_json(statement.condition.as_ref().unwrap());
    assert_eq!(condition["Bool"]["aws:SecureTransport"], true);
    assert_eq!(
        condition["StringEquals"]["dynamodb:LeadingKeys"][0],
        "${aws:username}"
    );
}

#[test]
fn a_secret_value_is_a_secret_in_whatever_it_is_a_part_of() {
    let deployment = values("dev", false, load).unwrap();
    let environment = &deployment.functions["buy"].settings.environment;
    assert_eq!(environment["NOTE"].secret(), Some("n hunter2"));
    assert!(
        !format!("{deployment:?}")
            .replace("NOTE", "")
            .contains("n hunter2")
    );
    let secrets: Vec<&str> = deployment.secrets().collect();
    assert!(secrets.contains(&"hunter2"), "{secrets:?}");
}

#[test]
fn a_secret_has_no_place_in_a_definition() {
    let dir = tempfile::tempdir().unwrap();
    let definition = WITH_VALUES.replace("a ${topic}", "a ${note}");
    fs::write(dir.path().join(FILE_NAME), VALUES).unwrap();
    fs::write(dir.path().join("definition.asl.json"), definition).unwrap();
    let Diagnostics(found) = load(dir.path(), "dev", &|_| Some("hunter2".to_owned())).unwrap_err();
    let codes: Vec<&str> = found.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["secret-in-definition"]);
    assert!(!format!("{found:?}").contains("hunter2"));
}

#[test]
fn a_value_that_is_not_set_stops_only_what_needs_it() {
    let Diagnostics(found) = values("dev", true, load).unwrap_err();
    assert_eq!(found[0].code, "unset-environment");
    let place = found[0].place.as_ref().unwrap();
    assert_eq!((place.line, place.column), (10, 13));

    let checked = values("dev", true, load_to_check).unwrap();
    let warning = checked
        .warnings
        .iter()
        .find(|w| w.code == "unset-environment");
    assert!(warning.unwrap().message.contains("`TOPIC`"), "{warning:?}");
    assert!(checked.state_machines.main.definition.incomplete);

    let unneeded = values("dev", true, load_without_secrets).unwrap();
    assert!(
        unneeded
            .warnings
            .iter()
            .all(|w| w.code != "unset-environment")
    );
    assert!(unneeded.state_machines.main.definition.incomplete);
    assert!(
        !values("dev", false, load)
            .unwrap()
            .state_machines
            .main
            .definition
            .incomplete
    );
}

#[test]
fn triggers_are_checked_without_the_variables_of_their_values() {
    let text = r#"
        name = "shop"
        [substitutions]
        minutes = { env = "A" }
        path = { env = "B" }
        [functions.purchase-handler]
        [[triggers]]
        name = "often"
        schedule = "rate(${minutes} minutes)"
        [[triggers]]
        name = "once"
        schedule = { env = "C" }
        [[triggers]]
        name = "orders"
        event-bus = { env = "D" }
        event-pattern = { source = ["shop"] }
        input-transformer = { paths = { id = "${path}" }, template = "<id>" }
    "#;
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FILE_NAME), text).unwrap();
    fs::write(dir.path().join("definition.asl.json"), DEFINITION).unwrap();
    let deployment = load_to_check(dir.path(), "dev", &|_| None).unwrap();
    let warnings = deployment.warnings.iter();
    let codes: Vec<&str> = warnings.map(|warning| warning.code.as_str()).collect();
    assert_eq!(codes, ["unset-environment"; 4]);
    assert_eq!(deployment.triggers.len(), 3);
    let Diagnostics(found) = load(dir.path(), "dev", &|_| None).unwrap_err();
    assert!(
        found.iter().all(|one| one.code == "unset-environment"),
        "{found:?}"
    );
}

#[test]
fn a_file_is_checked_without_any_of_its_variables() {
    let text = r#"
        name = { env = "A" }
        region = { env = "B" }
        account = { env = "C" }
        [functions.purchase-handler]
        vpc = { subnet-ids = [{ env = "D" }], security-group-ids = [{ env = "E" }] }
        kms-key = { env = "F" }
        tracing = true
        [[functions.purchase-handler.statements]]
        actions = [{ env = "G" }]
        resources = [{ env = "H" }, "arn:aws:s3:::a"]
        [functions.purchase-handler.environment]
        TOKEN = { env = "I", secret = true }
        [roles]
        permissions-boundary = "arn:aws:iam::123456789012:policy/boundary"
        [build]
        architecture = { env = "J" }
    "#;
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FILE_NAME), text).unwrap();
    fs::write(dir.path().join("definition.asl.json"), DEFINITION).unwrap();
    let deployment = load_to_check(dir.path(), "dev", &|_| None).unwrap();
    assert_eq!(deployment.warnings.len(), 10, "{:?}", deployment.warnings);
    assert!(
        deployment
            .warnings
            .iter()
            .all(|w| w.code == "unset-environment")
    );
    let Diagnostics(found) = load(dir.path(), "dev", &|_| None).unwrap_err();
    let errors = found.iter().filter(|d| d.severity == Severity::Error);
    assert_eq!(errors.count(), 10, "{found:?}");
}

/// What is found in a file whose trigger `orders` has this pattern, with these tests.
fn found_with_pattern(pattern: &str, more: &str, set: Option<&str>) -> Vec<Diagnostic> {
    let text = format!(
        "name = \"shop\"\n[substitutions]\nlimit = {{ env = \"LIMIT\" }}\n[functions.purchase-handler]\n\
         [[triggers]]\nname = \"orders\"\nevent-pattern = {pattern}\n{more}"
    );
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FILE_NAME), text).unwrap();
    fs::write(dir.path().join("definition.asl.json"), DEFINITION).unwrap();
    let document = r#"{ "source": ["${limit}"] }"#;
    fs::write(dir.path().join("pattern.json"), document).unwrap();
    let environment = |_: &str| set.map(str::to_owned);
    match load_to_check(dir.path(), "dev", &environment) {
        Ok(deployment) => {
            if set.is_some() {
                let Source::Event { pattern, .. } = &deployment.triggers["orders"].source else {
                    panic!("it is an event");
                };
                let pattern = pattern.resolve(|pseudo| pseudo.name().to_owned());
                assert_eq!(pattern, json!({ "source": ["shop"] }));
            }
            deployment.warnings
        }
        Err(Diagnostics(found)) => found,
    }
}

#[test]
fn a_pattern_needs_no_variables_to_be_checked_and_a_file_has_values_as_well() {
    let number = "{ detail = { price = [{ numeric = [\">\", \"${limit}\"] }] } }";
    for pattern in [number, "\"pattern.json\""] {
        let found = found_with_pattern(pattern, "", None);
        assert!(
            found.iter().all(|one| one.code == "unset-environment"),
            "{found:?}"
        );
    }
    assert_eq!(found_with_pattern("\"pattern.json\"", "", Some("shop")), []);
}

#[test]
fn the_triggers_of_a_stage_replace_the_list() {
    let toml = "name = \"shop\"
        [functions.purchase-handler]
        [[triggers]]
        name = \"nightly\"
        schedule = \"rate(1 day)\"
        [[triggers]]
        name = \"weekly\"
        schedule = \"rate(7 days)\"
        [[stages.prod.triggers]]
        name = \"hourly\"
        schedule = \"rate(1 hour)\"
        [stages.quiet]
        triggers = []";
    let of = |stage| -> Vec<String> {
        let deployment = load_text(toml, stage).unwrap();
        deployment.triggers.into_keys().collect()
    };
    assert_eq!(of("dev"), ["nightly", "weekly"]);
    assert_eq!(of("prod"), ["hourly"]);
    assert_eq!(of("quiet"), [""; 0]);
}

#[test]
fn a_test_of_a_trigger_names_no_other_state_machine() {
    let test = "[tests.ORDER]\nstate-machine = \"ship\"\n\
        event = { source = \"shop\", detail-type = \"a\", detail = {} }\n";
    let found = found_with_pattern("{ source = [\"shop\"] }", test, Some("shop"));
    let message = "triggers start the main state machine, and this test names another one";
    assert!(found.iter().any(|one| one.message == message), "{found:?}");
}

/// What a fuzzer may put into deploy.toml: each key and each word of the schema, before what is written by hand.
#[test]
fn the_dictionary_of_the_fuzzer_is_current() {
    let file = repository().join("fuzz/dictionaries/config.dict");
    let written = fs::read_to_string(&file).unwrap();
    let (_, by_hand) = written.split_once("\n\n").unwrap();
    let mut words = BTreeSet::new();
    collect_words(&schema(), &mut words);
    let words: String = words.iter().map(|word| format!("{word:?}\n")).collect();
    let current = format!("# The keys and words of deploy.toml.\n{words}\n{by_hand}");
    if std::env::var_os("TXFLOW_BLESS").is_some() {
        fs::write(&file, &current).unwrap();
    } else {
        assert_eq!(
            written, current,
            "rewrite it with `TXFLOW_BLESS=1 cargo test --workspace --lib dictionary`"
        );
    }
}

fn collect_words(schema: &serde_json::Value, words: &mut BTreeSet<String>) {
    let properties = schema["properties"].as_object();
    words.extend(properties.into_iter().flatten().map(|(key, _)| key.clone()));
    let choices = schema["enum"].as_array().into_iter().flatten();
    words.extend(choices.filter_map(|word| word.as_str()).map(str::to_owned));
    let parts = schema.as_object().into_iter().flatten();
    for part in parts.map(|(_, part)| part) {
        collect_words(part, words);
    }
    for part in schema.as_array().into_iter().flatten() {
        collect_words(part, words);
    }
}

#[test]
fn a_misspelt_region_is_told_and_a_new_one_may_be_used() {
    let warnings = |region: &str| {
        let text = format!("name = \"shop\"\nregion = \"{region}\"\n[functions.purchase-handler]");
        load_text(&text, "dev").unwrap().warnings
    };
    assert!(warnings("eu-central-1").is_empty());
    let misspelt = warnings("us-esat-1");
    let place = misspelt[0].place.as_ref().unwrap();
    assert_eq!((misspelt[0].severity, place.line), (Severity::Warning, 2));
    assert!(misspelt[0].hint.as_ref().unwrap().contains("`us-east-1`"));
    assert_eq!(warnings("eu-newland-1").len(), 1);
}
