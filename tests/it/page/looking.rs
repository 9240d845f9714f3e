//! What the pages show.

use serde_json::{Value, json};

use super::client::{between, shown};
use super::{Opened, calls, orders};
use crate::support::project::{Project, start_and_wait};

#[tokio::test]
async fn a_failed_execution_shows_where_why_and_what_its_handler_said() {
    let opened = Opened::deployed(orders()).await;
    opened
        .ran("order-17", &json!({ "kind": "ORDER", "fail": true }))
        .await;
    let list = opened.client.page("/dev/executions").await;
    assert!(
        list.contains("href=\"/dev/executions/orders-dev/order-17\">order-17</a>"),
        "{list}"
    );
    assert!(list.contains("FAILED"), "{list}");

    let page = opened
        .client
        .page("/dev/executions/orders-dev/order-17")
        .await;
    let text = shown(&page);
    for said in [
        "Failed in state Charge",
        "Refused",
        "the event says so",
        "Attempt 1",
        "Attempt 2",
        "next after 1.00 s",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    // The graph is painted, and leads to the states.
    assert!(
        page.contains("<svg xmlns=\"http://www.w3.org/2000/svg\""),
        "{page}"
    );
    assert!(
        page.contains(
            "<a href=\"/dev/executions/orders-dev/order-17/states/1\"><g class=\"state failed"
        ),
        "{page}"
    );
    assert!(
        !page.contains("<style") && !page.contains(" style="),
        "{page}"
    );
    assert!(text.contains("[tests.ORDER_17]"), "{text}");

    let state = opened
        .client
        .page("/dev/executions/orders-dev/order-17/states/1")
        .await;
    let text = shown(&state);
    for said in [
        "Charge",
        "Attempt 2 failed: Refused",
        "charge revision 1 has {",
        "lambda:invoke",
        "definition.asl.json:",
        "The next attempt came after 1.00 s.",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[tokio::test]
async fn a_state_shows_what_each_path_made_of_its_data() {
    let opened = Opened::deployed(orders()).await;
    opened.ran("order-18", &json!({ "kind": "ORDER" })).await;
    let state = opened
        .client
        .page("/dev/executions/orders-dev/order-18/states/1")
        .await;
    let text = shown(&state);
    for step in ["Input", "Parameters", "Result", "ResultPath", "Output"] {
        assert!(text.contains(step), "{step}: {text}");
    }
    assert!(!text.contains("Between input and output"), "{text}");
    assert!(
        state.contains("<ins class=\"line\">+   &quot;charge&quot;: {</ins>"),
        "{state}"
    );
}

#[tokio::test]
async fn an_execution_that_a_state_started_is_shown_inside() {
    let mut pay = start_and_wait("payment");
    pay["OutputPath"] = "$".into();
    let project = Project::new("orders")
        .handler("charge")
        .beside(
            "payment",
            json!({ "StartAt": "Pay", "States": { "Pay": calls("charge", None) } }),
        )
        .definition(json!({ "StartAt": "Pay", "States": { "Pay": pay } }));
    let opened = Opened::deployed(project).await;
    // As a test it does not expect what is made up anew each time, so that passes.
    opened.ran("paid", &json!({ "id": "17" })).await;
    let page = opened.client.page("/dev/executions/orders-dev/paid").await;
    let block = shown(between(&page, "aria-label=\"Test\">", "</pre>"));
    assert!(
        block.contains("they differ in each execution: output.ExecutionArn"),
        "{block}"
    );
    assert!(block.contains("Output = {"), "{block}");
    let deploy = opened.project.path().join("deploy.toml");
    let mut toml = std::fs::read_to_string(&deploy).expect("deploy.toml");
    toml.push_str(&format!("\n{block}\n"));
    std::fs::write(&deploy, toml).expect("deploy.toml");
    let test = ["test", "--local", "--type", between(&block, "[tests.", "]")];
    opened.project.alone(&test).run().await.succeeded();

    opened.ran("outer", &json!({ "fail": true })).await;
    let page = opened.client.page("/dev/executions/orders-dev/outer").await;
    let text = shown(&page);
    assert!(text.contains("orders-dev-payment"), "{text}");
    assert!(
        page.contains("href=\"/dev/executions/orders-dev-payment/"),
        "{page}"
    );
    // With its own states and attempts.
    let inside = between(
        &page,
        "href=\"/dev/executions/orders-dev-payment/",
        "</table>",
    );
    assert!(inside.contains("/states/0\">Pay</a>"), "{page}");
    assert!(shown(inside).contains("Attempt 1: Refused"), "{page}");
    // Which leads back.
    let child = between(&page, "href=\"/dev/executions/orders-dev-payment/", "\"");
    let child = format!("/dev/executions/orders-dev-payment/{child}");
    let child = child.split("/states/").next().expect("an address");
    let page = opened.client.page(child).await;
    assert!(
        page.contains("<a href=\"/dev/executions/orders-dev/outer\">outer</a>"),
        "{page}"
    );
    assert!(shown(&page).contains("Started by"), "{page}");
    // As the page of the state that started it has it.
    let state = opened
        .client
        .page("/dev/executions/orders-dev/outer/states/0")
        .await;
    assert!(state.contains("/states/0\">Pay</a>"), "{state}");
    let list = opened
        .client
        .page("/dev/executions?machine=orders-dev-payment")
        .await;
    assert!(
        list.contains("FAILED") && !list.contains(">outer<"),
        "{list}"
    );
}

/// Each item is an execution, and the one with the number 3 fails.
fn map(execution_type: &str) -> Value {
    let [check, bad, good] =
        ["Check", "Bad", "Good"].map(|name| format!("{name} {execution_type}"));
    json!({
        "Type": "Map",
        "ItemsPath": "$.items",
        "ToleratedFailurePercentage": 100,
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": execution_type },
            "StartAt": check,
            "States": {
                check: {
                    "Type": "Choice",
                    "Choices": [{ "Variable": "$", "NumericEquals": 3, "Next": bad }],
                    "Default": good,
                },
                bad: { "Type": "Fail", "Error": "Three" },
                good: { "Type": "Succeed" },
            },
        },
        "ResultPath": null,
    })
}

#[tokio::test]
async fn a_distributed_map_shows_some_of_its_executions_and_leads_to_all() {
    let (mut standard, mut express) = (map("STANDARD"), map("EXPRESS"));
    standard["Next"] = "Quick".into();
    express["End"] = true.into();
    let project = Project::new("orders").definition(json!({
        "StartAt": "Each",
        "States": { "Each": standard, "Quick": express },
    }));
    let opened = Opened::deployed(project).await;
    let items: Vec<usize> = (0..12).collect();
    opened.ran("many", &json!({ "items": items })).await;
    let many = "/dev/executions/orders-dev/many";
    let page = opened.client.page(many).await;
    let all = format!("<a href=\"{many}/states/0/children\">");
    for text in ["12 executions", "2 more executions"] {
        assert!(page.contains(&format!("{all}{text}</a>")), "{text}: {page}");
    }
    // Those that failed come first.
    let timeline = between(&page, "aria-label=\"Timeline\"", "</table>");
    let text = shown(timeline);
    let (failed, good) = (text.find(": Three"), text.find("Good STANDARD"));
    assert!(failed.is_some() && failed < good, "{text}");
    assert!(page.contains(">Bad STANDARD</a>"), "{page}");
    let express = "12 more executions (not shown: AWS keeps no executions that are EXPRESS)";
    assert!(text.contains(express), "{text}");

    let children = format!("{many}/states/0/children");
    let list = opened.client.page(&children).await;
    assert_eq!(list.matches("<tr data-key=").count(), 12, "{list}");
    let list = opened
        .client
        .page(&format!("{children}?status=FAILED"))
        .await;
    assert_eq!(list.matches("<tr data-key=").count(), 1, "{list}");
    let child = between(&list, "<td class=\"wide\"><a href=\"", "\"");
    let child = opened.client.page(child).await;
    assert!(
        shown(&child).contains("Failed in state Bad STANDARD"),
        "{child}"
    );
    assert!(
        child.contains(&format!("<a href=\"{many}\">many</a>")),
        "{child}"
    );
    let list = opened
        .client
        .page(&format!("{many}/states/1/children"))
        .await;
    assert!(
        shown(&list).contains("AWS keeps no executions that are EXPRESS."),
        "{list}"
    );
}

#[tokio::test]
async fn a_state_that_is_running_shows_what_is_known_and_what_it_waits_for() {
    let mut charge = calls("charge", None);
    charge["Retry"] = json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 3600 }]);
    let project =
        Project::new("orders")
            .handler("charge")
            .definition(json!({ "StartAt": "Note", "States": {
            "Note": { "Type": "Pass", "Assign": { "kind.$": "$.kind" }, "Next": "Which" },
            "Which": { "Type": "Choice", "Choices": [
                { "Variable": "$kind", "StringEquals": "ORDER", "Next": "Charge" },
            ], "Default": "Hold" },
            "Hold": { "Type": "Wait", "SecondsPath": "$.seconds", "Next": "Charge" },
            "Charge": charge,
        } }));
    let opened = Opened::deployed(project).await;
    let began = async |input: Value| {
        let form = opened.client.page("/dev/start").await;
        let input = [("input", &*input.to_string())];
        let begun = opened.client.submit(&form, "/dev/start", &input).await;
        begun.location().to_owned()
    };
    let until = async |path: &str, said: &str| {
        let state = format!("{path}/states/2");
        opened.client.until_shown(path, &state, said).await
    };
    let held = began(json!({ "kind": "HELD", "seconds": 3600 })).await;
    let state = until(&held, "Waits until ").await;
    let text = shown(&state);
    assert!(text.contains("Variables before"), "{text}");
    let live = held.replacen("/dev/", "/dev/live/", 1);
    assert!(state.contains(&live), "it does not go on live: {state}");

    let retried = began(json!({ "kind": "ORDER", "fail": true })).await;
    let state = until(&retried, "Attempt 2 follows at ").await;
    let text = shown(&state);
    for said in [
        "Attempt 1 failed: Refused",
        "Parameters",
        "Variables before",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("Between input and output"), "{text}");
}

#[tokio::test]
async fn a_page_hears_of_what_happens_elsewhere() {
    let opened = Opened::deployed(orders()).await;
    let mut events = opened.client.events("/dev/live/executions").await;
    // The list as it is.
    events.changed().await;
    opened.ran("order-19", &json!({ "kind": "ORDER" })).await;
    loop {
        let list = opened.client.page("/dev/executions").await;
        if list.contains(">order-19</a>") && list.contains("SUCCEEDED") {
            break;
        }
        events.changed().await;
    }
}
