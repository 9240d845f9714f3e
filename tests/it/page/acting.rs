//! What can be done from the pages.

use serde_json::json;

use super::client::{between, shown};
use super::{Opened, orders, quotes};

#[tokio::test]
async fn a_failed_execution_goes_on_with_an_edited_input_and_becomes_a_test() {
    let opened = Opened::deployed(orders()).await;
    opened
        .ran("order-17", &json!({ "kind": "ORDER", "fail": true }))
        .await;
    let page = opened
        .client
        .page("/dev/executions/orders-dev/order-17")
        .await;
    assert!(
        page.contains("/dev/executions/orders-dev/order-17/fork"),
        "{page}"
    );
    let action = "/dev/executions/orders-dev/order-17/fork";
    let form = opened.client.page(action).await;
    assert!(
        form.contains("Starts <code>order-17</code> again on release 1 from <code>Charge</code>."),
        "{form}"
    );
    assert!(form.contains("name=\"from\" value=\"Charge\""), "{form}");

    // What is wrong with the input is said beside it, and nothing is started.
    let wrong = [("from", "Charge"), ("input", "{\"kind\": ")];
    let refused = opened.client.submit(&form, action, &wrong).await;
    assert_eq!(refused.status, 200, "{refused:?}");
    assert!(
        shown(&refused.body).contains("the input is not JSON"),
        "{refused:?}"
    );
    assert!(
        refused.body.contains("{&quot;kind&quot;: </textarea>"),
        "{refused:?}"
    );

    let none = [("from", "Charge"), ("input", " ")];
    let refused = opened.client.submit(&form, action, &none).await;
    let text = shown(&refused.body);
    assert!(
        text.contains("the input is empty; enter {} for none"),
        "{text}"
    );

    let edited = [
        ("from", "Charge"),
        ("input", "{\"kind\": \"ORDER\", \"fail\": false}"),
    ];
    let begun = opened.client.submit(&form, action, &edited).await;
    let fork = begun.location().to_owned();
    let page = opened.until(&fork, "SUCCEEDED").await;
    let block = shown(between(&page, "aria-label=\"Test\">", "</pre>"));
    let deploy = opened.project.path().join("deploy.toml");
    let mut toml = std::fs::read_to_string(&deploy).expect("deploy.toml");
    toml.push_str(&format!("\n{block}\n"));
    std::fs::write(&deploy, toml).expect("deploy.toml");
    let name = between(&block, "[tests.", "]");
    let test = ["test", "--local", "--type", name];
    opened.project.alone(&test).run().await.succeeded();
}

#[tokio::test]
async fn an_execution_is_started_with_what_the_definition_reads() {
    let opened = Opened::deployed(orders()).await;
    let form = opened.client.page("/dev/start").await;
    let input = shown(between(&form, "required>", "</textarea>"));
    let input: serde_json::Value = serde_json::from_str(&input).expect("JSON");
    assert_eq!(input["kind"], "ORDER", "{form}");
    let begun = opened
        .client
        .submit(&form, "/dev/start", &[("input", &input.to_string())])
        .await;
    let page = opened.until(begun.location(), "SUCCEEDED").await;
    assert!(page.contains("Start with an edited input"), "{page}");

    // Again with the input of that one.
    let again = between(&page, "href=\"/dev/start?execution=", "\"");
    let form = opened
        .client
        .page(&format!("/dev/start?execution={again}"))
        .await;
    let again = shown(between(&form, "required>", "</textarea>"));
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&again).expect("JSON"),
        input
    );
}

#[tokio::test]
async fn a_running_execution_is_stopped_and_then_redriven() {
    let opened = Opened::deployed(orders()).await;
    let input = json!({ "kind": "HELD", "seconds": 3600 }).to_string();
    let form = opened.client.page("/dev/start").await;
    let begun = opened
        .client
        .submit(&form, "/dev/start", &[("input", &input)])
        .await;
    let path = begun.location().to_owned();
    let page = opened.until(&path, "RUNNING").await;
    let stop = format!("{path}/stop");
    assert!(page.contains(&format!("action=\"{stop}\"")), "{page}");
    let stopped = opened.client.submit(&page, &stop, &[]).await;
    assert_eq!(stopped.location(), path);
    let page = opened.until(&path, "ABORTED").await;
    let text = shown(&page);
    assert!(text.contains("Stopped in state Hold."), "{text}");
    assert!(!text.contains("Failed in state"), "{text}");
    assert!(!page.contains("class=\"problem\""), "{page}");
    // Nobody stops the execution of a test.
    assert!(text.contains("no test can expect that"), "{text}");
    assert!(!page.contains("[tests."), "{page}");
    let redrive = format!("{path}/redrive");
    assert!(page.contains(&format!("action=\"{redrive}\"")), "{page}");
    let redriven = opened.client.submit(&page, &redrive, &[]).await;
    assert_eq!(redriven.location(), path);
    let page = opened.client.page(&path).await;
    assert!(shown(&page).contains("Redriven"), "{page}");
}

#[tokio::test]
async fn an_express_execution_is_started_and_read_again() {
    let opened = Opened::deployed(quotes("include-execution-data = true\n")).await;
    let form = opened.client.page("/dev/start").await;
    let start = async |input: serde_json::Value| {
        let input = [("input", &*input.to_string())];
        let begun = opened.client.submit(&form, "/dev/start", &input).await;
        begun.location().to_owned()
    };
    let path = start(json!({ "id": 17 })).await;
    opened.until(&path, "SUCCEEDED").await;
    // Its states come from its log.
    let page = opened.client.until_shown(&path, &path, "Quote Task").await;
    assert!(page.contains("/states/0\">Quote</a>"), "{page}");
    let text = shown(&page);
    for said in ["Billed", "0 s, 64 MB", "Output", "[tests."] {
        assert!(text.contains(said), "{said}: {text}");
    }
    for none in ["/fork", "/stop", "/redrive"] {
        assert!(!page.contains(&format!("{path}{none}")), "{none}: {page}");
    }
    let state = opened.client.page(&format!("{path}/states/0")).await;
    let text = shown(&state);
    for said in ["Result", "quote revision 1 has"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    // The list leads to it, and it is started again with its input.
    let list = opened.client.page("/dev/executions").await;
    assert!(list.contains(&format!("href=\"{path}\"")), "{list}");
    let again = between(&page, "href=\"/dev/start?execution=", "\"");
    let form = opened
        .client
        .page(&format!("/dev/start?execution={again}"))
        .await;
    let input = shown(between(&form, "required>", "</textarea>"));
    let input: serde_json::Value = serde_json::from_str(&input).expect("JSON");
    assert_eq!(input, json!({ "id": 17 }));

    let fork = opened.client.page(&format!("{path}/fork")).await;
    let text = shown(&fork);
    assert!(
        text.contains("start it with an edited input instead"),
        "{text}"
    );

    let failed = start(json!({ "fail": true })).await;
    let page = opened.until(&failed, "FAILED").await;
    let text = shown(&page);
    assert!(
        text.contains("Refused") && text.contains("the event says so"),
        "{text}"
    );

    let unknown = opened.client.get("/dev/executions/quotes-dev/nobody").await;
    assert_eq!(unknown.status, 404, "{unknown:?}");
    let text = shown(&unknown.body);
    assert!(
        text.contains("AWS keeps no executions of an EXPRESS state machine"),
        "{text}"
    );
}

#[tokio::test]
async fn an_express_execution_without_a_log_shows_what_it_came_to() {
    let opened = Opened::deployed(quotes("logging = \"ERROR\"\n")).await;
    let form = opened.client.page("/dev/start").await;
    let input = [("input", "{\"id\": 17}")];
    let begun = opened.client.submit(&form, "/dev/start", &input).await;
    let page = opened.until(begun.location(), "SUCCEEDED").await;
    let text = shown(&page);
    for said in ["Output", "AWS keeps no history of an EXPRESS execution."] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(page.contains("<svg xmlns"), "{page}");
}
