//! The same of the workflow, its releases, its tests, and the local services.

use jiff::Timestamp;
use maud::html;
use serde_json::json;

use super::{HOSTILE, hostile_json, is_harmless, url};
use crate::coverage::{ItemCoverage, Kind, MachineCoverage, StackCoverage, Unknown};
use crate::graph::{FieldDifference, Mark, StateDifference};
use crate::last_tests::{ExecutionFailure, LastTest, LastTests, Progress, Unmet};
use crate::page::Fields;
use crate::page::view::difference::difference;
use crate::page::view::problem::Problem;
use crate::page::view::services::{One, Urls as ServiceUrls, object, one, services};
use crate::page::view::test_run::{CoverageView, GraphView, Tests, tests};
use crate::page::view::workflow::{DefinitionView, Deployed, Tab, Urls, Workflow, workflow};
use crate::plan::{Attribute, Reason};
use crate::resources::{
    Difference, FunctionDifference, LiveFunction, LiveStateMachine, LiveTrigger, MachineDifference,
    Overview, PermissionDifference, RetainedRelease, Route,
};
use crate::services::{
    Contents, Held, Items, Listing, Message, Object, QueueCounts, Rule, ServiceKind, Subscription,
};

fn text() -> String {
    HOSTILE.to_owned()
}

fn release(release: u64) -> RetainedRelease {
    RetainedRelease {
        release,
        published: Timestamp::UNIX_EPOCH,
        origin: Some(text()),
    }
}

fn hostile_overview() -> Overview {
    Overview {
        live: vec![Route {
            release: 2,
            weight: 100,
        }],
        releases: vec![release(3), release(2), release(1)],
        functions: vec![LiveFunction {
            name: text(),
            version: Some(text()),
            missing_version: None,
            code_sha256: text(),
            code_size: 1,
            memory: 128,
            architecture: "arm64",
            last_modified: None,
            failure: Some(text()),
        }],
        state_machines: vec![LiveStateMachine {
            name: text(),
            version: None,
            published: None,
        }],
        triggers: vec![LiveTrigger {
            name: text(),
            starts: text(),
            enabled: false,
        }],
    }
}

#[test]
fn a_workflow_shows_its_definition_and_releases_as_text() {
    let page = |deployed| Workflow {
        start: Some(url()),
        machines: [false, true]
            .map(|is_shown| Tab {
                name: HOSTILE,
                url: url(),
                is_shown,
            })
            .into(),
        definition: Some(DefinitionView {
            path: text(),
            text: text(),
            marks: [].into(),
            graph: html! {},
            coverage: Some(text()),
        }),
        deployed,
        urls: Urls {
            tests: url(),
            difference: &|old, new| url().at(&format!("{old}-{new}")),
        },
        now: Timestamp::UNIX_EPOCH,
    };
    let deployed = |drift| Deployed {
        overview: hostile_overview(),
        drift,
        plan: text(),
    };
    let drift = format!("{HOSTILE}\n  {HOSTILE}");
    let shown = workflow(&page(Ok(deployed(Ok(drift)))));
    is_harmless(&shown);
    // The one before, and what is live if that is another one.
    for link in ["2-3", "1-2"] {
        assert!(
            shown.0.contains(&format!("/{link}?")),
            "{link}: {}",
            shown.0
        );
    }
    let problem = || Problem {
        message: text(),
        findings: Some(text()),
        causes: vec![text()],
        hint: Some(text()),
    };
    is_harmless(&workflow(&page(Ok(deployed(Err(problem()))))));
    is_harmless(&workflow(&page(Err(problem()))));
}

#[test]
fn a_difference_shows_what_it_was_and_is_as_text() {
    let field = || FieldDifference {
        path: text(),
        old: None,
        new: Some(hostile_json()),
    };
    let reason = || Reason::Changed {
        attribute: Attribute::Environment(text()),
        old: Some(text()),
        new: None,
    };
    let page = difference(
        &Difference {
            stack: text(),
            stage: text(),
            old: Some(1),
            new: None,
            state_machines: vec![MachineDifference {
                name: text(),
                change: Mark::Changed,
                states: vec![StateDifference {
                    state: vec![text(), text()],
                    change: Mark::Added,
                    fields: vec![field()],
                }],
                fields: vec![field()],
                settings: vec![reason()],
                definitions: None,
            }],
            functions: vec![FunctionDifference {
                name: text(),
                change: Mark::Changed,
                old_version: Some(text()),
                new_version: None,
                differences: vec![reason()],
            }],
            permissions: vec![PermissionDifference {
                role: text(),
                change: Mark::Removed,
                actions: vec![text()],
                resource: text(),
                condition: Some(hostile_json().to_string()),
            }],
        },
        &url(),
    );
    is_harmless(&page);
    assert!(
        page.0.contains("From release 1 to the working folder"),
        "{}",
        page.0
    );
}

fn machine() -> MachineCoverage {
    MachineCoverage {
        state_machine: None,
        file: HOSTILE.into(),
        items: vec![ItemCoverage {
            kind: Kind::State,
            state: text(),
            item: text(),
            line: 7,
            times: Some(0),
            pointer: String::new(),
            next: None,
            left: 0,
        }],
        unknown: vec![Unknown {
            reason: text(),
            executions: 1,
        }],
    }
}

#[test]
fn tests_show_why_they_failed_and_what_they_missed_as_text() {
    let unmet = |is_diff| Unmet {
        what: text(),
        detail: format!("-{HOSTILE}\n+{HOSTILE}\n{HOSTILE}"),
        is_diff,
        line: Some(3),
    };
    let last = LastTests {
        began: Timestamp::UNIX_EPOCH,
        progress: Progress::Failed,
        problem: Some(text()),
        tests: vec![LastTest {
            // A file may say anything.
            seconds: Some(f64::NAN),
            status: Some(text()),
            state_machine: Some(text()),
            execution: Some(text()),
            failure: Some(ExecutionFailure {
                error: text(),
                cause: Some(format!("no stock {HOSTILE}")),
            }),
            unmet: vec![unmet(true), unmet(false)],
            hint: Some(text()),
            ..LastTest::new(HOSTILE, Progress::Failed)
        }],
    };
    let coverage = StackCoverage::new(vec![machine()]);
    let page = |is_old| Tests {
        last: Some(&last),
        coverage: Some(CoverageView {
            coverage: &coverage,
            measured: Timestamp::UNIX_EPOCH,
            is_old,
            graph: Some(GraphView {
                name: text(),
                graph: html! {},
                others: vec![(text(), url())],
            }),
            workflow: &|_| url(),
        }),
        command: text(),
        watch: Some(text()),
        measure: text(),
        execution: &|_, name| url().at(name),
        declared: vec![(HOSTILE, Some(url())), ("b", Some(url()))],
        now: Timestamp::UNIX_EPOCH,
    };
    let now = tests(&page(false));
    is_harmless(&now);
    assert!(now.0.contains("#L7\""), "{}", now.0);
    assert!(now.0.contains(": no stock "), "{}", now.0);
    // The line may be another one by now.
    let old = tests(&page(true));
    is_harmless(&old);
    assert!(!old.0.contains("#L7\""), "{}", old.0);
    let none = Tests {
        last: None,
        coverage: None,
        ..page(false)
    };
    is_harmless(&tests(&none));
}

#[test]
fn services_show_what_they_hold_as_text() {
    let urls = ServiceUrls {
        all: url(),
        one: Box::new(|_, name| url().at(name)),
    };
    let held = Held {
        name: text(),
        facts: text(),
    };
    let listings = ServiceKind::ALL.map(|kind| Listing {
        kind,
        held: Ok(vec![held.clone()]),
    });
    is_harmless(&services(&listings, &urls));
    let contents = [
        Contents::Table {
            key: vec![text()],
            items: Items {
                items: vec![hostile_json(), json!({ HOSTILE: HOSTILE })],
                more: Some(hostile_json()),
            },
        },
        Contents::Queue {
            counts: QueueCounts::default(),
            dead_letters: Some(text()),
            is_fifo: true,
            messages: [text(), hostile_json().to_string()]
                .map(|body| Message {
                    id: text(),
                    body,
                    sent: Some(i64::MAX),
                    receives: 1,
                    state: text(),
                    group: Some(text()),
                })
                .into(),
            more: Some(text()),
        },
        Contents::Topic {
            is_fifo: false,
            subscriptions: vec![Subscription {
                protocol: text(),
                endpoint: text(),
                filter: Some(text()),
            }],
        },
        Contents::Bucket {
            objects: vec![Object {
                key: text(),
                size: 1,
            }],
            more: Some(text()),
        },
        Contents::Bus {
            rules: vec![Rule {
                name: text(),
                enabled: true,
                matches: text(),
                targets: vec![text()],
            }],
        },
    ];
    let typed = Fields::of(&format!(
        "body={HOSTILE}&group={HOSTILE}&detail={HOSTILE}&source={HOSTILE}"
    ));
    for contents in &contents {
        is_harmless(&one(
            &One {
                kind: ServiceKind::Table,
                name: HOSTILE,
                contents,
                action: url(),
                behind: &|from| url().with("from", from),
                object: &|key| url().at(key),
                is_behind: true,
                sent: None,
                more: Some(text()),
                hides_more: true,
                typed: &typed,
                form: "form",
                now: Timestamp::UNIX_EPOCH,
            },
            &urls,
        ));
    }
    is_harmless(&object(HOSTILE, &url(), HOSTILE, Ok(HOSTILE), &urls));
}
