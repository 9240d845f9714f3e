//! What the pages lead to, and how they say things.

use maud::Markup;

use super::{Anywhere, FAILED, hostile_run, hostile_state};
use crate::executions::{Attempt, Failure, History, Listed, Run, StateRun};
use crate::last_tests::{LastTest, LastTests, Progress};
use crate::page::Url;
use crate::page::view::executions::{Filters, List, Row, SINCE, list};
use crate::page::view::parts::sentence;
use crate::page::view::problem::{Problem, problem};
use crate::page::view::test_run::{Tests, tests};
use crate::page::view::timeline::{Timeline, rows};
use crate::report::style::since_1970;

/// A list of a stack with these state machines, of which these can be started.
fn listed(
    machines: &[&'static str],
    starts: &[&'static str],
    rows: &[Listed],
    name: &str,
) -> String {
    let view = List {
        rows: { rows.iter() }
            .map(|listed| Row {
                machine: "shop-dev",
                listed,
            })
            .collect(),
        machines: machines.to_vec(),
        starts: { starts.iter() }
            .map(|name| (*name, Url::of(["dev", "start"]).with("machine", name)))
            .collect(),
        start_command: "txflow start --local".to_owned(),
        express: Vec::new(),
        cut: None,
        filters: Filters {
            name: (!name.is_empty()).then(|| name.to_owned()),
            ..Filters::default()
        },
        wrong: vec![(SINCE, "`x` is not a time".to_owned())],
        missing: None,
        page: 1,
        url: Url::of(["dev", "executions"]),
        execution_url: &|_, name| Url::of(["dev", "executions", name]),
        now: since_1970(9.0),
        masked: &str::to_owned,
    };
    list(view).0
}

fn one() -> Listed {
    Listed {
        name: "order-1".to_owned(),
        execution_arn: "arn".to_owned(),
        status: FAILED,
        started: since_1970(1.0),
        stopped: None,
        release: None,
        version: None,
        fork: false,
        redrives: 0,
    }
}

#[test]
fn a_list_leads_to_the_start_of_each_state_machine_and_an_empty_one_says_how() {
    let empty = listed(&["shop-dev"], &["shop-dev"], &[], "");
    for needed in [
        "href=\"/dev/start?machine=shop-dev\">Start an execution…</a>",
        "No executions yet.",
        ">Start one</a> here or with <code>txflow start --local</code>.",
    ] {
        assert!(empty.contains(needed), "{needed}: {empty}");
    }
    let both = ["shop-dev", "shop-dev-quote"];
    let several = listed(&both, &both, &[one()], "");
    for name in both {
        let link = format!("href=\"/dev/start?machine={name}\">Start {name}…</a>");
        assert!(several.contains(&link), "{link}: {several}");
    }
    let filtered = listed(&both, &both, &[one()], "other");
    assert!(
        filtered.contains("No executions match the filters."),
        "{filtered}"
    );
    // Nothing can be started before it is deployed.
    let none = listed(&["shop-dev"], &[], &[], "");
    assert!(
        !none.contains("/start") && none.contains("No executions yet."),
        "{none}"
    );
}

#[test]
fn what_is_wrong_with_a_filter_is_said_by_its_label() {
    let page = listed(&["shop-dev"], &[], &[], "");
    assert!(
        page.contains("Started after: <code>x</code> is not a time"),
        "{page}"
    );
    assert!(page.contains("<label>Started before<input"), "{page}");
}

#[test]
fn each_test_leads_to_an_execution_with_its_input() {
    let last = LastTests {
        began: since_1970(1.0),
        progress: Progress::Passed,
        problem: None,
        tests: vec![
            LastTest::new("SALE", Progress::Passed),
            LastTest::new("EVENT", Progress::Passed),
            LastTest::new("REMOVED", Progress::Passed),
        ],
    };
    let start = |test: &str| Url::of(["dev", "start"]).with("test", test);
    let page = |last: Option<&LastTests>| -> Markup {
        tests(&Tests {
            last,
            coverage: None,
            command: "txflow test".to_owned(),
            watch: None,
            measure: "txflow test --coverage".to_owned(),
            execution: &|_, name| Url::of([name]),
            declared: vec![
                ("SALE", Some(start("SALE"))),
                ("EVENT", None),
                ("NEW", Some(start("NEW"))),
            ],
            now: since_1970(9.0),
        })
    };
    let after = page(Some(&last)).0;
    for name in ["SALE", "NEW"] {
        let link = format!("href=\"/dev/start?test={name}\">Start with this input…");
        assert!(after.contains(&link), "{link}: {after}");
    }
    assert_eq!(after.matches("Start with this input").count(), 2, "{after}");
    assert!(after.contains("Not in the last run"), "{after}");
    let before = page(None).0;
    assert!(before.contains("Tests in deploy.toml"), "{before}");
    assert!(before.contains("/dev/start?test=SALE"), "{before}");
}

/// The rows of a timeline whose one state failed twice, at last with what the execution failed with.
fn failed_twice(error: &str) -> String {
    let attempt = |failure: Failure| Attempt {
        failure: Some(failure),
        execution_arn: None,
        ..hostile_state(None).attempts[0].clone()
    };
    let other = Failure {
        error: "Busy".to_owned(),
        cause: "come back later".to_owned(),
    };
    let last = Failure {
        error: "Refused".to_owned(),
        cause: "the card was declined".to_owned(),
    };
    let mut history = History::default();
    history.states = vec![StateRun {
        attempts: vec![attempt(other), attempt(last)],
        failure: None,
        ..hostile_state(None)
    }];
    let run = Run {
        history: Some(history),
        error: Some(error.to_owned()),
        cause: Some("the card was declined".to_owned()),
        children: Vec::new(),
        ..hostile_run()
    };
    let rows = rows(&run, &run.tree().expect("a history"));
    let timeline = Timeline {
        run: &run,
        now: since_1970(9.0),
        urls: &Anywhere,
    };
    timeline.table(&rows).0
}

#[test]
fn a_timeline_says_a_cause_in_a_row_of_its_own_and_not_what_stands_above_it() {
    let page = failed_twice("Refused");
    for said in [
        "Attempt 1: <strong>Busy</strong>",
        "colspan=\"5\"><div class=\"d2\">come back later</div>",
        "Attempt 2: <strong>Refused</strong>",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("the card was declined"), "{page}");
    let page = failed_twice("Other");
    assert!(
        page.contains("<div class=\"d2\">the card was declined</div>"),
        "{page}"
    );
}

#[test]
fn a_problem_shows_names_as_code_and_the_line_of_a_command_becomes_a_sentence() {
    let page = problem(&Problem {
        message: "`a` is not there".to_owned(),
        causes: vec!["no `b`".to_owned()],
        hint: Some("run `c`".to_owned()),
        ..Problem::default()
    });
    for code in ["<code>a</code>", "<code>b</code>", "<code>c</code>"] {
        assert!(page.0.contains(code), "{code}: {}", page.0);
    }
    assert_eq!(sentence("forks `a`"), "Forks `a`.");
    assert_eq!(sentence("ends."), "Ends.");
    assert_eq!(sentence(""), "");
}
