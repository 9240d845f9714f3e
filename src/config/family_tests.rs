//! What is said of several state machines.

use std::fs;

use super::{FILE_NAME, load};

/// The codes and messages for a family whose `ship` has this definition.
fn family(ship: &str, more: &str) -> Vec<(String, String)> {
    let dir = tempfile::tempdir().unwrap();
    let main = r#"{ "StartAt": "A", "States": { "A": { "Type": "Succeed" } } }"#;
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    write(
        FILE_NAME,
        &format!("name = \"shop\"\n[state-machines.ship]\n{more}"),
    );
    write("definition.asl.json", main);
    write("ship.asl.json", ship);
    let found = match load(dir.path(), "dev", &|_| None) {
        Ok(deployment) => deployment.warnings,
        Err(diagnostics) => diagnostics.0,
    };
    let found = found.into_iter();
    found.map(|one| (one.code, one.message)).collect()
}

#[test]
fn a_state_machine_is_started_by_something_and_not_by_itself() {
    let plain = r#"{ "StartAt": "A", "States": { "A": { "Type": "Succeed" } } }"#;
    let unused = (
        "unused-state-machine",
        "no state starts the state machine `ship`",
    );
    let told = |found: Vec<(String, String)>, (code, message): (&str, &str)| {
        found == [(code.to_owned(), message.to_owned())]
    };
    assert!(told(family(plain, ""), unused));
    let tested = "[tests.SHIP]\nstate-machine = \"ship\"\ninput = {}\n";
    assert_eq!(family(plain, tested), []);
    let itself = r#"{ "StartAt": "A", "States": { "A": { "Type": "Task", "Resource": "arn:aws:states:::states:startExecution",
        "Parameters": { "StateMachineArn": "${ship}" }, "End": true } } }"#;
    let circle = (
        "cycle",
        "the state machine `ship` starts itself: `ship` → `ship`",
    );
    assert!(told(family(itself, ""), circle));
    let unknown = "[tests.SHIP]\nstate-machine = \"shp\"\ninput = {}\n";
    let found = family(plain, unknown);
    assert!(
        found
            .iter()
            .any(|(code, _)| code == "unknown-state-machine"),
        "{found:?}"
    );
}

#[test]
fn a_name_is_that_of_one_function_or_one_state_machine() {
    let plain = r#"{ "StartAt": "A", "States": { "A": { "Type": "Succeed" } } }"#;
    let found = family(plain, "[functions.ship]\n");
    let conflict = "`${ship}` would be this state machine and the function in line 3";
    let mut messages = found.iter().map(|(_, message)| message.as_str());
    assert!(messages.any(|message| message == conflict), "{found:?}");
}
