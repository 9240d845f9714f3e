//! What ships with txflow is explored without a finding.

use std::path::Path;

use serde_json::{Value, json};
use txflow_asl::ExecutionKind;
use txflow_asl::explore::{Exploration, Finding};

use super::{account, cases};
use crate::commands::replay::unversioned;
use crate::config::{self, MachineName, MockAnswer};
use crate::init::{self, Naming, Project};
use crate::stack::Stack;

/// The ids of what is found if the tests begin with these answers.
fn found(dir: &Path, machine: &MachineName, answers: &[(&str, Value)]) -> Vec<String> {
    let deployment = config::load(dir, "dev", &|_| None).unwrap();
    let stack = Stack::of(&deployment.stack_config(), account(&deployment));
    let config = deployment.state_machines.get(machine).unwrap();
    let definition = config
        .definition
        .resolve(|placeholder| unversioned(&deployment, &stack, placeholder));
    let exploration = Exploration::new(&definition, ExecutionKind::Standard).unwrap();
    let tests = deployment
        .tests
        .iter()
        .filter(|test| test.state_machine == *machine);
    let cases = tests.map(|test| {
        let mut test = test.clone();
        for (state, answer) in answers {
            let mock = vec![MockAnswer::Result(answer.clone())];
            test.mocks.insert((*state).to_owned(), mock);
        }
        // The event and the schedule have an input of their own.
        if test.input.is_null() {
            test.input = json!({ "orderId": "o-9", "customerId": "c", "items": [] });
        }
        cases::case(&test, Vec::new(), &definition)
    });
    let report = exploration.run(&cases.collect::<Vec<_>>());
    assert!(report.unknown.is_empty(), "{:?}", report.unknown);
    assert!(report.runs > 5);
    report.findings.iter().map(Finding::id).collect()
}

fn written(project: &Project) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    init::write(dir.path(), &project.files, &[]).unwrap();
    dir
}

const NAMING: Naming<'_> = Naming {
    name: "orders",
    stage: "dev",
    region: None,
};

#[test]
fn the_workflow_of_the_repository_has_no_findings() {
    let outcome = json!({ "status": "AUTHORIZED" });
    let answers = ["Purchase Handler", "Refund Handler", "Result Handler"];
    let answers = answers.map(|state| (state, outcome.clone()));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(found(root, &MachineName::Main, &answers), [""; 0]);
}

#[test]
fn the_minimal_template_has_no_findings() {
    let dir = written(&init::minimal(&NAMING).unwrap());
    let answers = [("Greet", json!({ "greeting": "Hello" }))];
    assert_eq!(found(dir.path(), &MachineName::Main, &answers), [""; 0]);
}

#[test]
fn the_example_has_no_findings() {
    let dir = written(&init::order_fulfilment(&NAMING).unwrap());
    let answers = [
        ("Store Order", json!({})),
        ("Reserve Item", json!({ "sku": "cup" })),
        ("Charge Customer", json!({ "receipt": "r-1" })),
        ("Ship", json!({ "Output": { "parcel": "p-1" } })),
        ("Close Order", json!({})),
        ("Announce", json!({ "MessageId": "m" })),
        ("Cancel Order", json!({})),
        ("Announce Cancellation", json!({ "MessageId": "m" })),
    ];
    assert_eq!(found(dir.path(), &MachineName::Main, &answers), [""; 0]);
    let shipping = MachineName::Named("shipping".to_owned());
    let answers = [("Print Label", json!({ "label": "l-1" }))];
    assert_eq!(found(dir.path(), &shipping, &answers), [""; 0]);
}
