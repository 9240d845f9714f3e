//! What the pages show.

use serde_json::json;

use super::client::shown;
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
    let project = Project::new("orders")
        .handler("charge")
        .beside(
            "payment",
            json!({ "StartAt": "Pay", "States": { "Pay": calls("charge", None) } }),
        )
        .definition(json!({ "StartAt": "Pay", "States": { "Pay": start_and_wait("payment") } }));
    let opened = Opened::deployed(project).await;
    opened.ran("outer", &json!({ "fail": true })).await;
    let page = opened.client.page("/dev/executions/orders-dev/outer").await;
    let text = shown(&page);
    assert!(text.contains("orders-dev-payment"), "{text}");
    assert!(
        page.contains("href=\"/dev/executions/orders-dev-payment/"),
        "{page}"
    );
    let list = opened
        .client
        .page("/dev/executions?machine=orders-dev-payment")
        .await;
    assert!(
        list.contains("FAILED") && !list.contains(">outer<"),
        "{list}"
    );
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
