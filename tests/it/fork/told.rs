//! What a fork tells, and what it does not.

use serde_json::{Value, json};

use super::{calls, definition, orders};
use crate::endings::Local;
use crate::support::project::Project;

/// A task that fails until it is fixed, with the order in what it fails with.
fn charging(fixed: bool) -> Value {
    let payload = json!({ "fail": !fixed, "order.$": "$.order" });
    json!({ "StartAt": "Charge", "States": { "Charge": calls("charge", payload, None) } })
}

fn stdout(all: &str) -> Vec<&str> {
    all.lines().collect()
}

#[tokio::test]
async fn a_fork_says_what_it_finishes_and_shows_no_state_of_its_own() {
    let mut local = Local::deployed(orders(definition(false))).await;
    local.fails("order-17", &json!({ "order": 17 })).await;
    local.redeploy(definition(true)).await;
    let fork = local
        .run(&["executions", "fork", "order-17"])
        .await
        .succeeded();
    let fork = fork.says("ran before and does not run again: `Prepare`");
    let show = local.run(&["executions", "show", "last"]).await.succeeded();
    let line = show.stdout.lines().find(|line| line.contains("forked"));
    assert_eq!(
        line.map(str::trim),
        Some("forked    order-17, from `Charge`; not run again: `Prepare`"),
        "{}",
        show.stdout
    );
    for told in [&fork.stdout, &fork.stderr, &show.stdout] {
        assert!(!told.contains("txflow fork "), "{told}");
    }
    let show = local.run(&["executions", "show", "last", "--json"]).await;
    let forked = &show.succeeded().json()["forked"];
    let expected =
        json!({ "execution": "order-17", "number": 1, "from": "Charge", "skipped": ["Prepare"] });
    assert_eq!(*forked, expected);

    // Whoever forks again what was finished should know.
    let again = local
        .run(&["executions", "fork", "order-17", "--from", "Prepare"])
        .await;
    again
        .succeeded()
        .says("`order-17` was forked before: `order-17_fork-72a90ea3-1` has succeeded");
}

/// A fork publishes a version and puts back what was there, which AWS takes for another revision.
#[tokio::test]
async fn a_plan_after_a_fork_names_the_release_that_the_deploy_makes_live() {
    let mut local = Local::deployed(orders(definition(false))).await;
    local.fails("order-1", &json!({ "order": 1 })).await;
    local.redeploy(definition(true)).await;
    local.run(&["rollback"]).await.succeeded();
    local
        .run(&["executions", "fork", "order-1"])
        .await
        .exits_with(1);
    assert_eq!(local.held().await.0, [3, 2, 1]);
    let plan = local
        .run(&["plan", "--exit-code"])
        .await
        .exits_with(4)
        .stdout;
    assert!(plan.contains("release  1 → 2"), "{plan}");
    local.run(&["deploy"]).await.succeeded();
    let status = local.run(&["status", "--json"]).await.succeeded().json();
    assert_eq!(status["live"][0]["release"], 2, "{status}");
    assert!(!local.held().await.0.contains(&4));
    local.run(&["plan", "--exit-code"]).await.succeeded();
}

/// The number of a fork that is gone is not the one of another deploy.
#[tokio::test]
async fn a_deploy_after_a_fork_is_not_taken_for_one_beside_another() {
    let mut local = Local::deployed(orders(charging(false))).await;
    local.fails("order-1", &json!({ "order": 1 })).await;
    local.redeploy(charging(true)).await;
    local
        .run(&["executions", "fork", "order-1"])
        .await
        .succeeded();
    // It removes the version of the fork.
    local.redeploy(definition(true)).await;
    local.wire.clear();
    // The role loses what calls `prepare`.
    local.redeploy(charging(true)).await;
    let plan = local.run(&["plan", "--exit-code"]).await;
    assert_eq!(plan.code, Some(0), "{}", plan.stdout);
}

#[tokio::test]
async fn a_version_of_a_fork_is_no_release_to_any_command() {
    let mut local = Local::deployed(orders(definition(false))).await;
    local.fails("order-1", &json!({ "order": 1 })).await;
    local.redeploy(definition(true)).await;
    local
        .run(&["executions", "fork", "order-1"])
        .await
        .succeeded();
    for refused in [
        &["diff", "1", "3"][..],
        &["diff", "3", "2"],
        &["start", "--release", "3"],
    ] {
        let refused = local.run(refused).await.exits_with(2);
        assert!(refused.stderr.contains("2, 1"), "{}", refused.stderr);
    }
    // It began in the middle, so it says nothing of the definition.
    let replay = local
        .run(&["replay", "--json", "--allow"])
        .await
        .succeeded();
    let rows = replay.says("1 fork left out").json()["executions"]
        .as_array()
        .map(Vec::len);
    assert_eq!(rows, Some(1));
}

#[tokio::test]
async fn nothing_that_a_fork_shows_holds_what_is_redacted() {
    let redact = "[replay]\nredact = [\"$.order\"]\n";
    let project = orders(charging(false)).settings(redact);
    let mut local = Local::deployed(project).await;
    let input = json!({ "order": "ann-4111" });
    for name in ["of-ann-4111", "other-ann-4111", "third"] {
        local.fails(name, &input).await;
    }
    let failed = local
        .run(&["executions", "fork", "third", "--json"])
        .await
        .exits_with(1);
    local.redeploy(charging(true)).await;
    let asked = local
        .run(&["executions", "fork", "--failed"])
        .await
        .exits_with(1);
    let one = local
        .run(&["executions", "fork", "of-ann-4111"])
        .await
        .succeeded();
    let all = local
        .run(&["executions", "fork", "--failed", "--yes"])
        .await
        .succeeded();
    for told in [failed, asked, one, all] {
        for text in [&told.stdout, &told.stderr] {
            assert!(!text.contains("4111"), "{text}");
        }
    }
}

#[tokio::test]
async fn executions_of_tests_are_forked_only_by_name() {
    let tests = "[tests.REFUSED]\ninput = { order = 1 }\nexpect = { status = \"FAILED\" }\n";
    let mut local = Local::deployed(orders(charging(false)).settings(tests)).await;
    local.run(&["test"]).await.succeeded();
    local.fails("order-1", &json!({ "order": 1 })).await;
    local.redeploy(charging(true)).await;
    let all = local
        .run(&["executions", "fork", "--failed", "--yes"])
        .await
        .succeeded();
    let lines = stdout(&all.stdout);
    assert!(lines[1].starts_with("order-1 "), "{lines:?}");
    assert_eq!(
        lines[2..],
        ["left out: 1 execution of `txflow test`; name one to fork it"]
    );
    let list = local
        .run(&["executions", "list", "--status", "FAILED", "--json"])
        .await;
    let name = list.succeeded().json()[1]["name"]
        .as_str()
        .expect("a name")
        .to_owned();
    local.run(&["executions", "fork", &name]).await.succeeded();
}

#[tokio::test]
async fn a_table_of_forks_fits_a_terminal_of_80_columns() {
    let mut local = Local::deployed(orders(charging(false))).await;
    for number in 1..=2 {
        let name = format!("a-long-name-of-an-order-that-nobody-could-keep-{number}");
        local.fails(&name, &json!({ "order": number })).await;
    }
    local.redeploy(charging(true)).await;
    let fork = local.txflow(&["executions", "fork", "--failed", "--yes"]);
    let shown = fork.run_on_screen(24, 80).await.succeeded().stdout;
    let lines = stdout(&shown);
    let heading = lines.iter().position(|line| line.starts_with("EXECUTION"));
    let rows = &lines[heading.expect("a heading") + 1..][..2];
    assert!(rows.iter().all(|row| row.ends_with("SUCCEEDED")), "{shown}");
    assert_ne!(rows[0], rows[1], "{shown}");
}

#[tokio::test]
async fn options_that_do_not_go_together_say_what_to_do() {
    let project = Project::new("orders")
        .handler("charge")
        .definition(charging(true))
        .write();
    let refused = async |arguments: &[&str]| {
        let arguments = [&["executions", "fork"][..], arguments].concat();
        project.alone(&arguments).run().await.exits_with(2).stderr
    };
    for (arguments, told) in [
        (
            &["--since", "1d", "--local"][..],
            "hint: pass `--failed` to fork all that failed, or leave out `--since`",
        ),
        (
            &["last", "--last", "2", "--local"],
            "hint: pass `--failed` to fork all that failed, or leave out `--last`",
        ),
        (
            &["--local"],
            "hint: name an execution, such as `last`, or pass `--failed` for all that failed",
        ),
        (
            &["--failed", "--last", "0"],
            "pass a whole number that is at least 1",
        ),
        (
            &["--from", "Charge", "--input", "@nofile.json"],
            "`--input` cannot be used: `nofile.json`: ",
        ),
    ] {
        let stderr = refused(arguments).await;
        assert!(stderr.contains(told), "{arguments:?}: {stderr}");
    }
}

/// Without an execution, nothing says what states before it had assigned.
#[tokio::test]
async fn a_variable_that_nothing_assigns_is_told() {
    let local = Local::deployed(orders(definition(true))).await;
    let given = [
        "executions",
        "fork",
        "--from",
        "Charge",
        "--input",
        "{\"order\":2}",
    ];
    let given = local.run(&given).await.exits_with(1);
    given.says("only states before `Charge` assign `$kept`, so a state that reads it fails");
}

/// Of two iterations one has succeeded, and the other one fails again in the fork.
#[tokio::test]
async fn a_fork_that_failed_inside_of_a_map_is_forked_again() {
    let each = |fixed: bool| {
        let payload = match fixed {
            false => json!({ "fail.$": "$" }),
            true => json!({ "fail": false }),
        };
        json!({ "StartAt": "Each", "States": { "Each": {
            "Type": "Map", "End": true, "ItemsPath": "$.items", "MaxConcurrency": 1,
            "ItemProcessor": { "StartAt": "One", "States": { "One": calls("charge", payload, None) } },
        } } })
    };
    let mut local = Local::deployed(orders(each(false))).await;
    local
        .fails("order-1", &json!({ "items": [false, true, false] }))
        .await;
    let fork = local
        .run(&["executions", "fork", "order-1"])
        .await
        .exits_with(1);
    assert!(
        fork.stdout.contains("item 0 answered as before"),
        "{}",
        fork.stdout
    );
    local.redeploy(each(true)).await;
    let fork = local.run(&["executions", "fork", "last", "--json"]).await;
    let fork = fork.succeeded().json();
    assert_eq!(fork["fork"]["answered"], 1);
    assert_eq!(fork["output"].as_array().map(Vec::len), Some(3));
    // A name that leads to nothing says why, and what to do.
    let other = local
        .run(&["executions", "fork", "last", "--from", "Nowhere"])
        .await
        .exits_with(2);
    other.says("no state of the definition is named `Nowhere`");
}
