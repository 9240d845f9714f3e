//! Executions inside of others: shown with their own states, as far as there are not too many.

use super::{FAILED, HOSTILE, Url, is_harmless, since_1970, url};
use crate::config::ExecutionStatus;
use crate::executions::{
    Attempt, ChildCounts, ChildPage, ChildRun, Failure, History, Listed, MapRun, Run, StateKind,
    StateRun, Status, Unread,
};
use crate::page::view::children::{Children, children};
use crate::page::view::timeline::{Timeline, Urls, page_of, rows, rows_inside};

const DONE: Status = Status::Ended(ExecutionStatus::Succeeded);

struct Pages;

impl Urls for Pages {
    fn execution(&self, arn: &str) -> Option<Url> {
        Some(Url::of([arn]))
    }

    fn state(&self, arn: &str, index: usize) -> Option<Url> {
        Some(Url::of([arn, &index.to_string()]))
    }

    fn children(&self, arn: &str, index: usize) -> Option<Url> {
        Some(self.state(arn, index)?.at("children"))
    }
}

fn state(name: &str) -> StateRun {
    StateRun {
        name: name.to_owned(),
        kind: StateKind::Task,
        parent: None,
        iteration: None,
        entered: since_1970(1.0),
        exited: Some(since_1970(2.0)),
        input: None,
        output: None,
        attempts: Vec::new(),
        failure: None,
        map_run: None,
    }
}

fn attempt(execution: Option<&str>, error: Option<&str>) -> Attempt {
    Attempt {
        scheduled: since_1970(1.0),
        ended: Some(since_1970(2.0)),
        function_arn: None,
        call: None,
        request_id: None,
        submitted: false,
        execution_arn: execution.map(str::to_owned),
        failure: error.map(|error| Failure {
            error: error.to_owned(),
            cause: String::new(),
        }),
    }
}

fn run(arn: &str, status: Status, states: Vec<StateRun>) -> Run {
    let mut history = History::default();
    history.states = states;
    Run {
        execution_arn: arn.to_owned(),
        history: Some(history),
        ..Run::sample(status)
    }
}

/// An execution whose second state started others.
fn parent(started: &[&str]) -> Run {
    let attempts = started.iter().map(|arn| attempt(Some(arn), None));
    let nested = StateRun {
        attempts: attempts.collect(),
        ..state("Nested")
    };
    run("outer", DONE, vec![state("First"), nested, state("Last")])
}

fn shown(run: &Run) -> String {
    let timeline = Timeline {
        run,
        now: since_1970(9.0),
        urls: &Pages,
    };
    timeline.table(&rows(run, &run.tree().unwrap())).0
}

fn child(run: Run) -> ChildRun {
    ChildRun {
        state: 1,
        attempt: 0,
        run,
    }
}

#[test]
fn a_child_has_its_own_states_and_attempts_which_lead_to_its_pages() {
    let mut outer = parent(&["inner"]);
    let pay = StateRun {
        attempts: vec![
            attempt(None, Some("Busy")),
            attempt(Some("innermost"), None),
        ],
        ..state("Pay")
    };
    let mut inner = run("inner", DONE, vec![pay]);
    inner.children = vec![ChildRun {
        state: 0,
        ..child(run("innermost", DONE, vec![state("Book")]))
    }];
    outer.children = vec![child(inner)];
    let page = shown(&outer);
    let order = [
        "href=\"/outer/0\">First",
        "href=\"/outer/1\">Nested",
        "href=\"/inner\">",
        "href=\"/inner/0\">Pay",
        "<strong>Busy",
        "href=\"/innermost\">",
        "href=\"/innermost/0\">Book",
        "href=\"/outer/2\">Last",
    ];
    let places = order.map(|text| page.find(text).unwrap_or_else(|| panic!("{text}: {page}")));
    assert!(places.is_sorted(), "{places:?}");
    // A state of a child has the number of another one of the execution.
    let tree = outer.tree().unwrap();
    assert_eq!(page_of(&rows(&outer, &tree), &outer, 2), Some(1));
    let inside = rows_inside(&outer, &tree, 1);
    assert_eq!(inside.len(), 6, "attempts, executions and their states");
}

#[test]
fn an_execution_stands_below_the_attempt_that_started_it() {
    let mut outer = run("outer", DONE, vec![]);
    let tries = StateRun {
        attempts: vec![
            attempt(Some("first"), Some("Down")),
            attempt(Some("second"), None),
        ],
        ..state("Pay")
    };
    outer.history.as_mut().unwrap().states = vec![tries];
    outer.children = ["first", "second"]
        .map(|arn| ChildRun {
            state: 0,
            ..child(run(arn, DONE, vec![]))
        })
        .into();
    let page = shown(&outer);
    let order = [
        "Attempt 1",
        "href=\"/first\">",
        "Attempt 2",
        "href=\"/second\">",
    ];
    let places = order.map(|text| page.find(text).unwrap_or_else(|| panic!("{text}: {page}")));
    assert!(places.is_sorted(), "{places:?} {page}");
}

#[test]
fn a_long_child_ends_with_how_much_is_left() {
    let mut outer = parent(&["inner"]);
    let states = (0..120).map(|at| state(&format!("S{at}")));
    outer.children = vec![child(run("inner", DONE, states.collect()))];
    let page = shown(&outer);
    assert!(page.contains(">S49<") && !page.contains(">S50<"), "{page}");
    assert!(
        page.contains("<a href=\"/inner\">70 more rows</a>"),
        "{page}"
    );
    assert!(page.contains(">Last<"), "{page}");
}

#[test]
fn what_was_not_read_says_why() {
    let mut outer = parent(&["a", "b", "c"]);
    let why = [
        ("a", Unread::TooMany(20)),
        ("b", Unread::Denied),
        ("c", Unread::TooDeep(5)),
    ];
    outer.unread = why.map(|(arn, why)| (arn.to_owned(), why)).into();
    let page = shown(&outer);
    for (arn, why) in why {
        let said = format!("href=\"/{arn}\">{arn}</a> <span class=\"faint\">(not shown: {why})");
        assert!(page.contains(&said), "{said}: {page}");
    }
}

fn map_run(read: usize, total: u64) -> MapRun {
    let child = |at: usize| run(&format!("child-{at}"), FAILED, vec![state("Each")]);
    MapRun {
        state: 1,
        map_run_arn: "arn:map:run-1".to_owned(),
        status: FAILED,
        redrives: 0,
        executions: ChildCounts {
            total,
            failed: total,
            ..ChildCounts::default()
        },
        children: (0..read).map(child).collect(),
    }
}

#[test]
fn a_map_run_shows_some_executions_and_leads_to_all() {
    let mut outer = parent(&[]);
    outer.map_runs = vec![map_run(2, 1000)];
    let page = shown(&outer);
    assert!(page.contains("href=\"/child-1/0\">Each</a>"), "{page}");
    let all = "<a href=\"/outer/1/children\">";
    assert!(
        page.contains(&format!("{all}1000 executions</a>")),
        "{page}"
    );
    assert!(
        page.contains(&format!("{all}998 more executions</a>")),
        "{page}"
    );
    // Nobody can list those that are EXPRESS.
    outer.map_runs = vec![map_run(0, 3)];
    outer.unread = [("arn:map:run-1".to_owned(), Unread::Express)].into();
    let page = shown(&outer);
    let said = "3 more executions <span class=\"faint\">(not shown: AWS keeps no executions that are EXPRESS)";
    assert!(page.contains(said), "{page}");
    // A Map Run that could not be read is not passed over.
    outer.map_runs = Vec::new();
    outer.unread = [("run-2".to_owned(), Unread::Denied)].into();
    outer.history.as_mut().unwrap().states[1].map_run = Some("run-2".to_owned());
    assert!(shown(&outer).contains("Map Run run-2 <span"));
}

#[test]
fn all_executions_of_a_map_run_are_listed_as_text() {
    let listed = Listed {
        name: HOSTILE.to_owned(),
        execution_arn: "arn".to_owned(),
        status: FAILED,
        started: since_1970(1.0),
        stopped: None,
        release: None,
        version: None,
        fork: false,
        redrives: 0,
    };
    let map_run = map_run(0, 200);
    let view = |unread, listed| {
        children(&Children {
            map_run: &map_run,
            state: (HOSTILE, url()),
            execution: (HOSTILE, url()),
            shown: ChildPage {
                listed,
                next: Some("next&token".to_owned()),
            },
            status: Some("FAILED"),
            unread,
            url: Url::of(["all"]),
            child_url: &|arn| Some(Url::of([arn])),
            now: since_1970(9.0),
        })
    };
    let page = view(None, vec![listed]);
    is_harmless(&page);
    for said in [
        "FAILED <span class=\"number\">200</span>",
        "href=\"/all?status=FAILED&amp;from=next%26token\"",
        "href=\"/arn\"",
    ] {
        assert!(page.0.contains(said), "{said}: {}", page.0);
    }
    let page = view(Some(Unread::Express), Vec::new());
    assert!(
        page.0.contains("AWS keeps no executions that are EXPRESS."),
        "{}",
        page.0
    );
}
