//! The names of the tests that the page writes, which say what their executions were about.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::Value;
use txflow_asl::walk;
use uuid::Uuid;

use crate::commands::new_test::new_test_name;
use crate::config::{ExecutionStatus, MachineName};
use crate::executions::{Family, Run, Status, is_fork, test_of};
use crate::world::{MASK, Secrets};

/// How much of a text is in a name.
const LONGEST: usize = 40;

/// The names that were given while the page is served, by the execution: somebody may copy several before the first one is in
/// `deploy.toml`.
#[derive(Default)]
pub(super) struct TestNames(RefCell<BTreeMap<String, String>>);

impl TestNames {
    /// A name that no other execution and no test of deploy.toml has.
    pub fn name(&self, execution_arn: &str, parts: &[String], declared: &[&str]) -> String {
        let mut given = self.0.borrow_mut();
        given.remove(execution_arn);
        let is_taken = |name: &str| {
            declared.contains(&name) || given.values().any(|other| other.as_str() == name)
        };
        let name = new_test_name(parts.iter().map(String::as_str), is_taken);
        given.insert(execution_arn.to_owned(), name.clone());
        name
    }
}

/// What the name of a test of this execution consists of: a name that somebody chose; else the test or the type of its input, and
/// what became of it.
pub(super) fn parts(
    machine: &MachineName,
    run: &Run,
    definition: Option<&Value>,
    secrets: &Secrets,
) -> Vec<String> {
    let family = Family::of(run.name());
    let first = family.origin().unwrap_or(run.name());
    let chosen = (!is_generated(first)).then_some(first);
    let kind = || definition.and_then(|definition| kind(definition, run.input.as_ref()?));
    let subject = test_of(first).or(chosen).or_else(kind);
    let subject = subject.or_else(|| machine.given());
    let fork = is_fork(run.name()).then_some("fork");
    let status = match run.status {
        Status::Ended(ExecutionStatus::Succeeded) if subject.is_some() => None,
        _ if chosen.is_some() => None,
        status => Some(status.as_str()),
    };
    let failed = status.and(run.error.as_ref()).and(run.failed_state());
    let failed = failed.map(|state| state.name.as_str());
    let parts = [subject, fork, status, failed].into_iter().flatten();
    let masked = parts.map(|part| secrets.mask(part));
    masked
        .map(|part| part.chars().take(LONGEST).collect())
        .collect()
}

/// Whether nobody chose the name of an execution: txflow gives an id if none is given, and so do the SDKs and the console.
fn is_generated(name: &str) -> bool {
    let id = name.strip_prefix("txflow-").unwrap_or(name);
    test_of(name).is_some() || Uuid::try_parse(id).is_ok()
}

/// The text in the input by which a `Choice` state decides, such as `PURCHASE`.
fn kind<'a>(definition: &Value, input: &'a Value) -> Option<&'a str> {
    let choices: Vec<String> = walk::all_states(definition)
        .filter(|(_, state)| state["Type"] == "Choice")
        .map(|(_, state)| state["Choices"].to_string())
        .collect();
    let names = |text: &&str| {
        let quoted = ['"', '\''].map(|quote| format!("{quote}{text}{quote}"));
        let escaped = format!("\\\"{text}\\\"");
        let mut forms = quoted.iter().chain([&escaped]);
        forms.any(|form| choices.iter().any(|choice| choice.contains(form)))
    };
    let fields = input.as_object()?.values();
    let mut texts = fields.filter_map(Value::as_str);
    texts.find(|text| !text.is_empty() && !text.contains(MASK) && names(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "9b5f5b31-50d1-4583-9d4b-8e0e1a2b3c4d";

    fn named(name: &str, status: ExecutionStatus, input: Value) -> String {
        let run = Run {
            execution_arn: format!("arn:aws:states:r:1:execution:shop-dev:{name}"),
            input: Some(input),
            ..Run::sample(Status::Ended(status))
        };
        let choice = json!({ "StartAt": "Type", "States": { "Type": {
            "Type": "Choice",
            "Choices": [{ "Variable": "$.type", "StringEquals": "PURCHASE", "Next": "Buy" }],
        } } });
        let secrets = Secrets::default();
        secrets.add(["hunter22"], &[]);
        let parts = parts(&MachineName::Main, &run, Some(&choice), &secrets);
        TestNames::default().name(&run.execution_arn, &parts, &[])
    }

    #[test]
    fn a_name_says_what_an_execution_was_about() {
        use ExecutionStatus::{Failed, Succeeded, TimedOut};
        let purchase = || json!({ "id": "o-1", "type": "PURCHASE" });
        let generated = format!("txflow-{ID}");
        assert_eq!(named(&generated, Succeeded, purchase()), "PURCHASE");
        assert_eq!(
            named(&generated, TimedOut, purchase()),
            "PURCHASE_TIMED_OUT"
        );
        assert_eq!(named(ID, Failed, json!({ "type": "OTHER" })), "FAILED");
        assert_eq!(named(ID, Succeeded, json!(7)), "SUCCEEDED");
        let of_test = format!("txflow-REFUND-{ID}");
        assert_eq!(named(&of_test, Failed, purchase()), "REFUND_FAILED");
        assert_eq!(named("order-17", Failed, purchase()), "ORDER_17");
        assert_eq!(named("order-hunter22", Failed, json!({})), "ORDER");
        for (first, fork) in [
            (&*generated, "PURCHASE_FORK"),
            ("order-17", "ORDER_17_FORK"),
        ] {
            let name = Family::of(first).fork(1);
            assert_eq!(named(&name, Succeeded, purchase()), fork);
        }
    }

    #[test]
    fn no_two_executions_are_given_the_same_name_and_each_keeps_its_own() {
        let names = TestNames::default();
        let name = |arn: &str, declared: &[&str]| names.name(arn, &["sale".to_owned()], declared);
        assert_eq!(name("a", &[]), "SALE");
        assert_eq!(name("b", &[]), "SALE_2");
        assert_eq!(name("a", &[]), "SALE");
        // As soon as deploy.toml has it.
        assert_eq!(name("a", &["SALE"]), "SALE_3");
        assert_eq!(name("b", &["SALE"]), "SALE_2");
    }
}
