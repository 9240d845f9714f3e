//! Whatever is shown is text.

mod inside;
mod looks;
mod words;

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::edit::{Choice, Edit, edit};
use super::execution::{Actions, Execution, ForkOf, execution};
use super::executions::{Filters, List, Row, SINCE, list};
use super::layout::{Frame, Place, Section};
use super::problem::{Problem, problem};
use super::state::{AttemptLogs, LogLine, State, state};
use super::timeline::{ON_A_PAGE, Timeline, Urls, page_of, rows, rows_inside};
use super::waiting::waiting;
use crate::config::ExecutionStatus;
use crate::executions::{
    Attempt, ChildRun, Failure, History, Listed, Outcome, Run, StateKind, StateRun, Status,
    TaskCall, WaitingTask,
};
use crate::page::data_flow::{DataFlow, FlowStep};
use crate::page::{Fields, Url};
use crate::report::style::since_1970;

/// What must not get into a page other than as text.
const HOSTILE: &str =
    "\"'></textarea></pre><script>alert(1)</script><img src=x onerror=alert(2)>&\u{202e}";

const FAILED: Status = Status::Ended(ExecutionStatus::Failed);

/// Nothing of the hostile text is markup, and nothing is inline that the policy of the page would block.
fn is_harmless(page: &Markup) {
    let page = &page.0;
    for bad in [
        "<script>",
        "<img",
        "</textarea></pre>",
        "onerror=alert(2)>",
        "style=",
        "onclick",
    ] {
        let found = page
            .find(bad)
            .map(|at| &page[at.saturating_sub(80)..at + bad.len()]);
        assert_eq!(found, None, "{bad}");
    }
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
        "{page}"
    );
}

fn hostile_json() -> Value {
    json!({ HOSTILE: [HOSTILE] })
}

fn failure() -> Failure {
    Failure {
        error: HOSTILE.to_owned(),
        cause: json!({ "errorMessage": HOSTILE, "stackTrace": [HOSTILE] }).to_string(),
    }
}

fn hostile_state(parent: Option<usize>) -> StateRun {
    StateRun {
        name: HOSTILE.to_owned(),
        kind: StateKind::Task,
        parent,
        iteration: None,
        entered: since_1970(1.0),
        exited: None,
        input: Some(hostile_json().to_string()),
        output: Some(hostile_json().to_string()),
        attempts: vec![
            Attempt {
                scheduled: since_1970(1.0),
                ended: Some(since_1970(2.0)),
                function_arn: Some(HOSTILE.to_owned()),
                call: Some(TaskCall {
                    service: HOSTILE.to_owned(),
                    action: HOSTILE.to_owned(),
                    parameters: HOSTILE.to_owned(),
                }),
                request_id: Some(HOSTILE.to_owned()),
                submitted: false,
                execution_arn: Some(HOSTILE.to_owned()),
                failure: Some(failure()),
            };
            2
        ],
        failure: Some(failure()),
        map_run: None,
    }
}

fn hostile_run() -> Run {
    let mut history = History::default();
    history.states = vec![hostile_state(None), hostile_state(Some(0))];
    let child = Run {
        execution_arn: format!("arn:{HOSTILE}:execution:{HOSTILE}:{HOSTILE}"),
        error: Some(HOSTILE.to_owned()),
        ..Run::sample(FAILED)
    };
    Run {
        execution_arn: format!("arn:aws:states:r:1:execution:{HOSTILE}:{HOSTILE}"),
        input: Some(hostile_json()),
        output: Some(hostile_json()),
        error: Some(HOSTILE.to_owned()),
        cause: Some(HOSTILE.to_owned()),
        history: Some(history),
        children: vec![ChildRun {
            state: 0,
            attempt: 0,
            run: child,
        }],
        ..Run::sample(FAILED)
    }
}

fn url() -> Url {
    Url::of([HOSTILE]).with(HOSTILE, HOSTILE)
}

struct Anywhere;

impl Urls for Anywhere {
    fn execution(&self, _: &str) -> Option<Url> {
        Some(url())
    }

    fn state(&self, _: &str, _: usize) -> Option<Url> {
        Some(url())
    }

    fn children(&self, _: &str, _: usize) -> Option<Url> {
        Some(url())
    }
}

#[test]
fn a_list_shows_names_and_filters_as_text() {
    let listed = Listed {
        name: HOSTILE.to_owned(),
        execution_arn: HOSTILE.to_owned(),
        status: FAILED,
        started: since_1970(1.0),
        stopped: None,
        release: None,
        version: None,
        fork: true,
        redrives: 3,
    };
    let hostile = || Some(HOSTILE.to_owned());
    let filters = Filters {
        machine: None,
        status: None,
        name: hostile(),
        since: hostile(),
        until: hostile(),
        from: None,
        to: None,
    };
    let page = list(List {
        rows: vec![Row {
            machine: HOSTILE,
            listed: &listed,
        }],
        machines: vec![HOSTILE, "b"],
        starts: vec![(HOSTILE, url())],
        start_command: HOSTILE.to_owned(),
        express: vec![HOSTILE],
        cut: Some(1000),
        filters,
        wrong: vec![(SINCE, HOSTILE.to_owned())],
        missing: Some(Problem {
            message: HOSTILE.to_owned(),
            findings: hostile(),
            causes: vec![HOSTILE.to_owned()],
            hint: hostile(),
        }),
        page: 1,
        url: url(),
        execution_url: &|_, _| url(),
        masked: &str::to_owned,
        now: since_1970(9.0),
    });
    is_harmless(&page);
}

#[test]
fn an_execution_shows_all_that_handlers_say_as_text() {
    let run = hostile_run();
    let tree = run.tree().unwrap();
    let page = execution(&Execution {
        is_main: true,
        run: &run,
        started_by: Some((HOSTILE.to_owned(), url())),
        fork: Some(ForkOf {
            execution: Some((HOSTILE.to_owned(), url())),
            from: Some((HOSTILE.to_owned(), None)),
        }),
        now: since_1970(9.0),
        graph: Err(HOSTILE.to_owned()),
        rows: rows(&run, &tree),
        page: 1,
        timeline: Timeline {
            run: &run,
            now: since_1970(9.0),
            urls: &Anywhere,
        },
        failed: Some((url(), tree.state(0))),
        actions: Actions {
            form: HOSTILE,
            stop: Some(url()),
            redrive: Some(url()),
            fork: Some(url()),
            start: Some(url()),
            commands: vec![HOSTILE.to_owned()],
        },
        waiting: waiting(
            &[WaitingTask {
                state: 0,
                name: HOSTILE.to_owned(),
                token: Some("token".to_owned()),
            }],
            &url(),
            HOSTILE,
            &Fields::of(&format!("state=0&output={HOSTILE}&error={HOSTILE}")),
        ),
        test: Ok(HOSTILE.to_owned()),
        url: url(),
        executions: url(),
    });
    is_harmless(&page);
}

#[test]
fn a_state_shows_its_data_and_its_logs_as_text() {
    let run = hostile_run();
    let step = |name, before| FlowStep {
        name,
        before,
        value: json!({ HOSTILE: name }),
    };
    let variables: Map<String, Value> = hostile_json().as_object().unwrap().clone();
    let page = state(&State {
        run: &run,
        state: &hostile_state(None),
        outcome: Outcome::Failed,
        ended: None,
        place: Some(HOSTILE.to_owned()),
        around: vec![(HOSTILE.to_owned(), url())],
        flow: DataFlow {
            steps: vec![step("Input", None), step("Output", Some("Input"))],
            variables: variables.clone(),
            assigned: variables,
            unknown: Some(HOSTILE.to_owned()),
            pending: true,
            waiting: None,
        },
        call: hostile_state(None).attempts[0].call.clone(),
        failure: Some(failure()),
        rows: rows_inside(&run, &run.tree().unwrap(), 0),
        timeline: Timeline {
            run: &run,
            now: since_1970(9.0),
            urls: &Anywhere,
        },
        logs: vec![AttemptLogs {
            number: 1,
            lines: vec![LogLine {
                time: since_1970(1.0),
                text: HOSTILE.to_owned(),
            }],
        }],
        logs_page: 1,
        logs_problem: None,
        previous: Some(url()),
        next: Some(url()),
        fork: Some(url()),
        answer: Some(HOSTILE.to_owned()),
        definition: Some(hostile_json()),
        url: url(),
        execution: url(),
        now: since_1970(9.0),
    });
    is_harmless(&page);
}

#[test]
fn a_form_and_what_is_around_show_text() {
    let hostile = HOSTILE.to_owned();
    let view = edit(&Edit {
        heading: HOSTILE,
        about: HOSTILE,
        choosing: HOSTILE,
        choices: [true, false]
            .map(|is_chosen| Choice {
                text: hostile.clone(),
                url: url(),
                is_chosen,
            })
            .into(),
        input: HOSTILE,
        recorded: None,
        notes: std::slice::from_ref(&hostile),
        problem: None,
        hidden: vec![(HOSTILE, HOSTILE)],
        action: url(),
        button: HOSTILE,
        back: (HOSTILE, url()),
        confirm: Some(hostile.clone()),
        form: HOSTILE,
    });
    is_harmless(&view);
    let place = Place {
        stack: hostile.clone(),
        stage: hostile.clone(),
        stages: vec![hostile.clone(), "b".to_owned()],
        account: hostile.clone(),
        is_local: true,
    };
    let frame = Frame {
        root: &Url::of([]),
        notices: Vec::new(),
        place: Some(&place),
        section: Some(Section::Executions),
        title: HOSTILE,
        live: Some(url()),
        again: false,
    };
    let found = problem(&Problem {
        message: hostile.clone(),
        findings: Some(hostile.clone()),
        causes: vec![hostile.clone()],
        hint: Some(hostile),
    });
    is_harmless(&frame.around(&found));
}

#[test]
fn each_page_has_what_a_keyboard_and_a_screen_reader_need() {
    let frame = Frame {
        root: &Url::of([]),
        notices: Vec::new(),
        place: None,
        section: None,
        title: "Error",
        live: None,
        again: false,
    };
    let page = frame.around(&html! { h1 { "Error" } }).0;
    for needed in [
        "<html lang=\"en\">",
        "<title>Error · txflow</title>",
        "<a class=\"skip\" href=\"#main\">",
        "<main id=\"main\" tabindex=\"-1\">",
        "aria-live=\"polite\"",
        "name=\"viewport\"",
    ] {
        assert!(page.contains(needed), "{needed}: {page}");
    }
}

#[test]
fn a_long_timeline_has_pages_and_each_state_is_on_one() {
    let mut history = History::default();
    history.states = (0..450)
        .map(|_| StateRun {
            attempts: Vec::new(),
            failure: None,
            ..hostile_state(None)
        })
        .collect();
    let run = Run {
        history: Some(history),
        ..Run::sample(FAILED)
    };
    let rows = rows(&run, &run.tree().unwrap());
    assert_eq!(rows.len(), 450);
    assert_eq!(page_of(&rows, &run, 0), Some(1));
    assert_eq!(page_of(&rows, &run, ON_A_PAGE), Some(2));
    assert_eq!(page_of(&rows, &run, 449), Some(3));
    assert_eq!(page_of(&rows, &run, 450), None);
}

#[test]
fn a_filter_leaves_what_fits_and_counts_each_status() {
    let listed = |name: &str, status, started| Listed {
        name: name.to_owned(),
        execution_arn: format!("arn:{name}"),
        status,
        started: since_1970(started),
        stopped: Some(since_1970(started + 1.0)),
        release: Some(3),
        version: None,
        fork: false,
        redrives: 0,
    };
    let succeeded = Status::Ended(ExecutionStatus::Succeeded);
    let all: Vec<Listed> = (0..60)
        .map(|at| listed(&format!("order-{at}"), succeeded, f64::from(at)))
        .chain([listed("refund-1", FAILED, 61.0)])
        .collect();
    let shown = |filters: Filters, page| {
        let rows = all.iter().map(|listed| Row {
            machine: "shop-dev",
            listed,
        });
        let view = list(List {
            rows: rows.collect(),
            machines: vec!["shop-dev"],
            starts: Vec::new(),
            start_command: String::new(),
            express: Vec::new(),
            cut: None,
            filters,
            wrong: Vec::new(),
            missing: None,
            page,
            url: Url::of(["dev", "executions"]),
            execution_url: &|_, name| Url::of(["dev", "executions", name]),
            masked: &str::to_owned,
            now: since_1970(100.0),
        });
        view.0
    };
    let first = shown(Filters::default(), 1);
    assert!(
        first.contains("All <span class=\"number\">61</span>"),
        "{first}"
    );
    assert!(first.contains("SUCCEEDED <span class=\"number\">60</span>"));
    assert!(
        first.contains(">refund-1<")
            && first.contains(">order-59<")
            && !first.contains(">order-9<")
    );
    assert!(first.contains("href=\"/dev/executions?page=2\""), "{first}");
    let last = shown(Filters::default(), 7);
    assert!(last.contains("Page 2 of 2") && last.contains(">order-0<"));
    let text = |text: &str| Some(text.to_owned());
    let failed = shown(
        Filters {
            status: text("FAILED"),
            ..Filters::default()
        },
        1,
    );
    assert!(failed.contains(">refund-1<") && !failed.contains(">order-1<"));
    let named = Filters {
        name: text("order-5"),
        from: Some(since_1970(51.0)),
        to: Some(since_1970(52.0)),
        ..Filters::default()
    };
    let named = shown(named, 1);
    assert!(
        named.contains("All <span class=\"number\">2</span>"),
        "{named}"
    );
    assert!(
        named.contains("?name=order-5&amp;status=SUCCEEDED"),
        "{named}"
    );
}
