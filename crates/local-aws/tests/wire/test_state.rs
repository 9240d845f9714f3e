//! TestState, as far as its request goes: what the API's model refuses, and what is read of it.

use serde_json::{Value, json};
use txflow_local_aws::LocalAws;

use crate::client::{Answer, Client};
use crate::server::{Directory, options};

async fn served(test: impl FnOnce(Client)) {
    let directory = Directory::new();
    let aws = LocalAws::start(options(&directory).await).await.unwrap();
    test(Client::new(aws.address()));
}

fn call(client: Client, state: &Value, more: Value) -> Answer {
    let mut request = json!({ "definition": state.to_string() });
    request
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    client.states("TestState", &request)
}

/// The limits are those of the API's model.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_model_does_not_allow_is_refused_with_its_name() {
    served(|client| {
        let pass = json!({ "Type": "Pass", "End": true });
        for (more, constraint) in [
            (json!({ "stateName": "" }), "Value '' at 'stateName' failed to satisfy constraint: Member must have length greater than or equal to 1"),
            (json!({ "stateName": "s".repeat(81) }), "at 'stateName' failed to satisfy constraint: Member must have length less than or equal to 80"),
            (json!({ "roleArn": "" }), "at 'roleArn'"),
            (json!({ "inspectionLevel": "ALL" }), "Member must satisfy enum value set: [INFO, DEBUG, TRACE]"),
            (json!({ "mock": { "fieldValidationMode": "SOME" } }), "Member must satisfy enum value set: [STRICT, PRESENT, NONE]"),
            (json!({ "mock": { "errorOutput": { "error": "e".repeat(257) } } }), "at 'mock.errorOutput.error'"),
            (json!({ "stateConfiguration": { "retrierRetryCount": -1 } }), "Member must have value greater than or equal to 0"),
            (json!({ "stateConfiguration": { "mapIterationFailureCount": -1 } }), "at 'stateConfiguration.mapIterationFailureCount'"),
            (json!({ "variables": format!("\"{}\"", "v".repeat(262_144)) }), "Value at 'variables'"),
        ] {
            let refused = call(client, &pass, more);
            assert_eq!(refused.status, 400, "{}", refused.body);
            let message = refused.json()["message"].as_str().unwrap().to_owned();
            assert!(message.contains(constraint), "{message}");
            assert!(refused.body.contains("ValidationException"), "{}", refused.body);
        }
        let role = call(client, &pass, json!({ "roleArn": "role" }));
        assert!(role.body.contains("Invalid Arn: 'Invalid ARN prefix: role'"), "{}", role.body);
        let input = call(client, &pass, json!({ "input": "not json" }));
        assert!(input.body.contains("InvalidExecutionInput"), "{}", input.body);
        let wrong = call(client, &pass, json!({ "mock": "text" }));
        assert!(wrong.body.contains("SerializationException"), "{}", wrong.body);
    })
    .await;
}

/// "The data read by ItemReader in Distributed Map states as found in its original source", as the API's model has it.
#[tokio::test(flavor = "multi_thread")]
async fn the_data_of_an_item_reader_is_read_as_the_reader_would() {
    served(|client| {
        let shown = |config: Value, data: &str| {
            let state = json!({ "Type": "Map", "End": true,
                "ItemReader": { "Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config,
                    "Parameters": { "Bucket": "b", "Key": "k" } },
                "ItemSelector": { "v.$": "$$.Map.Item.Value" },
                "ItemProcessor": { "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
                    "StartAt": "B", "States": { "B": { "Type": "Pass", "End": true } } } });
            let more = json!({ "inspectionLevel": "DEBUG", "mock": { "result": "[]" },
                "stateConfiguration": { "mapItemReaderData": data } });
            let tested = call(client, &state, more).json();
            tested["inspectionData"]["afterItemSelector"].clone()
        };
        let csv = json!({ "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW" });
        assert_eq!(shown(csv, "id,n\na,1\n"), r#"[{"v":{"id":"a","n":"1"}}]"#);
        assert_eq!(shown(json!({ "InputType": "JSONL" }), "1\n{\"a\":2}\n"), r#"[{"v":1},{"v":{"a":2}}]"#);
        assert_eq!(shown(json!({ "InputType": "JSON" }), "[3]"), r#"[{"v":3}]"#);
        assert_eq!(shown(json!({ "InputType": "JSON" }), "{"), Value::Null);
    })
    .await;
}
