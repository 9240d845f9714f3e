//! From page to page: what a newcomer finds, and what a page says who has not chosen yet.

use serde_json::json;

use super::client::{between, shown};
use super::{Opened, orders};

#[tokio::test]
async fn every_page_leads_to_a_start_and_the_workflow_says_how_aws_differs() {
    let tests = "[tests.SALE]\ninput = { kind = \"ORDER\" }\n\n\
                 [tests.PLACED]\nevent = { source = \"shop\", detail-type = \"placed\", detail = {} }\n\n\
                 [[triggers]]\nname = \"placed\"\nevent-pattern = { source = [\"shop\"] }\n";
    let opened = Opened::deployed(orders().settings(tests)).await;
    let list = opened.client.page("/dev/executions").await;
    let text = shown(&list);
    assert!(
        text.contains("No executions yet. Start one here or with txflow start --local."),
        "{text}"
    );
    let workflow = opened.client.page("/dev/workflow").await;
    for page in [&list, &workflow] {
        assert!(
            page.contains("href=\"/dev/start\">Start an execution…</a>"),
            "{page}"
        );
    }
    assert!(
        shown(&workflow).contains("No drift: AWS holds"),
        "{workflow}"
    );
    let page = opened.client.page("/dev/tests").await;
    assert!(page.contains("href=\"/dev/start?test=SALE\""), "{page}");
    assert!(
        page.contains("PLACED") && !page.contains("test=PLACED"),
        "{page}"
    );
    let form = opened.client.page("/dev/start?test=SALE").await;
    let input = shown(between(&form, "required>", "</textarea>"));
    assert_eq!(
        input.replace(char::is_whitespace, ""),
        "{\"kind\":\"ORDER\"}"
    );

    let deploy = opened.project.path().join("deploy.toml");
    let toml = std::fs::read_to_string(&deploy).expect("deploy.toml");
    std::fs::write(&deploy, toml.replace("\"shop\"", "\"store\"")).expect("deploy.toml");
    // deploy.toml is read again when what was read of it is a second old.
    let workflow = loop {
        let workflow = opened.client.page("/dev/workflow").await;
        if !workflow.contains("No drift") {
            break workflow;
        }
    };
    let text = shown(&workflow);
    assert!(
        text.contains("Differs from deploy.toml (drift, or not deployed yet)"),
        "{text}"
    );
    let differences = between(&workflow, "aria-label=\"Differences\">", "</pre>");
    assert!(differences.contains("store"), "{differences}");
}

#[tokio::test]
async fn the_workflow_page_hears_of_a_deploy() {
    let opened = Opened::deployed(orders()).await;
    let page = opened.client.page("/dev/workflow").await;
    let live = between(&page, "data-live=\"", "\"");
    let mut events = opened.client.events(live).await;
    let project = opened.project.change_handler("charge");
    let deploy = project.alone(&["deploy", "--local"]).run().await;
    deploy.succeeded();
    events.changed().await;
    let page = opened.client.page("/dev/workflow").await;
    assert!(page.contains("since release 1"), "{page}");
}

#[tokio::test]
async fn a_fork_asks_for_the_state_first_and_says_what_it_is_a_fork_of() {
    let opened = Opened::deployed(orders()).await;
    opened.ran("order-18", &json!({ "kind": "ORDER" })).await;
    let path = "/dev/executions/orders-dev/order-18";
    let asked = opened.client.page(&format!("{path}/fork")).await;
    let text = shown(&asked);
    assert!(
        text.contains(
            "The execution succeeded, so no state of it failed. Choose the state to run from."
        ),
        "{text}"
    );
    assert!(
        !asked.contains("<textarea") && !asked.contains("Error:") && !text.contains("--from"),
        "{asked}"
    );
    assert!(
        asked.contains(&format!("href=\"{path}\">order-18</a>")),
        "{asked}"
    );
    let chosen = between(&asked, &format!("href=\"{path}/fork?from=Charge"), "</a>");
    assert!(chosen.ends_with(">Charge"), "{chosen}");

    let action = format!("{path}/fork");
    let form = opened.client.page(&format!("{action}?from=Charge")).await;
    assert!(form.contains("name=\"from\" value=\"Charge\""), "{form}");
    let fields = [("from", "Charge"), ("input", "{\"kind\": \"ORDER\"}")];
    let begun = opened.client.submit(&form, &action, &fields).await;
    let fork = begun.location().to_owned();
    let page = opened.until(&fork, "SUCCEEDED").await;
    assert!(
        page.contains(&format!(
            "<a href=\"{path}\">order-18</a>, from state <a href=\"{path}/states/1\">Charge</a>"
        )),
        "{page}"
    );
    // The tests of both can be in deploy.toml at once.
    let first = opened.client.page(path).await;
    let [first, fork] = [&first, &page].map(|page| between(page, "[tests.", "]"));
    assert_eq!([first, fork], ["ORDER_18", "ORDER_18_FORK"]);
}

#[tokio::test]
async fn a_running_execution_can_be_forked_from_a_state_that_it_has_entered() {
    let opened = Opened::deployed(orders()).await;
    let input = json!({ "kind": "HELD", "seconds": 3600 }).to_string();
    let form = opened.client.page("/dev/start").await;
    let fields = [("input", &*input)];
    let begun = opened.client.submit(&form, "/dev/start", &fields).await;
    let path = begun.location().to_owned();
    opened.until(&path, "RUNNING").await;
    let asked = opened.client.page(&format!("{path}/fork")).await;
    let text = shown(&asked);
    assert!(
        text.contains("Choose a state that it has entered, or stop the execution first."),
        "{text}"
    );
    assert!(!text.contains("txflow executions stop"), "{text}");
    assert!(!asked.contains("<textarea"), "{asked}");
}
