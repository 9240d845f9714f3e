//! What is typed and cannot be done: the form stays, with the reason.

use serde_json::json;

use super::Opened;
use super::client::{between, shown};
use crate::support::project::Project;

/// An order that waits for somebody.
fn asking() -> Project {
    Project::new("orders")
        .handler("charge")
        .definition(json!({ "StartAt": "Ask", "States": { "Ask": {
            "Type": "Task",
            "Resource": "arn:${AWS::Partition}:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {
                "QueueUrl": "https://sqs.${AWS::Region}.amazonaws.com/${AWS::AccountId}/approvals",
                "MessageBody": { "token.$": "$$.Task.Token" }
            },
            "TimeoutSeconds": 3600,
            "End": true
        } } }))
        .settings(
            "[local.queues.approvals]\n\n[local.queues.\"ordered.fifo\"]\n\n[local.topics.told]\n\n\
             [local.tables.items]\npartition-key = \"id\"\n",
        )
}

/// The page with a form, where it is sent, what is typed, and what is said of that.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);

#[tokio::test]
async fn a_form_that_is_refused_is_shown_again_with_what_was_typed() {
    let opened = Opened::deployed(asking()).await;
    let start = ["start", "--local", "--name", "order-1", "--input", "{}"];
    opened.project.alone(&start).run().await.succeeded();
    let execution = "/dev/executions/orders-dev/order-1";
    opened.until(execution, "RUNNING").await;
    let mut events = opened
        .client
        .events("/dev/live/executions/orders-dev/order-1")
        .await;
    let page = loop {
        let page = opened.client.page(execution).await;
        if page.contains("name=\"output\"") {
            break page;
        }
        events.changed().await;
    };
    let state = between(&page, "name=\"state\" value=\"", "\"").to_owned();
    // The page of the state says by when, and where to answer.
    let waiting = opened
        .client
        .page(&format!("{execution}/states/{state}"))
        .await;
    let text = shown(&waiting);
    assert!(
        text.contains("whoever has its task token, until "),
        "{text}"
    );
    assert!(
        waiting.contains(&format!("href=\"{execution}#waiting\"")),
        "{waiting}"
    );
    let answer = format!("{execution}/answer");
    let long = "E".repeat(400);
    let large = format!("{{\"text\": \"{}\"}}", "x".repeat(300 * 1024));
    let queue = "/dev/services/queues/approvals";
    let fifo = "/dev/services/queues/ordered.fifo";
    let bus = "/dev/services/buses/default";
    let cases: &[Case<'_>] = &[
        (
            execution,
            &answer,
            &[("state", &state), ("output", "{bad")],
            "the output is not JSON",
        ),
        (
            execution,
            &answer,
            &[("state", &state), ("output", &large)],
            "bytes without the spaces between its parts, and AWS accepts 262144 (256 KiB)",
        ),
        (
            execution,
            &answer,
            &[("state", &state), ("error", &long), ("cause", "why")],
            "Error: ",
        ),
        (
            bus,
            bus,
            &[
                ("source", "shop"),
                ("detail-type", "Placed"),
                ("detail", "[1, 2]"),
            ],
            "Error: ",
        ),
        (
            bus,
            bus,
            &[
                ("source", "shop"),
                ("detail-type", "Placed"),
                ("detail", "{\"a\": "),
            ],
            "the detail is not JSON",
        ),
        (queue, queue, &[("body", "a\u{1b}[31m")], "Error: "),
        (queue, queue, &[("body", "")], "Error: "),
        (fifo, fifo, &[("body", "in order")], "Error: "),
    ];
    for (form, action, fields, reason) in cases {
        let page = opened.client.page(form).await;
        let refused = opened.client.submit(&page, action, fields).await;
        let said: String = refused.body.chars().take(3000).collect();
        assert_eq!(refused.status, 400, "{action} {reason}: {said}");
        let text = shown(&refused.body);
        assert!(text.contains(reason), "{action}: {said}");
        for (field, typed) in *fields {
            assert!(
                refused.body.contains(&format!("name=\"{field}\"")),
                "{field}: {said}"
            );
            // Characters that act are escaped wherever they come from.
            let typed = typed.replace('\u{1b}', "\\u001b");
            let is_there =
                text.contains(&typed) || refused.body.contains(&format!("value=\"{typed}\""));
            assert!(is_there, "{typed:.80} in {action}: {said}");
        }
        // It is the page of an action, which cannot be read again.
        assert!(!refused.body.contains("data-live"), "{said}");
    }
    // Nothing was answered by that.
    let form = opened.client.page(execution).await;
    let done = opened
        .client
        .submit(
            &form,
            &answer,
            &[("state", &state), ("output", "{\"ok\": true}")],
        )
        .await;
    assert_eq!(done.location(), execution);
    let ended = opened.until(execution, "SUCCEEDED").await;

    // As a test it is answered in the same way, so that passes.
    let block = shown(between(&ended, "aria-label=\"Test\">", "</pre>"));
    assert!(
        block.contains("answer = { Ask = { output = { ok = true } } }"),
        "{block}"
    );
    let deploy = opened.project.path().join("deploy.toml");
    let mut toml = std::fs::read_to_string(&deploy).expect("deploy.toml");
    toml.push_str(&format!("\n{block}\n"));
    std::fs::write(&deploy, toml).expect("deploy.toml");
    let test = ["test", "--local", "--type", between(&block, "[tests.", "]")];
    opened.project.alone(&test).run().await.succeeded();

    // The address of an action leads to its page, since it stays in the bar of the browser when it is refused.
    for action in ["answer", "stop", "redrive"] {
        let reloaded = opened.client.get(&format!("{execution}/{action}")).await;
        assert_eq!(reloaded.location(), execution);
    }

    // What cannot be done any more says so where it was asked for.
    let redrive = opened
        .client
        .submit(&page, &format!("{execution}/redrive"), &[])
        .await;
    assert_eq!(redrive.status, 400, "{redrive:?}");
    let text = shown(&redrive.body);
    assert!(
        text.contains("the execution order-1 cannot be redriven, since it has succeeded"),
        "{text}"
    );
    let stop = opened
        .client
        .submit(&page, &format!("{execution}/stop"), &[])
        .await;
    assert_eq!(stop.status, 400, "{stop:?}");
    let text = shown(&stop.body);
    assert!(
        text.contains("the execution order-1 has already ended: SUCCEEDED"),
        "{text}"
    );
    let again = opened
        .client
        .submit(&page, &answer, &[("state", &state), ("output", "{}")])
        .await;
    assert_eq!(again.status, 400, "{again:?}");
    assert!(
        shown(&again.body).contains("does not wait any more"),
        "{again:?}"
    );
    let nobody = "/dev/executions/orders-dev/nobody/stop";
    assert_eq!(opened.client.submit(&page, nobody, &[]).await.status, 404);
}

#[tokio::test]
async fn a_stage_that_is_not_deployed_says_so_and_offers_nothing() {
    let states = json!({ "StartAt": "Done", "States": { "Done": { "Type": "Succeed" } } });
    let fast = "[state-machines.fast]\ndefinition = \"definition.asl.json\"\ntype = \"EXPRESS\"\n";
    let project = Project::new("orders").definition(states).settings(fast);
    let opened = Opened::deployed(project).await;
    let list = opened.client.page("/qa/executions").await;
    let text = shown(&list);
    assert!(text.contains("is not deployed"), "{text}");
    for offer in ["Start ", "No executions yet", "Started after", "All 0"] {
        assert!(!text.contains(offer), "{offer}: {text}");
    }
    for form in ["/qa/start", "/qa/start?machine=fast"] {
        let form = opened.client.page(form).await;
        assert!(shown(&form).contains("is not deployed"), "{form}");
        assert!(!form.contains("<form"), "{form}");
    }
    let workflow = opened.client.page("/qa/workflow").await;
    let (why, definition) = (
        workflow.find("is not deployed"),
        workflow.find("id=\"definition\""),
    );
    assert!(why.is_some() && why < definition, "{workflow}");
}

#[tokio::test]
async fn a_queue_is_shown_in_parts_and_begins_with_what_was_just_sent() {
    let opened = Opened::deployed(asking()).await;
    let queue = "/dev/services/queues/approvals";
    let form = opened.client.page(queue).await;
    let mut page = form.clone();
    for number in 1..=101 {
        let body = format!("message {number} of many");
        let sent = opened.client.submit(&form, queue, &[("body", &body)]).await;
        assert_eq!(sent.location(), format!("{queue}?sent=message"));
        if number == 101 {
            page = opened.client.page(sent.location()).await;
        }
    }
    let text = shown(&page);
    assert!(text.contains("message 101 of many"), "{text}");
    assert!(text.contains("message 2 of many"), "{text}");
    assert!(!text.contains("message 1 of many"), "{text}");
    let more = between(&page, "rel=\"next\" href=\"", "\"");
    let page = opened.client.page(more).await;
    let text = shown(&page);
    assert!(
        text.contains("message 1 of many") && !text.contains("message 2 of many"),
        "{text}"
    );
    assert!(
        text.contains("← First") && !text.contains("More →"),
        "{text}"
    );
}

#[tokio::test]
async fn an_address_that_nothing_has_is_not_an_error_of_the_server() {
    let opened = Opened::deployed(asking()).await;
    for path in [
        "/dev/releases/0/1",
        "/dev/releases/1/77",
        "/dev/releases/x/1",
        "/dev/services/tables/a",
        "/dev/services/tables/not%20a%20name!",
        "/dev/services/tables/items?from=0",
        "/dev/services/queues/none",
        "/a%20b/executions",
        "/1/executions",
    ] {
        let answer = opened.client.get(path).await;
        assert!([400, 404].contains(&answer.status), "{path}: {answer:?}");
        let text = shown(&answer.body);
        assert!(text.contains("Error: "), "{path}: {text}");
        assert!(!text.contains("warning"), "{path}: {text}");
    }
}

#[tokio::test]
async fn while_deploy_toml_is_invalid_executions_stay_readable() {
    let opened = Opened::deployed(super::orders()).await;
    opened.ran("order-17", &json!({ "kind": "ORDER" })).await;
    let paths = [
        "/dev/executions",
        "/dev/executions/orders-dev/order-17",
        "/dev/workflow",
    ];
    for path in paths {
        opened.client.page(path).await;
    }
    let path = opened.project.path().join("deploy.toml");
    let good = std::fs::read_to_string(&path).expect("deploy.toml");
    // With and without the names that are needed to find the stack.
    for bad in [
        "name = 7\n".to_owned(),
        format!("{good}\n[tests.BAD]\nunknown = 1\n"),
    ] {
        let mut events = opened.client.events("/dev/live/executions").await;
        std::fs::write(&path, &bad).expect("deploy.toml");
        // The page hears of it.
        while !opened
            .client
            .page("/dev/executions")
            .await
            .contains("deploy.toml:")
        {
            events.changed().await;
        }
        for path in paths {
            let page = opened.client.page(path).await;
            assert!(
                page.contains("role=\"alert\"") && page.contains("deploy.toml:"),
                "{path}: {page}"
            );
            // As a terminal shows it, where `^` stands below what it means.
            let findings = shown(between(&page, "<pre class=\"findings\"", "</pre>"));
            assert!(
                findings.contains("error[") && findings.contains('^'),
                "{page}"
            );
            assert!(!shown(&page).contains("Error: error["), "{page}");
        }
        let page = opened.client.page("/dev/executions").await;
        assert!(page.contains(">order-17</a>"), "{page}");
        let start = opened.client.page("/dev/start").await;
        assert!(shown(&start).contains("deploy.toml:"), "{start}");
        // A stage that nobody has looked at before has nothing to show. Its page is loaded again by itself.
        if bad.starts_with("name = 7") {
            let other = opened.client.get("/other/executions").await;
            assert!(other.body.contains(" data-again"), "{other:?}");
            assert!(other.body.contains("<pre class=\"findings\""), "{other:?}");
        }
        // And recovers.
        std::fs::write(&path, &good).expect("deploy.toml");
        while opened
            .client
            .page("/dev/executions")
            .await
            .contains("deploy.toml:")
        {
            events.changed().await;
        }
    }
}

#[tokio::test]
async fn a_page_of_an_execution_says_that_it_is_gone() {
    let opened = Opened::deployed(super::orders()).await;
    let input = json!({ "kind": "HELD", "seconds": 3600 }).to_string();
    let start = ["start", "--local", "--name", "held", "--input", &input];
    opened.project.alone(&start).run().await.succeeded();
    let path = "/dev/executions/orders-dev/held";
    opened.until(path, "RUNNING").await;
    let mut events = opened
        .client
        .events("/dev/live/executions/orders-dev/held")
        .await;
    let destroy = ["destroy", "--local", "--yes"];
    opened.project.alone(&destroy).run().await.succeeded();
    let gone = loop {
        let answer = opened.client.get(path).await;
        if answer.status != 200 {
            break answer;
        }
        events.changed().await;
    };
    assert_eq!(gone.status, 404, "{gone:?}");
    assert!(
        shown(&gone.body).contains("There is no execution held"),
        "{gone:?}"
    );
    let form = opened.client.page("/dev/start").await;
    assert!(shown(&form).contains("is not deployed"), "{form}");
}

#[tokio::test]
async fn while_the_definition_is_invalid_what_is_typed_into_a_start_form_is_kept() {
    let project = super::orders().settings(
        "[tests.PURCHASE]\ninput = { kind = \"ORDER\" }\nexpect = { status = \"SUCCEEDED\" }\n",
    );
    let opened = Opened::deployed(project).await;
    let path = "/dev/start?test=PURCHASE";
    let form = opened.client.page(path).await;
    let definition = opened.project.path().join("definition.asl.json");
    let good = std::fs::read_to_string(&definition).expect("the definition");
    std::fs::write(&definition, good.replacen("\"Charge\"", "\"Nowhere\"", 1)).expect("a file");
    let mut events = opened.client.events("/dev/live/executions").await;
    let broken = loop {
        let page = opened.client.page(path).await;
        if page.contains("definition.asl.json:") {
            break page;
        }
        events.changed().await;
    };
    let text = shown(&broken);
    assert!(!text.contains("deploy.toml has errors"), "{text}");
    assert!(
        text.contains("the files of the project have errors"),
        "{text}"
    );
    // It is sent all the same: what is deployed has no errors.
    let typed = "{\"kind\": \"ORDER\", \"typed\": 1}";
    let fields = [("test", "PURCHASE"), ("input", typed)];
    let begun = opened.client.submit(&form, "/dev/start", &fields).await;
    opened.until(begun.location(), "SUCCEEDED").await;
}
