//! On AWS, the page reads, starts and forks, and asks before each.

use serde_json::json;

use super::access::url_of;
use super::client::{Client, shown};
use super::{orders, quotes};
use crate::endings::Local;
use crate::support::wire::{Act, Rule};

#[tokio::test]
async fn what_changes_something_is_confirmed_and_the_rest_is_not_done() {
    let local = Local::deployed(orders()).await;
    let start = [
        "start",
        "--wait",
        "--name",
        "order-17",
        "--input",
        "{\"kind\": \"ORDER\", \"fail\": true}",
    ];
    local.txflow(&start).run().await.exits_with(1);
    local.wire.clear();
    let mut ui = local.txflow(&["ui", "--json"]).start_piped();
    let client = Client::open(&url_of(&mut ui).await).await;
    let path = "/dev/executions/orders-dev/order-17";
    let page = client.page(path).await;
    let text = shown(&page);
    assert!(text.contains("account 000000000000, us-east-1"), "{text}");
    assert!(
        text.contains("In a terminal: txflow executions redrive order-17"),
        "{text}"
    );
    assert!(!page.contains("/redrive\""), "{page}");
    // Another stage is another page.
    assert_eq!(client.get("/prod/executions").await.status, 404);
    assert_eq!(local.written(), Vec::<String>::new());

    let form = client.page(&format!("{path}/fork")).await;
    assert!(
        shown(&form).contains("Yes, in account 000000000000, us-east-1, stage dev"),
        "{form}"
    );
    for action in ["redrive", "stop"] {
        let refused = client.submit(&form, &format!("{path}/{action}"), &[]).await;
        assert_eq!(refused.status, 403, "{refused:?}");
    }
    let input = json!({ "kind": "ORDER" }).to_string();
    let unconfirmed = [("from", "Charge"), ("input", &*input)];
    let refused = client
        .submit(&form, &format!("{path}/fork"), &unconfirmed)
        .await;
    assert!(
        shown(&refused.body).contains("has to be confirmed"),
        "{refused:?}"
    );
    let refused = client
        .submit(&form, "/dev/start", &[("input", &input)])
        .await;
    assert!(
        shown(&refused.body).contains("has to be confirmed"),
        "{refused:?}"
    );
    assert_eq!(local.written(), Vec::<String>::new());

    let confirmed = [("input", &*input), ("confirm", "yes")];
    let begun = client.submit(&form, "/dev/start", &confirmed).await;
    assert!(
        begun
            .location()
            .starts_with("/dev/executions/orders-dev/txflow-"),
        "{begun:?}"
    );
    assert_eq!(local.written(), ["states.StartExecution"]);
}

#[tokio::test]
async fn an_express_execution_is_started_once_it_is_confirmed() {
    let local = Local::deployed(quotes("")).await;
    local.wire.clear();
    let mut ui = local.txflow(&["ui", "--json"]).start_piped();
    let client = Client::open(&url_of(&mut ui).await).await;
    let form = client.page("/dev/start").await;
    let input = ("input", "{\"id\": 17}");
    let refused = client.submit(&form, "/dev/start", &[input]).await;
    let text = shown(&refused.body);
    assert!(text.contains("has to be confirmed"), "{refused:?}");
    assert_eq!(local.written(), Vec::<String>::new());
    let confirmed = [input, ("confirm", "yes")];
    let begun = client.submit(&form, "/dev/start", &confirmed).await;
    let page = client.until(begun.location(), "SUCCEEDED").await;
    assert!(shown(&page).contains("Billed"), "{page}");
    assert_eq!(local.written(), ["states.StartSyncExecution"]);
}

#[tokio::test]
async fn a_page_hears_that_it_cannot_be_read_again_and_when_it_can() {
    let local = Local::deployed(orders()).await;
    let input = json!({ "kind": "HELD", "seconds": 3600 }).to_string();
    let start = ["start", "--name", "held", "--input", &input];
    local.txflow(&start).run().await.succeeded();
    let mut ui = local.txflow(&["ui", "--json"]).start_piped();
    let client = Client::open(&url_of(&mut ui).await).await;
    let path = "/dev/executions/orders-dev/held";
    client.page(path).await;
    let mut events = client.events("/dev/live/executions/orders-dev/held").await;
    let expired = Act::Error(400, "ExpiredTokenException", "the token is expired");
    let rule = Rule::on("states.DescribeExecution", expired);
    local.wire.rule(rule.always());
    let said = events.until("event: failed\n").await;
    let said = match said.ends_with("\n\n") {
        true => said,
        false => said + &events.until("\n\n").await,
    };
    assert!(said.contains("the token is expired"), "{said}");
    // What was seen before is not shown as if it were new.
    let page = client.get(path).await;
    assert_eq!(page.status, 500, "{page:?}");
    assert!(
        shown(&page.body).contains("the token is expired"),
        "{page:?}"
    );
    local.wire.clear();
    events.changed().await;
    client.page(path).await;
}
