//! A project that is written from what exists asks for what exists.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{Existing, Project, StateMachineArn, write};
use crate::config::{
    self, Architecture, Deployment, EnvironmentValue, EventInput, FunctionConfig, LogLevel, Source,
    StateMachineKind,
};
use crate::resources::{
    ExistingFunction, ExistingLogs, ExistingRole, ExistingSource, ExistingStateMachine,
    ExistingTrigger, FunctionConfiguration, Input, Logging, Retention, ScheduleSettings,
    StateMachineSettings, Target,
};
use crate::stack::Tags;

const SECRET: &str = "5up3r-s3cret";

fn arn() -> StateMachineArn {
    let arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:orders";
    arn.parse().unwrap()
}

/// A state machine that calls these functions, one after the other.
fn existing(settings: StateMachineSettings, functions: &[(&str, ExistingFunction)]) -> Existing {
    let last = json!({ "Type": "Succeed" });
    let mut definition = json!({ "StartAt": "0", "States": {} });
    for (i, (name, _)) in functions.iter().enumerate() {
        definition["States"][i.to_string()] = json!({
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": { "FunctionName": name }, "Next": (i + 1).to_string(),
        });
    }
    definition["States"][functions.len().to_string()] = last;
    let state_machine = ExistingStateMachine {
        definition: definition.to_string(),
        settings,
        tags: Tags::from([
            ("team".to_owned(), "a b".to_owned()),
            ("cost:center".to_owned(), String::new()),
            ("aws:cloudformation:stack-id".to_owned(), "x".to_owned()),
            ("txflow:stage".to_owned(), "x".to_owned()),
        ]),
        logs: logs(Retention::Days(7)),
    };
    let mut existing = Existing::new(arn(), state_machine).unwrap();
    for (function, (name, found)) in existing.functions.iter_mut().zip(functions) {
        assert_eq!(function.name, *name);
        function.found = Some(found.clone());
        function.role = Some(role());
    }
    existing.role = Some(role());
    existing.triggers = Some(Vec::new());
    existing
}

/// A role that may be read, and allows nothing.
fn role() -> ExistingRole {
    ExistingRole {
        name: "role".to_owned(),
        path: "/".to_owned(),
        boundary: None,
        policies: Vec::new(),
        managed: Vec::new(),
    }
}

fn logs(retention: Retention) -> ExistingLogs {
    ExistingLogs {
        retention,
        kms_key: None,
    }
}

fn state_machine() -> StateMachineSettings {
    StateMachineSettings {
        kms_key: None,
        kind: StateMachineKind::Standard,
        role_arn: "role".to_owned(),
        logging: Logging {
            level: LogLevel::Off,
            include_execution_data: false,
            log_group_arns: BTreeSet::new(),
        },
        tracing: false,
    }
}

/// A function with Lambda's defaults.
fn function(environment: &[(&str, &str)]) -> ExistingFunction {
    let environment = environment.iter().map(|(name, value)| {
        let value = EnvironmentValue::Known {
            value: (*value).to_owned(),
            secret: true,
        };
        ((*name).to_owned(), value)
    });
    let mut settings = FunctionConfig::unwritten().settings;
    settings.environment = environment.collect();
    ExistingFunction {
        configuration: FunctionConfiguration {
            role_arn: "role".to_owned(),
            runtime: "provided.al2023".to_owned(),
            architecture: Architecture::X86_64,
            settings,
        },
        reserved_concurrency: None,
        logs: logs(Retention::NoGroup),
        tags: Tags::new(),
    }
}

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1";

/// A function without any default.
fn special() -> ExistingFunction {
    let config = config::every_function_key("eu-west-1:123456789012");
    let mut function = function(&[]);
    function.configuration.settings = config.settings;
    function.configuration.settings.environment.clear();
    function.configuration.architecture = Architecture::Arm64;
    function.reserved_concurrency = Some(0);
    function.logs.kms_key = config.log_kms_key;
    function.logs.retention = Retention::Forever;
    function
}

fn file<'a>(project: &'a Project, path: &str) -> &'a str {
    let mut files = project.files.iter();
    &files.find(|file| file.path == path).unwrap().text
}

/// What txflow makes of the project if each shell variable holds its own name.
fn loaded(project: &Project) -> Deployment {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &project.files, &[]).unwrap();
    let environment = |name: &str| Some(name.to_owned());
    let deployment = config::load(dir.path(), "dev", &environment);
    deployment.unwrap_or_else(|error| panic!("{error}\n{}", file(project, "deploy.toml")))
}

#[test]
fn every_setting_comes_through() {
    for others in [&[][..], &[("orders-other", special())]] {
        let functions = [&[("orders-charge", special())], others].concat();
        let mut settings = state_machine();
        settings.kind = StateMachineKind::Express;
        settings.tracing = true;
        settings.kms_key = Some(KEY.to_owned());
        settings.logging.level = LogLevel::Error;
        settings.logging.include_execution_data = true;
        let existing = existing(settings, &functions);
        let deployment = loaded(&existing.project("orders", "dev").unwrap());

        assert_eq!(deployment.region.as_deref(), Some("eu-west-1"));
        assert_eq!(deployment.account.as_deref(), Some("123456789012"));
        assert_eq!(deployment.build.architecture, Architecture::Arm64);
        assert_eq!(deployment.functions.len(), functions.len());
        let (written, found) = (&deployment.functions["charge"], special());
        assert_eq!(written.settings, found.configuration.settings);
        assert_eq!(written.reserved_concurrency, Some(0));
        assert_eq!(written.log_retention, None);
        assert_eq!(written.log_kms_key, found.logs.kms_key);
        assert_eq!(deployment.state_machines.main.kms_key.as_deref(), Some(KEY));
        let state_machine = &deployment.state_machines.main;
        assert_eq!(state_machine.kind, StateMachineKind::Express);
        assert_eq!(state_machine.logging, LogLevel::Error);
        assert_eq!(state_machine.log_retention, Some(7));
        assert!(state_machine.tracing && state_machine.include_execution_data);
        let own = [("cost:center", ""), ("team", "a b")];
        let own = own.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(deployment.tags, Tags::from(own));
    }
}

#[test]
fn what_is_a_default_is_not_written() {
    let existing = existing(
        state_machine(),
        &[("a", function(&[])), ("b", function(&[]))],
    );
    let project = existing.project("orders", "dev").unwrap();
    let text = file(&project, "deploy.toml");
    for heading in ["[defaults", "[build", "environment"] {
        assert!(!text.contains(heading), "{text}");
    }
    assert!(text.contains("[functions.a]\n\n"), "{text}");
}

#[test]
fn a_variable_comes_from_the_shell_and_no_value_is_written() {
    let one = function(&[("TABLE", SECRET), ("KEY", SECRET), ("OWN", SECRET)]);
    let other = function(&[("TABLE", SECRET), ("KEY", "another")]);
    let existing = existing(state_machine(), &[("one-a", one), ("b", other)]);
    let project = existing.project("orders", "dev").unwrap();
    let everything = format!("{project:?}");
    assert!(!everything.contains(SECRET) && !everything.contains("another"));

    let functions = loaded(&project).functions;
    let sources = |handler: &str| -> BTreeMap<String, String> {
        let environment = functions[handler].settings.environment.clone().into_iter();
        let sources =
            environment.map(|(name, value)| (name, value.secret().expect("a secret").to_owned()));
        sources.collect()
    };
    let expect = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect()
    };
    let one = [("TABLE", "TABLE"), ("KEY", "ONE_A_KEY"), ("OWN", "OWN")];
    assert_eq!(sources("one-a"), expect(&one));
    assert_eq!(
        sources("b"),
        expect(&[("TABLE", "TABLE"), ("KEY", "B_KEY")])
    );
}

#[test]
fn what_cannot_be_the_same_is_told() {
    let mut image = function(&[]);
    image.configuration.runtime = String::new();
    image.configuration.architecture = Architecture::Arm64;
    let mut settings = state_machine();
    settings.kind = StateMachineKind::Express;
    let existing = existing(settings, &[("a", function(&[])), ("b", image)]);
    let project = existing.project("orders", "dev").unwrap();
    let notes = project.notes.join("\n");
    let todo = project.todo.join("\n");
    assert!(todo.contains("`b` (a container image)"), "{todo}");
    for told in [
        "several architectures, and txflow builds all of them for `x86_64`",
        "gives an EXPRESS one the level `ALL`",
    ] {
        assert!(notes.contains(told), "{told} is missing in {notes}");
    }
    assert_eq!(loaded(&project).state_machines.main.logging, LogLevel::All);
}

#[test]
fn a_name_that_aws_would_refuse_is_refused() {
    let existing = existing(state_machine(), &[("charge", function(&[]))]);
    assert!(existing.project(&"n".repeat(60), "dev").is_err());
}

#[test]
fn a_function_whose_name_leaves_no_room_for_that_of_the_stack_is_cut() {
    let long = format!("{}-{}", "n".repeat(50), "o".repeat(13));
    let existing = existing(state_machine(), &[(&long, function(&[]))]);
    let deployment = loaded(&existing.project("orders", "dev").unwrap());
    assert!(deployment.functions.contains_key(&"n".repeat(50)));
}

#[test]
fn what_cloud_formation_named_is_called_as_in_its_template() {
    let id = |id: &str| ("aws:cloudformation:logical-id".to_owned(), id.to_owned());
    let mut charge = function(&[]);
    charge.tags = Tags::from([id("ChargeCard1A2B3C4D")]);
    let mut existing = existing(
        state_machine(),
        &[
            ("OrdersStack-ChargeCard1A2B3C4D-MtKgqP9kMNHG", charge),
            ("notify", function(&[])),
        ],
    );
    existing.arn.name = "OrdersMachine5E6F7A8B-ptf6qWpoUL4E".to_owned();
    existing
        .state_machine
        .tags
        .extend([id("OrdersMachine5E6F7A8B")]);
    let name = existing.stack_name("dev").unwrap();
    assert_eq!(name, "OrdersMachine");
    let deployment = loaded(&existing.project(&name, "dev").unwrap());
    let handlers: Vec<&String> = deployment.functions.keys().collect();
    assert_eq!(handlers, ["ChargeCard", "notify"]);
}

#[test]
fn a_stage_whose_name_is_taken_is_told() {
    let mut existing = existing(state_machine(), &[("orders-charge-prod", function(&[]))]);
    existing.arn.name = "orders-prod".to_owned();
    let project = existing.project("orders", "dev").unwrap();
    let todo = project.todo.join("\n");
    assert!(todo.contains("`--stage prod`"), "{todo}");
    assert!(loaded(&project).functions.contains_key("charge"));
}

#[test]
fn a_role_that_may_not_be_read_is_kept_and_one_that_may_is_copied() {
    let mut existing = existing(
        state_machine(),
        &[("a", function(&[])), ("b", function(&[]))],
    );
    let table = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";
    existing.functions[1].role = Some(ExistingRole {
        name: "acme-b".to_owned(),
        path: "/teams/shop/".to_owned(),
        boundary: Some("arn:aws:iam::123456789012:policy/boundary".to_owned()),
        policies: vec![json!({ "Statement": {
            "Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": table,
            "Condition": { "Bool": { "aws:SecureTransport": "true" } },
        } })],
        managed: Vec::new(),
    });
    existing.functions[0].role = None;
    existing.role = None;
    existing.functions[0]
        .found
        .as_mut()
        .unwrap()
        .configuration
        .role_arn = "arn:aws:iam::123456789012:role/others".to_owned();
    let project = existing.project("orders", "dev").unwrap();
    let deployment = loaded(&project);
    assert_eq!(
        deployment.roles.of_others["a"],
        "arn:aws:iam::123456789012:role/others"
    );
    let [statement] = &deployment.functions["b"].statements[..] else {
        panic!("{:?}", deployment.functions["b"].statements);
    };
    assert_eq!(statement.actions, ["dynamodb:GetItem"]);
    assert!(statement.condition.is_some());
    assert_eq!(deployment.roles.path_prefix, "/teams/shop");
    assert_eq!(deployment.roles.name_prefix, "acme-");
    assert!(deployment.permissions_boundary.is_some());
    assert!(project.todo.join("\n").contains("may not be read"));
}

#[test]
fn triggers_are_written_and_off() {
    let mut existing = existing(state_machine(), &[("a", function(&[]))]);
    let target = |input| Target {
        arn: arn().to_string(),
        role: "role".to_owned(),
        input,
        retries: 185,
        max_event_age: 60,
        dead_letter_queue: Some("arn:aws:sqs:eu-west-1:123456789012:lost".to_owned()),
    };
    let paths = BTreeMap::from([("id".to_owned(), "$.detail.id".to_owned())]);
    let template = r#"{"order": <id>}"#.to_owned();
    let pattern = json!({ "source": ["shop"], "detail": { "total": [{ "numeric": [">", 100] }] } });
    existing.triggers = Some(vec![
        ExistingTrigger {
            name: "large orders".to_owned(),
            source: ExistingSource::Event {
                bus: "shop".to_owned(),
                pattern: pattern.clone(),
                target: target(Input::Transformed { paths, template }),
            },
        },
        ExistingTrigger {
            name: "nightly".to_owned(),
            source: ExistingSource::Schedule(ScheduleSettings {
                expression: "cron(0 3 * * ? *)".to_owned(),
                time_zone: "Europe/Berlin".to_owned(),
                flexible_window: Some(5),
                enabled: true,
                target: arn().to_string(),
                role: "role".to_owned(),
                input: json!({ "type": "SETTLE" }),
                retries: 3,
                max_event_age: 86_400,
                dead_letter_queue: None,
                period: None,
            }),
        },
    ]);
    let project = existing.project("orders", "dev").unwrap();
    let triggers = loaded(&project).triggers;
    assert!(triggers.values().all(|trigger| !trigger.enabled));
    let event = &triggers["large-orders"];
    assert_eq!((event.retries, event.max_event_age), (185, 60));
    assert!(matches!(
        &event.source,
        Source::Event {
            input: EventInput::Transformed { .. },
            ..
        }
    ));
    let nightly = &triggers["nightly"];
    assert_eq!(nightly.retries, 3);
    assert!(matches!(
        &nightly.source,
        Source::Schedule { expression, time_zone, flexible_window: Some(5), input: Some(_) }
            if expression == "cron(0 3 * * ? *)" && time_zone == "Europe/Berlin"
    ));
}

#[test]
fn a_state_machine_that_it_starts_is_left_to_check() {
    let mut existing = existing(state_machine(), &[]);
    existing.definition["States"]["0"] = json!({
        "Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "End": true,
        "Parameters": { "StateMachineArn": "arn:aws:states:eu-west-1:123456789012:stateMachine:orders-prod-ship:1" },
    });
    let todo = existing.project("orders", "dev").unwrap().todo;
    assert!(
        todo.iter()
            .any(|line| line.ends_with("by ARN: `orders-prod-ship:1`")),
        "{todo:?}"
    );
}
