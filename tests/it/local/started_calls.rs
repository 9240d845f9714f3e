//! What a test says of calls, made by executions that the tested one started: nested ones and those of Distributed Maps.

use serde_json::{Value, json};

use super::deployed;
use crate::support::project::{Project, start_and_wait};

/// Puts `$.id` into a table, and goes on with its input.
fn put(table: &str) -> Value {
    json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:putItem",
        "Parameters": { "TableName": table, "Item": { "id": { "S.$": "$.id" } } },
        "ResultPath": null,
        "End": true
    })
}

fn then(mut state: Value, next: &str) -> Value {
    if let Some(state) = state.as_object_mut() {
        state.remove("End");
        state.remove("OutputPath");
        state.insert("ResultPath".to_owned(), Value::Null);
        state.insert("Next".to_owned(), next.into());
    }
    state
}

/// Each item of a Distributed Map is stored and shipped by its child execution, and the order as a whole is shipped at last.
/// `ship` starts `bill`, so what that calls was started twice removed.
fn orders(children: &str) -> Project {
    // An express execution cannot wait for what it starts.
    let store = match children {
        "EXPRESS" => json!({ "Store": put("items") }),
        _ => {
            json!({ "Store": then(put("items"), "Ship item"), "Ship item": start_and_wait("ship") })
        }
    };
    let map = json!({
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": children },
            "StartAt": "Store",
            "States": store,
        },
        "ResultPath": null,
        "Next": "Ship order",
    });
    let states = json!({ "Each": map, "Ship order": start_and_wait("ship") });
    let mark = json!({ "Mark": then(put("shipped"), "Bill"), "Bill": start_and_wait("bill") });
    Project::new("orders")
        .handler("unused-handler")
        .definition(json!({ "StartAt": "Each", "States": states }))
        .beside("ship", json!({ "StartAt": "Mark", "States": mark }))
        .beside(
            "bill",
            json!({ "StartAt": "Charge", "States": { "Charge": put("bills") } }),
        )
        .settings(
            r#"
[local.tables]
items = { partition-key = "id" }
shipped = { partition-key = "id" }
bills = { partition-key = "id" }
"#,
        )
}

const INPUT: &str =
    r#"input = { id = "o-1", items = [{ id = "i-1" }, { id = "i-2" }, { id = "i-3" }] }"#;

/// `[[tests.<test>.expect.calls]]` of `putItem`.
fn calls(test: &str, table: &str, id: &str, times: &str) -> String {
    format!(
        "\n[[tests.{test}.expect.calls]]\nservice = \"dynamodb\"\naction = \"putItem\"\n\
         where = {{ TableName = \"{table}\"{id} }}\ntimes = {times}\n"
    )
}

#[tokio::test]
async fn the_calls_of_child_executions_count() {
    let item = ", \"$.Item.id.S\" = \"i-2\"";
    let order = ", \"$.Item.id.S\" = \"o-1\"";
    let found = [
        format!("[tests.FOUND]\n{INPUT}\n"),
        // By the children of the Map.
        calls("FOUND", "items", "", "3"),
        calls("FOUND", "items", item, "1"),
        // By what these start, and by what the tested execution starts.
        calls("FOUND", "shipped", "", "4"),
        calls("FOUND", "shipped", order, "1"),
        // By what that starts in turn.
        calls("FOUND", "bills", "", "4"),
        calls("FOUND", "bills", item, "1"),
    ]
    .concat();
    let project = orders("STANDARD").settings(&found).write();
    let deploy = ["deploy", "--local", "--test"];
    let deploy = project.alone(&deploy).run().await.succeeded();
    deploy.says("1 test: 1 passed, 0 failed");

    let missed = [
        format!("[tests.MISSED]\n{INPUT}\n"),
        calls("MISSED", "items", item, "2"),
        calls("MISSED", "bills", "", "{ max = 3 }"),
    ]
    .concat();
    let project = project.settings(&missed).write();
    let test = ["test", "--local", "--type", "MISSED"];
    let test = project.alone(&test).run().await.exits_with(3);
    test.says("expected 2, got 1")
        .says("expected at most 3, got 4")
        .says("`Charge` calls dynamodb:putItem");
}

/// Nobody can read the history of an `EXPRESS` child, so what is found is the least that was called.
#[tokio::test]
async fn an_upper_bound_fails_if_there_are_express_children() {
    let tests = [
        format!("[tests.LEAST]\n{INPUT}\n"),
        calls("LEAST", "shipped", "", "{ min = 1 }"),
        format!("[tests.MOST]\n{INPUT}\n"),
        calls("MOST", "shipped", "", "1"),
    ]
    .concat();
    let project = orders("EXPRESS").settings(&tests).write();
    deployed(&project, "dev").await;
    let least = ["test", "--local", "--type", "LEAST"];
    project.alone(&least).run().await.succeeded();
    let most = ["test", "--local", "--type", "MOST"];
    let most = project.alone(&most).run().await.exits_with(3);
    most.says("3 executions of a Map Run could not be looked at");
}
