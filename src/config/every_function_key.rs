//! Every key of a function, each with a value other than its default.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use super::function::Function;
use super::section::Section as _;
use super::setting::Definitions;
use super::{FILE_NAME, FunctionConfig, load};

/// The region and the account of its ARNs.
const OWNER: &str = "us-east-1:000000000000";

/// How a function is built and what its role allows is not in Lambda's configuration, and has tests of its own.
const ELSEWHERE: [&str; 3] = ["features", "role", "statements"];

/// What the keys become in this region and account.
pub(crate) fn every_function_key(owner: &str) -> FunctionConfig {
    let keys = include_str!("../../tests/it/fixtures/every_function_key.toml");
    loaded(&keys.replace(OWNER, owner))
}

fn loaded(keys: &str) -> FunctionConfig {
    let dir = tempfile::tempdir().unwrap();
    let text = format!("name = \"shop\"\n[functions.buy]\n{keys}");
    let definition = r#"{ "StartAt": "Buy", "States": { "Buy": { "Type": "Task", "Resource": "${buy}", "End": true } } }"#;
    fs::write(dir.path().join(FILE_NAME), text).unwrap();
    fs::write(dir.path().join("definition.asl.json"), definition).unwrap();
    let mut deployment = load(dir.path(), "dev", &|_| None).unwrap();
    deployment.functions.remove("buy").unwrap()
}

#[test]
fn no_key_of_a_function_is_missing() {
    let declared = Function::keys(&mut Definitions::default()).into_iter();
    let declared = declared.map(|key| key.name);
    let declared = declared.filter(|key| !ELSEWHERE.contains(&key.as_str()));
    let text = include_str!("../../tests/it/fixtures/every_function_key.toml");
    let table: toml::Table = text.parse().unwrap();
    let written: BTreeSet<String> = table.keys().cloned().collect();
    assert_eq!(written, declared.collect());
}

#[test]
fn each_key_is_written_as_it_is_read() {
    let text = include_str!("../../tests/it/fixtures/every_function_key.toml");
    let read: BTreeMap<String, Value> = toml::from_str(text).unwrap();
    let mut config = loaded(text);
    let written: BTreeMap<String, Value> = { config.keys().into_iter() }
        .map(|(key, value)| (key.to_owned(), value))
        .chain([("environment".to_owned(), read["environment"].clone())])
        .collect();
    assert_eq!(written, read);

    config.settings.environment.clear();
    let written = config.keys().into_iter();
    let written = written.map(|(key, value)| {
        let value = toml::Value::try_from(value).unwrap();
        format!("{key} = {value}\n")
    });
    assert_eq!(loaded(&written.collect::<String>()), config);
    assert_eq!(FunctionConfig::unwritten().keys(), []);
}
