//! What states need of their role: `docs/src/reference/permissions.md` shows it for the examples in `examples.jsonl`.
//!
//! `TXFLOW_BLESS=1 cargo test -p txflow-asl --test permissions` rewrites the page, to be reviewed in the diff.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test"
)]

mod every_service;
mod page;
mod required_types;

use serde_json::{Value, json};
use txflow_asl::integrations::{action, optimized_services};
use txflow_asl::permissions::{Need, Owner, needs};

pub(crate) const OWNER: Owner<'static> = Owner {
    partition: "aws",
    region: "eu-west-1",
    account: "123456789012",
    state_machine: "orders",
};

/// One row of the page.
struct Example {
    /// As the page shows it: `sqs:sendMessage`, or the fields of a Map.
    title: String,
    request: Value,
    source: String,
    needs: Vec<Need>,
}

fn examples() -> Vec<Example> {
    let rows = include_str!("examples.jsonl").lines();
    rows.map(|row| example(&serde_json::from_str(row).unwrap()))
        .collect()
}

fn example(row: &Value) -> Example {
    let source = row["source"].as_str().unwrap().to_owned();
    let (title, request, state) = match row["resource"].as_str() {
        None => {
            let mut state = row["map"].clone();
            state["Type"] = "Map".into();
            let fields = state.as_object().unwrap().keys();
            let fields =
                fields.filter(|field| !["ItemProcessor", "Type"].contains(&field.as_str()));
            let mut shown = serde_json::Map::new();
            for field in fields {
                shown.insert(field.clone(), state[field].clone());
            }
            ("distributed Map".to_owned(), Value::Object(shown), state)
        }
        Some(resource) => {
            let arn = match resource.starts_with("arn:") {
                true => resource.to_owned(),
                false => format!("arn:aws:states:::{resource}"),
            };
            let mut state = json!({ "Type": "Task", "Resource": arn });
            let language = row["language"].as_str().unwrap_or("JSONPath");
            state["QueryLanguage"] = language.into();
            if let Some(request) = row.get("request") {
                let field = if language == "JSONata" {
                    "Arguments"
                } else {
                    "Parameters"
                };
                state[field] = request.clone();
            }
            let mut shown = row.get("request").cloned().unwrap_or_default();
            for (field, value) in row["more"].as_object().into_iter().flatten() {
                state[field] = value.clone();
                shown[field] = value.clone();
            }
            (resource.to_owned(), shown, state)
        }
    };
    let definition = json!({ "StartAt": "State", "States": { "State": state } });
    Example {
        title,
        request,
        source,
        needs: needs(&definition, &OWNER),
    }
}

#[test]
fn the_page_shows_what_each_example_needs() {
    let page = page::write(&examples());
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/src/reference/permissions.md"
    );
    if std::env::var_os("TXFLOW_BLESS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == page,
        "docs/src/reference/permissions.md is old: run with TXFLOW_BLESS=1"
    );
}

/// What AWS documents for an integration, but the reference that `services.bin` was made of does not have yet. Source:
/// <https://docs.aws.amazon.com/step-functions/latest/dg/connect-bedrockagentcore.html>.
const NEWER: &[&str] = &["bedrock-agentcore:InvokeHarness"];

#[test]
fn iam_has_every_action() {
    for example in examples() {
        for need in example.needs {
            assert!(
                action(&need.action).is_some() || NEWER.contains(&need.action.as_str()),
                "{} {}",
                example.title,
                need.action
            );
        }
    }
}

#[test]
fn every_optimized_integration_has_an_example() {
    let examples = examples();
    for entry in optimized_services() {
        let name = format!("{}:{}", entry.service, entry.action);
        let found = examples.iter().any(|example| {
            let title = example.title.split('.').next().unwrap();
            title == name
        });
        assert!(found, "{name}");
    }
}
