//! The calls that an execution made against those that a test expects. Pure.

use serde_json::Value;
use txflow_asl::FunctionReference;
use txflow_asl::integrations::called;

use super::children::MapChildren;
use super::compare::{difference, has_parts, is_subset};
use super::document::json;
use super::history::TaskCall;
use super::mismatch::{Expectation, Mismatch, NO_HISTORY, of_lines, sentence};
use super::run::Run;
use crate::config::ExpectedCall;

/// How many calls are listed.
const LISTED: usize = 10;
/// How much of their parameters.
const WIDTH: usize = 160;

/// A call that an attempt of a state made.
struct Made<'a> {
    state: &'a str,
    call: &'a TaskCall,
    parameters: Value,
}

/// The expectations that were not met. Each attempt counts as a call.
pub(super) fn check_calls(run: &Run, expected: &[ExpectedCall]) -> Vec<Mismatch> {
    if expected.is_empty() {
        return Vec::new();
    }
    let mut made = Vec::new();
    let unread = collect(run, &mut made);
    let unmet = |expected: &ExpectedCall| {
        let what = || Expectation::Calls(expected.called());
        if run.history.is_none() {
            return Some(sentence(what(), expected.line, NO_HISTORY));
        }
        let detail = detail(expected, &made, unread)?;
        Some(of_lines(what(), expected.line, detail))
    };
    expected.iter().filter_map(unmet).collect()
}

/// Those of the execution, and of the executions that it started. Returns how many executions of Map Runs were not read.
fn collect<'a>(run: &'a Run, made: &mut Vec<Made<'a>>) -> u64 {
    let states = run.history.iter().flat_map(|history| &history.states);
    for state in states {
        let calls = state
            .attempts
            .iter()
            .filter_map(|attempt| attempt.call.as_ref());
        made.extend(calls.map(|call| Made {
            state: &state.name,
            call,
            parameters: json(&call.parameters),
        }));
    }
    let mut unread = 0;
    for child in &run.children {
        unread += collect(&child.run, made);
    }
    for map_run in &run.map_runs {
        unread += map_run.unread();
        for child in &map_run.children {
            unread += collect(child, made);
        }
    }
    unread
}

/// What is not as expected, and what was there instead.
fn detail(expected: &ExpectedCall, made: &[Made<'_>], unread: u64) -> Option<String> {
    let alike: Vec<&Made<'_>> = made.iter().filter(|made| made.is_of(expected)).collect();
    let (met, missed): (Vec<&Made<'_>>, Vec<&Made<'_>>) =
        { alike.iter() }.partition(|made| has_parts(&expected.parameters, &made.parameters));
    let certain = unread == 0 || expected.times.max.is_none();
    if expected.times.allows(met.len()) && certain {
        return None;
    }
    let mut lines = vec![format!("  expected {}, got {}", expected.times, met.len())];
    if unread > 0 {
        let executions = match unread {
            1 => "execution",
            _ => "executions",
        };
        lines.push(format!(
            "  {unread} {executions} of a Map Run could not be looked at: of EXPRESS ones there is no history, and of others the first {} are read",
            MapChildren::All.most()
        ));
    }
    if expected.times.allows(met.len()) {
        return Some(lines.join("\n"));
    }
    if met.len() > expected.times.min as usize {
        list(&mut lines, "  the calls are", &met);
    } else if let Some(nearest) = nearest(&expected.parameters, &missed) {
        lines.push(format!(
            "  the nearest call is that of `{}`:",
            nearest.state
        ));
        lines.extend(differences(&expected.parameters, &nearest.parameters));
        let others: Vec<&Made<'_>> = { missed.iter().copied() }
            .filter(|made| !std::ptr::eq(*made, nearest))
            .collect();
        list(&mut lines, "  the other calls of it are", &others);
    } else if alike.is_empty() {
        let all: Vec<&Made<'_>> = made.iter().collect();
        list(&mut lines, "  the calls that were made are", &all);
    }
    Some(lines.join("\n"))
}

impl Made<'_> {
    fn is_of(&self, expected: &ExpectedCall) -> bool {
        let same = |service: &str, action: &str| {
            let own = called(&self.call.service, &self.call.action);
            match (own, called(service, action)) {
                (Some(own), Some(other)) => own == other,
                (None, None) => {
                    let own = self.call.action.split('.').next();
                    self.call.service == service && own == Some(action)
                }
                _ => false,
            }
        };
        let function = || self.parameters["FunctionName"].as_str().unwrap_or_default();
        same(&expected.service, &expected.action)
            && expected.function.as_deref().is_none_or(|expected| {
                let found = FunctionReference::parse(function());
                found.is_some_and(|found| found.name == expected)
            })
    }

    /// `Store calls dynamodb:putItem {"TableName":…`
    fn line(&self) -> String {
        let parameters = self.parameters.to_string();
        let shown: String = parameters.chars().take(WIDTH).collect();
        let more = if shown.len() < parameters.len() {
            "…"
        } else {
            ""
        };
        let TaskCall {
            service, action, ..
        } = self.call;
        format!(
            "    `{}` calls {service}:{action} {shown}{more}",
            self.state
        )
    }
}

/// The call that agrees with most of what was expected.
fn nearest<'a, 'b>(expected: &[(String, Value)], missed: &[&'a Made<'b>]) -> Option<&'a Made<'b>> {
    let agreeing = |made: &Made<'_>| -> usize {
        let found = expected.iter().map(|(pointer, expected)| {
            let found = made.parameters.pointer(pointer);
            found.map_or(0, |found| agreement(expected, found))
        });
        found.sum()
    };
    // Of several the first.
    let best = missed.iter().rev().max_by_key(|made| agreeing(made));
    best.copied()
}

/// How many values inside of `expected` are found.
fn agreement(expected: &Value, found: &Value) -> usize {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => { expected.iter() }
            .filter_map(|(key, value)| Some(1 + agreement(value, found.get(key)?)))
            .sum(),
        (Value::Array(expected), Value::Array(found)) => { expected.iter().zip(found) }
            .map(|(expected, found)| agreement(expected, found))
            .sum(),
        _ => usize::from(is_subset(expected, found)),
    }
}

/// A diff of each parameter that differs.
fn differences(expected: &[(String, Value)], found: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for (pointer, expected) in expected {
        let found = found.pointer(pointer).unwrap_or(&Value::Null);
        if let Some(difference) = difference(expected, found) {
            if !pointer.is_empty() {
                lines.push(format!("  at {pointer}"));
            }
            lines.extend(difference.lines().map(str::to_owned));
        }
    }
    lines
}

fn list(lines: &mut Vec<String>, heading: &str, calls: &[&Made<'_>]) {
    if calls.is_empty() {
        return;
    }
    lines.push(format!("{heading}:"));
    lines.extend(calls.iter().take(LISTED).map(|made| made.line()));
    if let more @ 1.. = calls.len().saturating_sub(LISTED) {
        lines.push(format!("    and {more} more"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::{ExecutionStatus, Expect, Times};
    use crate::executions::history::{History, HistoryEvent, What, tests::entered};
    use crate::executions::{ChildCounts, ChildRun, MapRun, StateKind, Status, check};
    use crate::report::style::since_1970;

    fn call(service: &str, action: &str, parameters: Value) -> TaskCall {
        TaskCall {
            service: service.to_owned(),
            action: action.to_owned(),
            parameters: parameters.to_string(),
        }
    }

    fn run(calls: Vec<TaskCall>) -> Run {
        let mut history = History::default();
        history.take(entered(1, 0, "Store", StateKind::Task));
        for (id, call) in (2..).zip(calls) {
            history.take(HistoryEvent {
                id,
                previous_id: 1,
                time: since_1970(1.0),
                what: What::Scheduled {
                    function_arn: None,
                    call: Some(call),
                },
            });
        }
        Run {
            output: Some(json!(1)),
            history: Some(history),
            ..Run::sample(Status::Ended(ExecutionStatus::Succeeded))
        }
    }

    fn expected(service: &str, action: &str, parameters: Value) -> ExpectedCall {
        ExpectedCall {
            service: service.to_owned(),
            action: action.to_owned(),
            function: None,
            parameters: vec![(String::new(), parameters)],
            times: Times::at_least_one(),
            line: 7,
        }
    }

    fn put(id: &str) -> TaskCall {
        let parameters = json!({ "TableName": "orders", "Item": { "id": { "S": id } } });
        call("dynamodb", "putItem", parameters)
    }

    #[test]
    fn a_call_is_known_in_each_of_its_forms() {
        let run = run(vec![
            put("a"),
            call("aws-sdk:dynamodb", "putItem", json!({ "TableName": "b" })),
            call("states", "startExecution.sync:2", json!({})),
            call("http", "invoke", json!({ "Method": "GET" })),
        ]);
        for (service, action, times) in [
            ("dynamodb", "putItem", 2),
            ("aws-sdk:dynamodb", "putItem", 2),
            ("sfn", "startExecution", 1),
            ("states", "startExecution", 1),
            ("http", "invoke", 1),
            ("sqs", "sendMessage", 0),
        ] {
            let exactly = ExpectedCall {
                times: Times {
                    min: times,
                    max: Some(times),
                },
                ..expected(service, action, json!({}))
            };
            assert_eq!(check_calls(&run, &[exactly]), [], "{service}:{action}");
        }
    }

    #[test]
    fn the_calls_of_executions_that_were_started_count() {
        let mut parent = run(vec![put("a")]);
        parent.children.push(ChildRun {
            state: 0,
            attempt: 0,
            run: run(vec![put("b")]),
        });
        let both = ExpectedCall {
            times: Times {
                min: 2,
                max: Some(2),
            },
            ..expected("dynamodb", "putItem", json!({}))
        };
        assert_eq!(check_calls(&parent, &[both]), []);
    }

    #[test]
    fn the_calls_of_the_executions_of_a_map_run_count() {
        let mut parent = run(Vec::new());
        parent.map_runs.push(MapRun {
            state: 0,
            map_run_arn: "arn".to_owned(),
            status: Status::Ended(ExecutionStatus::Succeeded),
            redrives: 0,
            executions: ChildCounts {
                total: 2,
                succeeded: 2,
                ..ChildCounts::default()
            },
            children: vec![run(vec![put("a")]), run(vec![put("b")])],
        });
        let times = |min, max| ExpectedCall {
            times: Times { min, max },
            ..expected("dynamodb", "putItem", json!({}))
        };
        assert_eq!(check_calls(&parent, &[times(2, Some(2))]), []);
        // Of executions that were not read, more calls may have come.
        parent.map_runs[0].executions.total = 3;
        assert_eq!(check_calls(&parent, &[times(2, None)]), []);
        let unknown = check_calls(&parent, &[times(2, Some(2))]);
        let detail = &unknown[0].detail;
        assert!(
            detail.starts_with("  expected 2, got 2\n  1 execution of a Map Run could not"),
            "{detail}"
        );
    }

    #[test]
    fn a_function_is_known_by_its_name_and_not_by_a_part_of_it() {
        let arn = "arn:aws:lambda:eu-west-1:1:function:shop-dev-buy:3";
        let run = run(vec![call(
            "lambda",
            "invoke",
            json!({ "FunctionName": arn }),
        )]);
        let of = |function: &str| ExpectedCall {
            function: Some(function.to_owned()),
            ..expected("lambda", "invoke", json!({}))
        };
        assert_eq!(check_calls(&run, &[of("shop-dev-buy")]), []);
        assert_eq!(check_calls(&run, &[of("buy")]).len(), 1);
    }

    #[test]
    fn what_misses_is_shown_beside_the_nearest_call() {
        let run = run(vec![
            call("sqs", "sendMessage", json!({ "MessageBody": "x" })),
            put("b"),
            call("dynamodb", "putItem", json!({ "TableName": "others" })),
        ]);
        let item = json!({ "TableName": "orders", "Item": { "id": { "S": "a" } } });
        let expect = Expect {
            calls: vec![expected("dynamodb", "putItem", item)],
            ..Expect::success(1)
        };
        let mismatches = check(&run, &expect, &[]);
        assert_eq!(
            mismatches[0].what.to_string(),
            "calls of `dynamodb:putItem`"
        );
        assert_eq!(mismatches[0].line, 7);
        assert_eq!(
            mismatches[0].detail,
            r#"  expected at least 1, got 0
  the nearest call is that of `Store`:
    "TableName": "orders",
    "Item": {
      "id": {
-       "S": "a"
+       "S": "b"
      }
    }
  }
  the other calls of it are:
    `Store` calls dynamodb:putItem {"TableName":"others"}"#
        );
    }

    #[test]
    fn what_was_called_instead_or_too_often_is_listed() {
        let run = run(vec![put("a"), put("b")]);
        let detail = |expected: ExpectedCall| check_calls(&run, &[expected])[0].detail.clone();
        let never = expected("sqs", "sendMessage", json!({}));
        assert_eq!(
            detail(never),
            r#"  expected at least 1, got 0
  the calls that were made are:
    `Store` calls dynamodb:putItem {"TableName":"orders","Item":{"id":{"S":"a"}}}
    `Store` calls dynamodb:putItem {"TableName":"orders","Item":{"id":{"S":"b"}}}"#
        );
        let once = ExpectedCall {
            times: Times {
                min: 0,
                max: Some(1),
            },
            ..expected("dynamodb", "putItem", json!({}))
        };
        assert!(detail(once).starts_with("  expected at most 1, got 2\n  the calls are:"));
    }

    #[test]
    fn a_path_leads_to_one_parameter() {
        let run = run(vec![put("a")]);
        let at = |pointer: &str, value: Value| ExpectedCall {
            parameters: vec![(pointer.to_owned(), value)],
            ..expected("dynamodb", "putItem", json!({}))
        };
        assert_eq!(check_calls(&run, &[at("/Item/id/S", json!("a"))]), []);
        let missed = check_calls(&run, &[at("/Item/id/S", json!("b"))]);
        assert!(
            missed[0]
                .detail
                .ends_with("  at /Item/id/S\n- \"b\"\n+ \"a\""),
            "{missed:?}"
        );
    }
}
