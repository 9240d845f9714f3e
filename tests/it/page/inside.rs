//! An execution that failed inside of a Map state: from its page it goes on there, and what has succeeded does not run again.

use serde_json::json;

use super::Opened;
use super::client::{between, shown};
use crate::support::project::Project;

const FAILED: &str = "/dev/executions/orders-dev/order-1";

/// A Map state whose item 777 fails.
fn items() -> Project {
    Project::new("orders")
        .handler("charge")
        .definition(json!({ "StartAt": "Prepare", "States": {
            "Prepare": { "Type": "Pass", "Next": "Each" },
            "Each": {
                "Type": "Map", "ItemsPath": "$.n", "MaxConcurrency": 1, "End": true,
                "ItemProcessor": { "StartAt": "Check", "States": {
                    "Check": { "Type": "Choice", "Choices": [
                        { "Variable": "$", "NumericEquals": 777, "Next": "Bad" },
                    ], "Default": "Good" },
                    "Good": { "Type": "Pass", "End": true },
                    "Bad": { "Type": "Fail", "Error": "Refused", "Cause": "nobody wants it" },
                } },
            },
        } }))
}

async fn failed() -> Opened {
    let opened = Opened::deployed(items()).await;
    opened.ran("order-1", &json!({ "n": [1, 2, 777] })).await;
    opened
}

/// What a browser sends of a form that nobody has edited.
fn untouched(form: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for field in form.split("<input type=\"hidden\" name=\"").skip(1) {
        let (name, _) = field.split_once('"').expect("a name");
        if name != "form" {
            fields.push((name.to_owned(), between(field, "value=\"", "\"").to_owned()));
        }
    }
    let (_, area) = form.split_once("<textarea").expect("an input");
    let input = shown(between(area, ">", "</textarea>"));
    fields.push(("input".to_owned(), input.trim_start().to_owned()));
    fields
}

impl Opened {
    /// Sends the form of a fork as it is.
    async fn forked(&self, form: &str) -> String {
        let fields = untouched(form);
        let fields: Vec<(&str, &str)> = { fields.iter() }
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let action = format!("{FAILED}/fork");
        let begun = self.client.submit(form, &action, &fields).await;
        let fork = begun.location().to_owned();
        self.until(&fork, "FAILED").await;
        fork
    }

    /// How many items the command says are answered as before.
    async fn answered(&self, fork: &str) -> usize {
        let name = fork.rsplit('/').next().expect("a name");
        let show = ["executions", "show", "--local", name];
        let output = self.project.alone(&show).run().await;
        output.stdout.matches("answered as before").count()
    }
}

#[tokio::test]
async fn what_has_succeeded_inside_of_a_map_does_not_run_again() {
    let opened = failed().await;
    let form = opened.client.page(&format!("{FAILED}/fork")).await;
    let text = shown(&form);
    let said = "Goes on at Bad; branches and iterations that succeeded and do not run again: 2.";
    assert!(text.contains(said), "{text}");
    assert!(text.contains("Each › Bad"), "{text}");
    // Which input it has stands below, where it can be edited.
    let said = "Starts order-1 again on release 1 from Each.";
    assert!(text.contains(said), "{text}");
    let fork = opened.forked(&form).await;
    assert_eq!(opened.answered(&fork).await, 2);

    // The same from the page of the state.
    let page = opened.client.page(FAILED).await;
    let state = between(&page, "Failed in state <a href=\"", "\"");
    let page = opened.client.page(state).await;
    let again = between(&page, "class=\"button\" href=\"", "\">Run again from here");
    assert_eq!(again, format!("{FAILED}/fork?from=Bad"));
    let form = opened.client.page(again).await;
    assert!(form.contains("name=\"from\" value=\"Bad\""), "{form}");
    let fork = opened.forked(&form).await;
    assert_eq!(opened.answered(&fork).await, 2);

    // Somebody who wants all of it says so.
    let form = opened
        .client
        .page(&format!("{FAILED}/fork?from=Each"))
        .await;
    let text = shown(&form);
    assert!(!text.contains("do not run again: 2"), "{text}");
    let fork = opened.forked(&form).await;
    assert_eq!(opened.answered(&fork).await, 0);
}

#[tokio::test]
async fn an_input_that_is_edited_is_not_given_to_what_runs_inside() {
    let opened = failed().await;
    let action = format!("{FAILED}/fork");
    for query in ["", "?from=Bad"] {
        let form = opened.client.page(&format!("{action}{query}")).await;
        let mut fields = untouched(&form);
        let edited = "{\"n\": [1, 2, 3]}";
        fields.last_mut().expect("the input").1 = edited.to_owned();
        let fields: Vec<(&str, &str)> = { fields.iter() }
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let refused = opened.client.submit(&form, &action, &fields).await;
        let text = shown(&refused.body);
        for said in [
            "Bad is inside of Each, where only the recorded input can be used",
            "choose Each and edit that input",
            // What was said before.
            "Goes on at Bad",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        // Nobody can edit it, and it says what it is.
        for form in [&form, &refused.body] {
            let text = shown(form);
            let label = "Recorded input of Each, which is used as it is";
            assert!(text.contains(label), "{text}");
            assert!(form.contains(" required readonly>"), "{form}");
            assert!(text.contains("777"), "{text}");
        }
    }
    let list = opened.client.page("/dev/executions").await;
    assert!(!list.contains("_fork-"), "{list}");
}

#[tokio::test]
async fn where_nothing_goes_on_inside_the_form_begins_with_all_of_it() {
    let each = json!({
        "Type": "Map", "ItemsPath": "$.n", "End": true,
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "Bad", "States": { "Bad": { "Type": "Fail", "Error": "Refused" } },
        },
    });
    let project =
        Project::new("orders").definition(json!({ "StartAt": "Each", "States": { "Each": each } }));
    let opened = Opened::deployed(project).await;
    opened.ran("order-1", &json!({ "n": [1] })).await;
    let form = opened.client.page(&format!("{FAILED}/fork")).await;
    assert!(!form.contains("class=\"problem\""), "{form}");
    let text = shown(&form);
    assert!(text.contains("so all of it runs again"), "{text}");
    assert!(form.contains("name=\"from\" value=\"Each\""), "{form}");
    opened.forked(&form).await;
}

#[tokio::test]
async fn a_fork_shows_the_states_of_the_workflow_and_not_its_own() {
    let opened = failed().await;
    let form = opened.client.page(&format!("{FAILED}/fork")).await;
    let fork = opened.forked(&form).await;
    let page = opened.client.page(&fork).await;
    assert!(!page.contains("txflow fork"), "{page}");
    let text = shown(&page);
    assert_eq!(text.matches("answered as before").count(), 2, "{text}");
    let graph = between(&page, "<svg xmlns", "</svg>");
    for state in ["Each", "Check", "Good", "Bad"] {
        assert!(graph.contains(&format!(">{state}</text>")), "{graph}");
    }
    // Nor does a state lead to them.
    let state = between(&page, "Failed in state <a href=\"", "\"");
    let state = opened.client.page(state).await;
    assert!(!state.contains("txflow fork"), "{state}");
    let previous = between(&state, "class=\"button\" href=\"", "\" rel=\"prev\"");
    let previous = previous.rsplit("href=\"").next().expect("an address");
    let previous = opened.client.page(previous).await;
    assert!(!shown(&previous).contains("txflow fork"), "{previous}");

    let name = fork.rsplit('/').next().expect("a name");
    let graph = [
        "graph",
        "--local",
        "--execution",
        name,
        "--format",
        "mermaid",
    ];
    let graph = opened.project.alone(&graph).run().await;
    assert!(!graph.stdout.contains("txflow fork"), "{}", graph.stdout);
    assert!(graph.stdout.contains("Good"), "{}", graph.stdout);
}
