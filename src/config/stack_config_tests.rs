//! What is known of a stack whose files have errors.

use std::fs;

use super::{
    Diagnostics, FILE_NAME, Protection, Severity, StackReading, StateMachineKind, load, load_stack,
};

fn reading(toml: &str, stage: &str) -> Result<StackReading, Diagnostics> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FILE_NAME), toml).unwrap();
    let variable = |name: &str| (name == "TOKEN").then(|| "from-the-environment".to_owned());
    load_stack(dir.path(), stage, &variable)
}

/// What is said of a file that cannot be deployed.
fn refused(toml: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FILE_NAME), toml).unwrap();
    load(dir.path(), "prod", &|_| None).unwrap_err().to_string()
}

/// A file without a definition, which alone is an error.
fn known(toml: &str) -> StackReading {
    reading(toml, "prod").unwrap_or_else(|errors| panic!("{toml}\n{errors}"))
}

#[test]
fn what_names_the_stack_is_read_whatever_else_is_wrong() {
    let file = r#"
name = "shop"
region = "eu-west-1"
account = "123456789012"
keep-versions = 7
unknown = { }
[roles]
path-prefix = "/team"
permissions-boundary = 3
[functions.buy]
memory = "much"
[functions.sell]
role = "arn:aws:iam::123456789012:role/own"
[state-machine]
type = "EXPRESS"
[state-machines.ship]
logging = "LOUD"
[[triggers]]
name = "hourly"
schedule = "rate(sometimes)"
[stages.prod]
region = "eu-central-1"
protect = true
"#;
    let StackReading {
        config,
        deployment,
        ignored,
        ..
    } = known(file);
    assert!(deployment.is_none());
    assert_eq!(
        (config.name.as_str(), config.stage.as_str()),
        ("shop", "prod")
    );
    assert_eq!(config.region.as_deref(), Some("eu-central-1"));
    assert_eq!(config.account.as_deref(), Some("123456789012"));
    assert_eq!((config.keep_versions, config.has_triggers), (7, true));
    assert_eq!(config.protection, Protection::On);
    assert_eq!(config.roles.path_prefix, "/team");
    let handlers: Vec<&str> = config.handlers.iter().map(String::as_str).collect();
    assert_eq!(handlers, ["buy", "sell"]);
    assert_eq!(config.roles.of_others.len(), 1);
    assert_eq!(config.state_machines.main, StateMachineKind::Express);
    assert!(config.state_machines.named.contains_key("ship"));

    let ignored = ignored.expect("a warning");
    assert_eq!(ignored.severity, Severity::Warning);
    let place = ignored.place.expect("its place");
    assert_eq!((place.line, place.column), (6, 1));
    assert!(
        ignored
            .hint
            .is_some_and(|hint| hint.contains("txflow validate"))
    );
}

#[test]
fn a_whole_file_says_the_same_either_way() {
    let dir = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| fs::write(dir.path().join(file), text).unwrap();
    let toml = "name = \"shop\"\nprotect = true\n[functions.buy]\n[[triggers]]\nname = \"all\"\n\
                event-pattern = { source = [\"shop\"] }\nevent-bus = \"orders\"\n";
    let definition = r#"{ "StartAt": "A", "States": { "A": { "Type": "Task", "Resource": "${buy}", "End": true } } }"#;
    write(FILE_NAME, toml);
    write("definition.asl.json", definition);
    let load = || load_stack(dir.path(), "dev", &|_| None).unwrap();
    let whole = load();
    assert!(whole.deployment.is_some() && whole.ignored.is_none());
    write("definition.asl.json", "{");
    let broken = load();
    assert!(broken.deployment.is_none() && broken.ignored.is_some());
    assert_eq!(whole.config, broken.config);
    assert_eq!(whole.config.event_buses.len(), 1);
}

#[test]
fn what_tells_the_stack_and_the_account_is_never_guessed() {
    for broken in [
        "nam = \"shop\"",
        "name = 3",
        "name = \"shop\"\nregion = \"Frankfurt\"",
        "name = \"shop\"\naccount = \"12345\"",
        "name = \"shop\"\nacount = \"123456789012\"",
        "name = \"shop\"\n[roles]\npath-prefix = 3",
        "name = \"shop\"\n[roles]\npathprefix = \"/team\"",
        "name = \"shop\"\nroles = 3",
        "name = \"shop\"\nstages = 3",
        "name = \"shop\"\n[stages]\nprod = 3",
        "name = \"shop\"\n[stage.prod]\nregion = \"eu-west-1\"",
        "name = \"shop\"\n[stages.prod]\naccount = true",
        "name = \"shop\"\n[stages.\"prod \"]\nprotect = true",
        // At the end of the file a key is in its last table.
        "name = \"shop\"\n[build]\naccount = \"123456789012\"",
        "name = ",
    ] {
        assert!(reading(broken, "prod").is_err(), "{broken}");
    }
    assert!(reading("name = \"shop\"", "not a stage").is_err());
    // What the stage overrides is not needed.
    let overridden = "name = \"shop\"\nregion = 3\n[stages.prod]\nregion = \"eu-west-1\"";
    assert_eq!(
        known(overridden).config.region.as_deref(),
        Some("eu-west-1")
    );
}

/// `[stages.prods]` was meant for `prod`, or `prd` for the stage `prod`.
#[test]
fn a_protection_is_not_lost_in_the_name_of_a_stage() {
    let definition = r#"{ "StartAt": "A", "States": { "A": { "Type": "Pass", "End": true } } }"#;
    let protection = |toml: &str, stage: &str| {
        let dir = tempfile::tempdir().unwrap();
        let toml = format!("name = \"shop\"\n{toml}");
        fs::write(dir.path().join(FILE_NAME), toml).unwrap();
        fs::write(dir.path().join("definition.asl.json"), definition).unwrap();
        let whole = load_stack(dir.path(), stage, &|_| None).unwrap();
        assert!(whole.deployment.is_some());
        fs::write(dir.path().join("definition.asl.json"), "{").unwrap();
        let broken = load_stack(dir.path(), stage, &|_| None).unwrap();
        assert_eq!(whole.config, broken.config);
        whole.config.protection
    };
    let near = |name: &str| Protection::Near(name.to_owned());
    let prods = "[stages.prods]\nprotect = true";
    assert_eq!(protection(prods, "prod"), near("prods"));
    assert_eq!(protection(prods, "prods"), Protection::On);
    assert_eq!(
        protection("[stages.prod]\nprotect = true", "prd"),
        near("prod")
    );
    // What is declared, is meant otherwise, or is not protected.
    let both = "[stages.prod]\n[stages.prods]\nprotect = true";
    assert_eq!(protection(both, "prod"), Protection::Off);
    assert_eq!(protection(prods, "test"), Protection::Off);
    assert_eq!(protection(prods, "dev"), Protection::Off);
    assert_eq!(protection("[stages.prods]", "prod"), Protection::Off);
}

#[test]
fn a_protection_is_not_lost_in_an_error() {
    let protection = |toml: &str| known(&format!("name = \"shop\"\n{toml}")).config.protection;
    assert_eq!(protection("protect = true\nunknown = 1"), Protection::On);
    assert_eq!(protection("protect = false\nunknown = 1"), Protection::Off);
    assert_eq!(protection("[functions.buy]\nmemory = 1"), Protection::Off);
    assert_eq!(
        protection("protect = true\n[stages.prod]\nprotect = false"),
        Protection::Off
    );
    for unclear in [
        "protect = \"true\"",
        "protect = false\n[stages.prod]\nprotect = 1",
        "protct = true",
        "any = 1",
        "[stages.prod]\nguard = true",
        "[build]\nprotect = true",
        "[defaults.x]\nprotect = true",
    ] {
        let found = protection(unclear);
        let Protection::Unknown(place) = found else {
            panic!("{unclear}: {found:?}");
        };
        assert!(
            place.to_string().starts_with('/') && place.line > 1,
            "{place}"
        );
    }
}

#[test]
fn secrets_stay_hidden_though_their_tables_are_broken() {
    let file = r#"
name = "shop"
[substitutions]
key = { value = "literal-secret", secret = "yes" }
[functions.buy]
environment.A = { env = "TOKEN", secret = true, unknown = 1 }
environment.B = { default = "default-secret", env = 3, secret = true }
"#;
    let secrets = known(file).secrets;
    let all = ["default-secret", "from-the-environment", "literal-secret"];
    assert_eq!(secrets.iter().collect::<Vec<_>>(), all);
    let local = "name = \"shop\"\n[local.secrets.db]\nvalue = { env = \"TOKEN\" }\nunknown = 1";
    assert!(known(local).secrets.contains("from-the-environment"));
}

#[test]
fn a_misspelt_key_does_not_show_a_secret() {
    for entry in [
        r#"A = { value = "5up3r-s3cret", secrte = true }"#,
        r#"A = { valeu = "5up3r-s3cret", secret = true }"#,
        r#"A = { valeu = "5up3r-s3cret" }"#,
        r#"A = { default = "5up3r-s3cret", env = "NONE", secrets = true }"#,
    ] {
        for table in ["functions.buy.environment", "substitutions"] {
            let file = format!("name = \"shop\"\n[functions.buy]\n[{table}]\n{entry}\n");
            assert!(known(&file).secrets.contains("5up3r-s3cret"), "{file}");
            let shown = refused(&file);
            assert!(
                shown.contains("unknown-key") && !shown.contains("5up3r"),
                "{shown}"
            );
        }
    }
    let file =
        "name = \"shop\"\n[functions.buy.environment]\nA = { env = \"TOKEN\", secrte = true }";
    assert!(known(file).secrets.contains("from-the-environment"));
    let file =
        "name = \"shop\"\n[functions.buy.environment]\nA = { evn = \"TOKEN\", secret = true }";
    assert!(known(file).secrets.contains("from-the-environment"));
}

#[test]
fn the_line_of_a_syntax_error_does_not_show_a_secret() {
    for line in [
        r#"A = { value = "5up3r-s3cret", secret = tru }"#,
        r#"A = { value = "5up3r-s3cret" secret = true }"#,
        r#"A = { value = 5up3r-s3cret, secret = true }"#,
        r#"A = "5up3r-s3cret"#,
        r#"A = '5up3r-s3cret' x"#,
        "A = \"\"\"\n5up3r-s3cret \\K\n\"\"\"",
    ] {
        let file = format!("name = \"shop\"\n[functions.buy.environment]\n{line}\n");
        let shown = refused(&file);
        assert!(
            shown.contains("syntax") && !shown.contains("5up3r"),
            "{shown}"
        );
    }
    // What cannot be one is shown.
    let shown = refused("name = \"shop\nregion = \"eu-west-1\"\n");
    assert!(shown.contains("| name = \"shop"), "{shown}");
}
