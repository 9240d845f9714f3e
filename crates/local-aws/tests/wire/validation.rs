//! What ValidateStateMachineDefinition, CreateStateMachine and UpdateStateMachine say of a definition.

use serde_json::{Value, json};

use crate::server::Server;

/// The diagnostics of a definition, as `SEVERITY CODE: message at location`, and whether there are more.
fn judged(server: &Server, definition: &Value, options: Value) -> (Value, Vec<String>, bool) {
    let mut request = options;
    request["definition"] = definition.to_string().into();
    let answer = server
        .client
        .states("ValidateStateMachineDefinition", &request)
        .json();
    let text = |value: &Value| value.as_str().unwrap_or("null").to_owned();
    let diagnostics = answer["diagnostics"].as_array().unwrap().iter();
    let listed = diagnostics.map(|found| {
        let [severity, code, message, location] =
            ["severity", "code", "message", "location"].map(|name| text(&found[name]));
        format!("{severity} {code}: {message} at {location}")
    });
    (
        answer["result"].clone(),
        listed.collect(),
        answer["truncated"] == true,
    )
}

fn faulty() -> Value {
    json!({ "StartAt": "A", "States": { "A": {
        "Type": "Pass", "Next": "Z", "Extra": 1, "Parameters": { "a": "$.b" },
    } } })
}

const ERRORS: [&str; 3] = [
    "SCHEMA_VALIDATION_FAILED: Field 'Extra' is not supported at /States/A",
    "MISSING_TRANSITION_TARGET: Missing 'Next' target: Z at /States/A/Next",
    "MISSING_END_STATE: Workflow has no terminal state at null",
];

#[tokio::test(flavor = "multi_thread")]
async fn all_findings_are_told_in_the_order_of_aws() {
    let server = Server::start().await;
    let errors: Vec<String> = ERRORS
        .iter()
        .map(|error| format!("ERROR {error}"))
        .collect();
    let (result, found, truncated) = judged(&server, &faulty(), json!({}));
    assert_eq!((result, truncated), (json!("FAIL"), false));
    assert_eq!(found, errors);

    let (_, found, truncated) = judged(&server, &faulty(), json!({ "maxResults": 2 }));
    assert_eq!((found, truncated), (errors[..2].to_vec(), true));

    let (_, found, _) = judged(&server, &faulty(), json!({ "severity": "WARNING" }));
    assert_eq!(found.len(), 4);
    let warnings: Vec<&String> = found.iter().filter(|f| f.starts_with("WARNING ")).collect();
    assert!(
        warnings[0].starts_with("WARNING NO_DOLLAR: "),
        "{warnings:?}"
    );
}

/// txflow warns of more than AWS does, such as a Choice state without `Default`.
#[tokio::test(flavor = "multi_thread")]
async fn only_warnings_of_aws_are_told() {
    let server = Server::start().await;
    let rule = json!({ "Variable": "$.a", "IsPresent": true, "Next": "B" });
    let definition = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Choice", "Choices": [rule] },
        "B": { "Type": "Succeed" },
    } });
    let answer = judged(&server, &definition, json!({ "severity": "WARNING" }));
    assert_eq!(answer, (json!("OK"), Vec::new(), false));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_created_and_updated_is_refused_with_all_of_them() {
    let server = Server::start().await;
    let valid = json!({ "StartAt": "A", "States": { "A": { "Type": "Succeed" } } });
    let machine = server.state_machine("valid", &valid);
    let update = json!({ "stateMachineArn": machine, "definition": faulty().to_string() });
    let answer = server.client.states("UpdateStateMachine", &update);
    assert_eq!(answer.status, 400);
    let message = format!("Invalid State Machine Definition: '{}'", ERRORS.join(", "));
    assert_eq!(answer.json()["message"], message);
}
