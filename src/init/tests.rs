//! A project that is written from what exists asks for what exists.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{Existing, Project, StateMachineArn, write};
use crate::config::{
    self, Architecture, Deployment, EnvironmentValue, FunctionConfig, FunctionLogging, LogFormat,
    LogLevel, StateMachineKind, VpcConfig,
};
use crate::resources::{
    ExistingFunction, ExistingLogs, ExistingStateMachine, FunctionConfiguration, Logging,
    Retention, StateMachineSettings,
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
    }
    existing
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
    }
}

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1";

/// A function without any default.
fn special() -> ExistingFunction {
    let mut function = function(&[]);
    function.configuration.settings.memory = 1024;
    function.configuration.settings.timeout = 60;
    function.configuration.settings.tracing = true;
    function.configuration.settings.ephemeral_storage = 1024;
    function.configuration.architecture = Architecture::Arm64;
    function.configuration.settings.vpc = Some(VpcConfig {
        subnet_ids: vec!["subnet-1".to_owned(), "subnet-2".to_owned()],
        security_group_ids: vec!["sg-1".to_owned()],
        dual_stack: true,
    });
    function.configuration.settings.layers =
        vec!["arn:aws:lambda:eu-west-1:123456789012:layer:tools:3".to_owned()];
    function.configuration.settings.dead_letter_target =
        Some("arn:aws:sqs:eu-west-1:123456789012:dead".to_owned());
    function.configuration.settings.kms_key = Some(KEY.to_owned());
    function.configuration.settings.logging = FunctionLogging {
        format: LogFormat::Json,
        application_level: Some("INFO".to_owned()),
        system_level: Some("WARN".to_owned()),
    };
    function.logs.kms_key = Some(KEY.to_owned());
    function.reserved_concurrency = Some(0);
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
    write(dir.path(), &project.files).unwrap();
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
        assert_eq!(written.log_kms_key.as_deref(), Some(KEY));
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
    for told in [
        "`b` (a container image)",
        "several architectures, and txflow builds all of them for `x86_64`",
        "gives an EXPRESS one the level `ALL`",
    ] {
        assert!(notes.contains(told), "{told} is missing in {notes}");
    }
    assert_eq!(loaded(&project).state_machines.main.logging, LogLevel::All);
}

#[test]
fn a_name_that_aws_would_refuse_is_refused() {
    let long = "n".repeat(60);
    let existing = existing(state_machine(), &[(&long, function(&[]))]);
    assert!(existing.project("orders", "dev").is_err());
}
