//! Forks of recorded executions, which are run: what runs again, with what, and what comes of it.

use std::cell::RefCell;

use serde_json::{Value, json};
use txflow_asl::fork::{Fork, ForkError, Wanted, fork};
use txflow_asl::replay::History;
use txflow_asl::source::Source;
use txflow_asl::validate::{Severity, validate};
use txflow_asl::{
    ExecutionKind, Machine, Outcome, Payload, StartOptions, Status, TaskEnd, TaskError,
    TaskRequest, Timestamp, run_to_end,
};

fn task(function: &str, more: Value) -> Value {
    let mut task = json!({ "Type": "Task", "Resource": format!("arn:aws:lambda:us-east-1:123456789012:function:{function}") });
    for (name, value) in more.as_object().into_iter().flatten() {
        task[name] = value.clone();
    }
    task
}

/// Runs a definition, and says how it ended, what was called with what, and the history.
fn run(
    definition: &Value,
    input: Value,
    answer: impl Fn(&str, &Value) -> Result<Value, &'static str>,
) -> (Outcome, Vec<(String, Value)>, Value) {
    let machine = Machine::from_value(definition).unwrap();
    let start = Timestamp::from_millis(1_767_225_600_000);
    let calls = RefCell::new(Vec::new());
    let run = run_to_end(
        &machine,
        StartOptions::new(input),
        start,
        |task: &TaskRequest| {
            let function = task.resource.arn.rsplit(':').next().unwrap().to_owned();
            let got = task.parameters.value().clone();
            let answer = answer(&function, &got);
            calls.borrow_mut().push((function, got));
            TaskEnd::Done(match answer {
                Ok(value) => Ok(Payload::from(value)),
                Err(error) => Err(TaskError {
                    error: error.to_owned(),
                    cause: String::new(),
                }),
            })
        },
    );
    let events: Vec<Value> = run.events.iter().map(|event| event.to_json()).collect();
    let document = json!({ "name": "execution", "events": events });
    (run.outcome, calls.into_inner(), document)
}

fn forked(definition: &Value, document: Value, from: Option<&str>) -> Result<Fork, ForkError> {
    let history = History::read(document).unwrap();
    fork(
        definition,
        Some(&history),
        Wanted {
            from,
            ..Wanted::default()
        },
    )
}

/// What the fork of a failed execution calls, and its output.
fn continued(fork: &Fork) -> (Vec<(String, Value)>, Value) {
    let source = Source::from_json(fork.definition.to_string()).unwrap();
    let errors = validate(&source, ExecutionKind::Standard);
    let mut errors = errors
        .iter()
        .filter(|found| found.severity == Severity::Error);
    assert_eq!(errors.next(), None, "AWS would refuse it");
    let (outcome, calls, _) = run(&fork.definition, fork.input.clone(), |_, got| {
        Ok(got.clone())
    });
    assert_eq!(outcome.status, Status::Succeeded, "{outcome:?}");
    (calls, outcome.output.unwrap().into_value())
}

fn names(calls: &[(String, Value)]) -> Vec<&str> {
    calls.iter().map(|(name, _)| name.as_str()).collect()
}

fn failing<'a>(which: &'a str) -> impl Fn(&str, &Value) -> Result<Value, &'static str> + 'a {
    move |function, got| match function == which {
        true => Err("Broken"),
        false => Ok(got.clone()),
    }
}

#[test]
fn a_state_that_reads_only_its_input_starts_with_that() {
    let definition = json!({ "StartAt": "First", "States": {
        "First": task("first", json!({ "ResultPath": "$.first", "Next": "Second" })),
        "Second": task("second", json!({ "End": true })),
    } });
    let (_, _, document) = run(&definition, json!({ "a": 1 }), failing("second"));
    let fork = forked(&definition, document, None).unwrap();
    assert_eq!(fork.state, "Second");
    assert_eq!(fork.definition["StartAt"], "Second");
    assert_eq!(fork.input, json!({ "a": 1, "first": { "a": 1 } }));
    assert_eq!(fork.ran.len(), 1);
    assert_eq!(
        (fork.ran[0].state.as_str(), fork.again[0].state.as_str()),
        ("First", "Second")
    );
    let (calls, output) = continued(&fork);
    assert_eq!(names(&calls), ["second"]);
    assert_eq!(output, fork.input);
}

fn with_variables(language: &str) -> Value {
    match language {
        "JSONPath" => json!({ "StartAt": "First", "States": {
            "First": task("first", json!({
                "Assign": { "kept.$": "$.list", "unused": 1 }, "ResultPath": null, "Next": "Second",
            })),
            "Second": task("second", json!({
                "Parameters": { "kept.$": "$kept", "whole.$": "$" }, "End": true,
            })),
        } }),
        _ => json!({ "QueryLanguage": "JSONata", "StartAt": "First", "States": {
            "First": task("first", json!({
                "Assign": { "kept": "{% $states.input.list %}", "unused": 1 },
                "Output": "{% $states.input %}", "Next": "Second",
            })),
            "Second": task("second", json!({
                "Arguments": { "kept": "{% $kept %}", "whole": "{% $states.input %}" }, "End": true,
            })),
        } }),
    }
}

#[test]
fn variables_that_are_read_are_assigned_before() {
    for language in ["JSONPath", "JSONata"] {
        let definition = with_variables(language);
        let input = json!({ "list": [["x"]], "empty": [], "odd": "{% $no %}", "odd.$": "$.no" });
        let (_, before, document) = run(&definition, input.clone(), failing("second"));
        let fork = forked(&definition, document, None).unwrap();
        assert_eq!(
            Value::from(fork.variables.clone()),
            json!({ "kept": [["x"]] })
        );
        assert_eq!(fork.state_input, input);
        let (calls, _) = continued(&fork);
        assert_eq!(calls[0], before[1], "{language}");
        assert!(
            !fork.definition.to_string().contains("odd.$"),
            "data is not in the definition"
        );
    }
}

#[test]
fn the_input_of_the_execution_stays_what_it_was_if_a_state_reads_it() {
    for (language, field, expression) in [
        (
            "JSONPath",
            "Parameters",
            json!({ "of.$": "$$.Execution.Input", "n.$": "$$.Execution.Name", "i.$": "$" }),
        ),
        (
            "JSONata",
            "Arguments",
            json!({
                "of": "{% $states.context.Execution.Input %}", "n": "{% $states.context.Execution.Name %}",
                "i": "{% $states.input %}",
            }),
        ),
    ] {
        let mut second = task("second", json!({ "End": true }));
        second[field] = expression;
        let definition = json!({ "QueryLanguage": language, "StartAt": "First", "States": {
            "First": task("first", json!({ "Next": "Second" })),
            "Second": second,
        } });
        let odd =
            json!({ "odd": "{% $no %}", "odd.$": "$.no", "half": "50 %}", "quote": "\"\\{%" });
        let (_, before, document) = run(
            &definition,
            json!({ "a": 1 }),
            |function, _| match function {
                "first" => Ok(odd.clone()),
                _ => Err("Broken"),
            },
        );
        let fork = forked(&definition, document, Some("Second")).unwrap();
        assert_eq!(fork.input, json!({ "a": 1 }));
        assert_eq!(fork.differing, ["Execution.Name"]);
        let (calls, _) = continued(&fork);
        assert_eq!(calls[0].1["of"], json!({ "a": 1 }), "{language}");
        assert_eq!(calls[0].1["i"], odd, "{language}");
        assert_eq!(before[1].1["i"], odd);
    }
}

fn parallel(language: &str) -> Value {
    json!({ "QueryLanguage": language, "StartAt": "Both", "States": { "Both": {
        "Type": "Parallel", "End": true, "Branches": [
            { "StartAt": "Left", "States": { "Left": task("left", json!({ "End": true })) } },
            { "StartAt": "Right", "States": {
                "Right": task("right", json!({ "Next": "Last" })),
                "Last": task("last", json!({ "End": true })),
            } },
        ],
    } } })
}

#[test]
fn branches_that_succeeded_are_answered_and_the_others_go_on() {
    for language in ["JSONPath", "JSONata"] {
        let definition = parallel(language);
        let (_, _, document) = run(
            &definition,
            json!({ "a": 1 }),
            |function, _| match function {
                "last" => Err("Broken"),
                other => Ok(json!({ "by": other })),
            },
        );
        let fork = forked(&definition, document, None).unwrap();
        assert_eq!(
            (fork.answered, &fork.inside[..]),
            (1, &["Last".to_owned()][..])
        );
        let again: Vec<&str> = fork.again.iter().map(|task| task.state.as_str()).collect();
        assert_eq!(again, ["Last"]);
        let (calls, output) = continued(&fork);
        assert_eq!(names(&calls), ["last"], "{language}");
        assert_eq!(output, json!([{ "by": "left" }, { "by": "right" }]));
    }
}

#[test]
fn a_parallel_whose_branches_get_something_else_now_is_refused() {
    let definition = parallel("JSONPath");
    let (_, _, document) = run(&definition, json!({ "a": 1 }), failing("last"));
    let mut changed = definition.clone();
    changed["States"]["Both"]["Parameters"] = json!({ "b": 2 });
    let error = forked(&changed, document.clone(), None)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`Both` cannot go on where it stopped: what runs inside"),
        "{error}"
    );
    let mut removed = definition;
    removed["States"]["Both"]["Branches"][0] =
        json!({ "StartAt": "Lift", "States": { "Lift": task("left", json!({ "End": true })) } });
    let error = forked(&removed, document, None).unwrap_err().to_string();
    assert!(
        error.contains("none of its branches has the state `Left`"),
        "{error}"
    );
}

#[test]
fn iterations_that_succeeded_are_answered() {
    for language in ["JSONPath", "JSONata"] {
        let definition = json!({ "QueryLanguage": language, "StartAt": "Each", "States": { "Each": {
            "Type": "Map", "MaxConcurrency": 1, "End": true, "ItemProcessor": {
                "StartAt": "Prepare", "States": {
                    "Prepare": task("prepare", json!({ "Next": "Charge" })),
                    "Charge": task("charge", json!({ "End": true })),
                },
            },
        } } });
        let (_, _, document) = run(&definition, json!([1, 2, 3]), |function, got| {
            match (function, got.as_u64()) {
                ("charge", Some(20)) => Err("Broken"),
                ("prepare", Some(n)) => Ok((n * 10).into()),
                _ => Ok(got.clone()),
            }
        });
        let fork = forked(&definition, document, None).unwrap();
        assert_eq!(
            (fork.answered, &fork.inside[..]),
            (1, &["Charge".to_owned()][..])
        );
        let (calls, output) = continued(&fork);
        let expected = [("charge", 20), ("prepare", 3), ("charge", 3)];
        let expected = expected.map(|(name, got)| (name.to_owned(), Value::from(got)));
        assert_eq!(calls, expected, "{language}");
        assert_eq!(output, json!([10, 20, 3]));
    }
}

/// Forks an execution that was a fork.
fn forked_again(definition: &Value, first: &Fork, document: Value) -> Result<Fork, ForkError> {
    let history = History::read(document).unwrap();
    let wanted = Wanted {
        forked: true,
        ran: Some(&first.definition),
        ..Wanted::default()
    };
    fork(definition, Some(&history), wanted)
}

#[test]
fn a_fork_that_failed_inside_of_a_map_is_forked_again() {
    for (language, at_once) in [("JSONPath", 1), ("JSONata", 1), ("JSONPath", 0)] {
        let definition = json!({ "QueryLanguage": language, "StartAt": "Each", "States": { "Each": {
            "Type": "Map", "MaxConcurrency": at_once, "End": true, "ItemProcessor": {
                "StartAt": "Prepare", "States": {
                    "Prepare": task("prepare", json!({ "Next": "Charge" })),
                    "Charge": task("charge", json!({ "End": true })),
                },
            },
        } } });
        let fails = |bad: u64| {
            move |function: &str, got: &Value| match (function, got.as_u64()) {
                ("charge", Some(n)) if n == bad => Err("Broken"),
                ("prepare", Some(n)) => Ok((n * 10).into()),
                _ => Ok(got.clone()),
            }
        };
        // The first one succeeds, the second one fails twice, and then the third one once.
        let (_, _, document) = run(&definition, json!([1, 2, 3]), fails(20));
        let first = forked(&definition, document, None).unwrap();
        let (outcome, _, document) = run(&first.definition, first.input.clone(), fails(20));
        assert_eq!(outcome.status, Status::Failed);
        let second = forked_again(&definition, &first, document).unwrap();
        let (outcome, calls, document) = run(&second.definition, second.input.clone(), fails(30));
        assert_eq!(outcome.status, Status::Failed);
        assert_eq!(calls[0], ("charge".to_owned(), json!(20)), "{language}");
        let third = forked_again(&definition, &second, document).unwrap();
        assert_eq!(
            (third.answered, &third.inside[..]),
            (2, &["Charge".to_owned()][..])
        );
        let (calls, output) = continued(&third);
        assert_eq!(calls, [("charge".to_owned(), json!(30))], "{language}");
        assert_eq!(output, json!([10, 20, 30]));
    }
}

/// The fork runs the iterations one after the other, so it has not come to the last one when it fails.
#[test]
fn iterations_that_a_fork_had_not_come_to_stay_answered() {
    for language in ["JSONPath", "JSONata"] {
        // The others have succeeded before it fails for good.
        let retry = json!([{ "ErrorEquals": ["Broken"], "MaxAttempts": 1, "IntervalSeconds": 1 }]);
        let charge = task("charge", json!({ "Retry": retry, "End": true }));
        let mut definition = json!({ "QueryLanguage": language, "StartAt": "Each", "States": { "Each": {
            "Type": "Map", "End": true,
            "ItemProcessor": { "StartAt": "Charge", "States": { "Charge": charge } },
        } } });
        let fails = |_: &str, got: &Value| match got.as_u64() {
            Some(2) => Err("Broken"),
            _ => Ok(json!("{% it %}")),
        };
        let (_, _, document) = run(&definition, json!([1, 2, 3]), fails);
        definition["States"]["Each"]["MaxConcurrency"] = 1.into();
        let first = forked(&definition, document, None).unwrap();
        assert_eq!(first.answered, 2);
        let (_, calls, document) = run(&first.definition, first.input.clone(), fails);
        assert_eq!(calls.len(), 2);
        let second = forked_again(&definition, &first, document.clone()).unwrap();
        assert_eq!(second.answered, 2, "{language}");
        let (calls, output) = continued(&second);
        assert_eq!(calls, [("charge".to_owned(), json!(2))]);
        assert_eq!(output, json!(["{% it %}", 2, "{% it %}"]), "{language}");

        // They may be of other items now.
        let mut other = definition.clone();
        match language {
            "JSONata" => other["States"]["Each"]["Items"] = "{% $states.input %}".into(),
            _ => other["States"]["Each"]["ItemsPath"] = "$".into(),
        }
        let refused = forked_again(&other, &first, document.clone());
        assert!(
            matches!(refused, Err(ForkError::NotExact { .. })),
            "{refused:?}"
        );
        // Without the definition that the fork ran nobody knows of them, nor of those that it answered.
        let history = History::read(document).unwrap();
        let wanted = Wanted {
            forked: true,
            ..Wanted::default()
        };
        let unknown = fork(&definition, Some(&history), wanted);
        let error = unknown.unwrap_err().to_string();
        assert!(error.contains("is not known any more"), "{error}");
    }
}

#[test]
fn a_fork_that_failed_inside_of_a_parallel_is_forked_again() {
    for language in ["JSONPath", "JSONata"] {
        let definition = parallel(language);
        let answer = |function: &str, _: &Value| match function {
            "last" => Err("Broken"),
            other => Ok(json!({ "by": other })),
        };
        let (_, _, document) = run(&definition, json!({ "a": 1 }), answer);
        let first = forked(&definition, document, None).unwrap();
        let (outcome, _, document) = run(&first.definition, first.input.clone(), answer);
        assert_eq!(outcome.status, Status::Failed);
        // Also if its branches have other places.
        let mut turned = definition.clone();
        turned["States"]["Both"]["Branches"]
            .as_array_mut()
            .unwrap()
            .reverse();
        for (definition, expected) in [
            (&definition, json!([{ "by": "left" }, { "by": "right" }])),
            (&turned, json!([{ "by": "right" }, { "by": "left" }])),
        ] {
            let second = forked_again(definition, &first, document.clone()).unwrap();
            assert_eq!(
                (second.answered, &second.inside[..]),
                (1, &["Last".to_owned()][..])
            );
            let (calls, output) = continued(&second);
            assert_eq!(names(&calls), ["last"], "{language}");
            assert_eq!(output, expected);
        }
    }
}

#[test]
fn what_cannot_be_forked_says_why() {
    let definition = with_variables("JSONPath");
    let input = json!({ "list": [] });
    let (_, _, failed) = run(&definition, input.clone(), failing("second"));
    let (_, _, succeeded) = run(&definition, input, |_, got| Ok(got.clone()));
    let text = |document: &Value, from| {
        forked(&definition, document.clone(), from)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        text(&failed, Some("Secnd")),
        "no state of the definition is named `Secnd`; the nearest name is `Second`"
    );
    assert_eq!(
        text(&succeeded, None),
        "the execution succeeded, so no state of it failed"
    );
    let mut renamed = definition.clone();
    renamed["States"]["Seconds"] = renamed["States"]["Second"].take();
    renamed["States"].as_object_mut().unwrap().remove("Second");
    let error = forked(&renamed, failed.clone(), None)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "the execution failed in `Second`, which the current definition does not have; the nearest name is `Seconds`"
    );
    let error = forked(&renamed, failed, Some("Seconds"))
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "the execution never entered `Seconds`; it entered `First`, `Second`"
    );
}

#[test]
fn behind_a_catch_that_ends_in_a_fail_state_what_was_caught_is_meant() {
    let definition = json!({ "StartAt": "Work", "States": {
        "Work": task("work", json!({
            "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Give up" }], "End": true,
        })),
        "Give up": { "Type": "Fail", "Error": "GivenUp" },
    } });
    let (_, _, document) = run(&definition, json!({ "a": 1 }), failing("work"));
    let fork = forked(&definition, document, None).unwrap();
    assert_eq!(
        (fork.state.as_str(), &fork.input),
        ("Work", &json!({ "a": 1 }))
    );
}

#[test]
fn an_edited_input_replaces_the_recorded_one() {
    let definition = with_variables("JSONPath");
    let (_, _, document) = run(&definition, json!({ "list": [1] }), failing("second"));
    let history = History::read(document).unwrap();
    let wanted = Wanted {
        input: Some(json!({ "list": [2] })),
        ..Wanted::default()
    };
    let fork = fork(&definition, Some(&history), wanted).unwrap();
    let (calls, _) = continued(&fork);
    assert_eq!(calls[0].1, json!({ "kept": [1], "whole": { "list": [2] } }));
}

#[test]
fn a_variable_that_nothing_assigns_is_named() {
    let definition = with_variables("JSONPath");
    let wanted = |from| Wanted {
        from: Some(from),
        input: Some(json!({ "list": [] })),
        ..Wanted::default()
    };
    let second = fork(&definition, None, wanted("Second")).unwrap();
    assert_eq!(second.unassigned, ["kept"]);
    let first = fork(&definition, None, wanted("First")).unwrap();
    assert_eq!(first.unassigned, [""; 0]);
    let (_, _, document) = run(&definition, json!({ "list": [1] }), failing("second"));
    assert_eq!(
        forked(&definition, document, None).unwrap().unassigned,
        [""; 0]
    );
}

#[test]
fn a_fork_of_a_fork_still_knows_the_input_of_the_first_execution() {
    let definition = json!({ "StartAt": "First", "States": {
        "First": task("first", json!({ "Next": "Second" })),
        "Second": task("second", json!({ "Parameters": { "of.$": "$$.Execution.Input" }, "End": true })),
    } });
    let answer = |function: &str, _: &Value| match function {
        "first" => Ok(json!({ "b": 2 })),
        _ => Err("Broken"),
    };
    let (_, _, document) = run(&definition, json!({ "a": 1 }), answer);
    let first = forked(&definition, document, None).unwrap();
    let (_, _, again) = run(&first.definition, first.input.clone(), answer);
    let wanted = || Wanted {
        from: Some("Second"),
        forked: true,
        ..Wanted::default()
    };
    let history = History::read(again).unwrap();
    let second = fork(&definition, Some(&history), wanted()).unwrap();
    assert_eq!(second.input, json!({ "a": 1 }));
    assert_eq!(continued(&second).0[0].1, json!({ "of": { "a": 1 } }));

    // One that was started with the input of its state does not have it.
    let mut plain = definition.clone();
    plain["StartAt"] = "Second".into();
    let (_, _, other) = run(&plain, json!({ "b": 2 }), answer);
    let history = History::read(other).unwrap();
    let error = fork(&definition, Some(&history), wanted()).unwrap_err();
    assert!(matches!(error, ForkError::ForkOfFork { .. }), "{error}");
}

#[test]
fn a_state_that_goes_on_inside_has_the_variables_and_the_input_of_the_execution() {
    let reads = json!({
        "Parameters": { "kept.$": "$kept", "of.$": "$$.Execution.Input", "in.$": "$" }, "End": true,
    });
    let definition = json!({ "StartAt": "First", "States": {
        "First": task("first", json!({
            "Assign": { "kept.$": "$.a" }, "ResultPath": "$.first", "Next": "Both",
        })),
        "Both": {
            "Type": "Parallel", "End": true,
            "Retry": [{ "ErrorEquals": ["Broken"], "MaxAttempts": 1 }],
            "Branches": [
                { "StartAt": "Left", "States": { "Left": task("left", json!({ "End": true })) } },
                { "StartAt": "Before", "States": {
                    "Before": {
                        "Type": "Pass", "Result": { "by": "before" }, "Assign": { "own": 1 }, "Next": "Last",
                    },
                    "Last": task("last", reads),
                } },
            ],
        },
    } });
    let (_, before, document) = run(&definition, json!({ "a": 1 }), failing("last"));
    let fork = forked(&definition, document, None).unwrap();
    assert_eq!(fork.input, json!({ "a": 1 }));
    let (calls, _) = continued(&fork);
    assert_eq!(names(&calls), ["last"]);
    assert_eq!(Some(&calls[0]), before.last());
}
