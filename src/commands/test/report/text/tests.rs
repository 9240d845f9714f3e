use std::time::Duration;

use serde_json::json;

use super::super::test_report::Links;
use super::*;
use crate::aws::{AwsError, Class};
use crate::config::{ExecutionStatus, Expect, TestConfig, Written};
use crate::executions::{Attempt, Failure, History, Run, StateKind, StateRun, Status, check};
use crate::report::style::since_1970;

const BROKEN: &str = r#"{"errorType":"Broken","errorMessage":"the till\nis empty","stackTrace":["at till.rs:7","at main.rs:1"]}"#;

fn config(expect: impl FnOnce(&mut Expect)) -> TestConfig {
    let mut test = TestConfig {
        name: "BUY".to_owned(),
        state_machine: crate::config::MachineName::Main,
        input: json!({}),

        event: None,
        trigger: None,
        expect: Expect::success(12),
        mocks: [].into(),
        mocks_on_aws: crate::config::MocksOnAws::Skip,
        answers: [].into(),
        line: 10,
    };
    test.expect.status.line = 13;
    expect(&mut test.expect);
    test
}

fn at<T>(line: usize, value: T) -> Written<T> {
    Written { value, line }
}

/// Each state takes a second; the last one is not left if the execution did not succeed.
fn run(status: Status, states: &[&str]) -> Run {
    let succeeded = status == Status::Ended(ExecutionStatus::Succeeded);
    let mut history = History::default();
    for (entered, name) in (0..).map(f64::from).zip(states) {
        history.states.push(StateRun {
            name: (*name).to_owned(),
            kind: StateKind::Task,
            parent: None,
            iteration: None,
            entered: since_1970(entered),
            exited: Some(since_1970(entered + 1.0)),
            input: Some(r#"{"amount":"1.00"}"#.to_owned()),
            output: None,
            attempts: Vec::new(),
            failure: None,
            map_run: None,
        });
    }
    let last = history.states.last_mut().unwrap();
    last.exited = last.exited.filter(|_| succeeded);
    Run {
        execution_arn: "arn:buy".to_owned(),
        output: succeeded.then(|| json!({ "id": "1", "status": "DECLINED" })),
        history: Some(history),
        ..Run::sample(status)
    }
}

fn failed() -> Run {
    let mut run = run(Status::Ended(ExecutionStatus::Failed), &["Choose", "Pay"]);
    run.error = Some("Broken".to_owned());
    run.cause = Some(BROKEN.to_owned());
    let state = run.history.as_mut().unwrap().states.last_mut().unwrap();
    let attempts = [(1.0, 1.1, "Busy", ""), (1.6, 1.75, "Broken", BROKEN)];
    let attempts = attempts.map(|(scheduled, ended, error, cause)| Attempt {
        submitted: false,
        execution_arn: None,
        scheduled: since_1970(scheduled),
        ended: Some(since_1970(ended)),
        failure: Some(Failure {
            error: error.to_owned(),
            cause: cause.to_owned(),
        }),
        call: None,
        function_arn: None,
        request_id: None,
    });
    state.attempts = attempts.to_vec();
    run
}

fn report(run: Run, test: &TestConfig) -> TestReport {
    let top_level = ["Choose", "Pay", "Refund"].map(str::to_owned);
    let mismatches = check(&run, &test.expect, &top_level);
    let logs = run.error.is_some().then(|| {
        let lines = vec!["the till is opened".to_owned()];
        ("/aws/lambda/buy".to_owned(), Ok(lines))
    });
    let logs = logs.filter(|_| !mismatches.is_empty());
    TestReport::new(
        test,
        run,
        &["Choose", "Pay"].map(str::to_owned),
        since_1970(2.0),
        mismatches,
        logs,
        Links {
            show: Some("txflow executions show buy".to_owned()),
            ..Links::default()
        },
    )
}

fn plain(reports: &[TestReport]) -> String {
    crate::world::plain(&text(reports, &[], Shown::default()))
}

fn succeeded() -> Run {
    run(
        Status::Ended(ExecutionStatus::Succeeded),
        &["Choose", "Pay"],
    )
}

fn verbose(report: TestReport) -> String {
    let shown = Shown {
        verbose: true,
        is_virtual: true,
        columns: None,
    };
    crate::world::plain(&text(&[report], &[], shown))
}

#[test]
fn a_test_that_passed_has_a_line() {
    assert_eq!(
        plain(&[report(succeeded(), &config(|_| ()))]),
        "PASS BUY 2.00 s
1 test: 1 passed, 0 failed"
    );
    assert_eq!(
        verbose(report(succeeded(), &config(|_| ()))),
        "PASS BUY 2.00 s (virtual)
     path    Choose → Pay
     output  {\"id\":\"1\",\"status\":\"DECLINED\"}
1 test: 1 passed, 0 failed"
    );
}

#[test]
fn a_failure_that_was_expected_is_said_to_be() {
    let test = config(|expect| expect.status.value = ExecutionStatus::Failed);
    assert_eq!(
        plain(&[report(failed(), &test)]),
        "PASS BUY 2.00 s, 1 retry (execution FAILED, as expected)
1 test: 1 passed, 0 failed"
    );
    assert_eq!(
        verbose(report(failed(), &test)),
        "PASS BUY 2.00 s (virtual), 1 retry (execution FAILED, as expected)
     path    Choose → Pay
     failed  in state `Pay`
     error   Broken
     cause   the till
             is empty
1 test: 1 passed, 0 failed"
    );
}

#[test]
fn a_long_output_is_not_one_line() {
    let mut run = succeeded();
    run.output = Some(json!({ "text": "x".repeat(80) }));
    let text = verbose(report(run, &config(|_| ())));
    assert!(text.contains("output  {\n"), "{text}");
}

#[test]
fn a_long_cause_is_told_once_and_cut() {
    let mut run = failed();
    let long = "no policy allows it; ".repeat(40);
    run.cause = Some(long.clone());
    let state = run.history.as_mut().unwrap().states.last_mut().unwrap();
    let failure = state.attempts.last_mut().unwrap().failure.as_mut().unwrap();
    failure.cause = long;
    let text = plain(&[report(run, &config(|_| ()))]);
    let lines = text.lines().map(|line| line.chars().count());
    assert!(lines.max() < Some(CAUSE_WIDTH + 20), "{text}");
    let whole = text.matches(&"no policy allows it; ".repeat(6)).count();
    assert_eq!(whole, 3, "in one line of six rows: {text}");
    assert!(text.contains("details   txflow executions show buy"));
}

#[test]
fn on_a_narrow_terminal_an_arn_is_cut_and_a_command_finds_the_execution_all_the_same() {
    let name = "txflow-BUY-138e5998-9cee-46f7-926c-5065ac4376e1";
    let mut run = failed();
    run.execution_arn = format!("arn:aws:states:eu-west-1:123456789012:execution:shop-dev:{name}");
    let mut report = report(run, &config(|_| ()));
    report.links.show = Some(format!("txflow executions show {name}"));
    let shown = |columns| {
        let shown = Shown {
            columns,
            ..Shown::default()
        };
        crate::world::plain(&text(std::slice::from_ref(&report), &[], shown))
    };
    let narrow = shown(Some(60));
    for line in [
        "     execution arn:aws:states:eu-west…46f7-926c-5065ac4376e1\n",
        "     details   txflow executions show txflow-BUY-138e5998\n",
    ] {
        assert!(narrow.contains(line), "{narrow}");
    }
    let wide = shown(None);
    for whole in [
        &*report.links.show.clone().unwrap(),
        &format!("shop-dev:{name}\n"),
    ] {
        assert!(wide.contains(whole), "{wide}");
    }
}

#[test]
fn a_failure_is_explained_from_the_state_to_the_line_that_expects_something_else() {
    assert_eq!(
        plain(&[report(failed(), &config(|_| ()))]),
        "FAIL BUY FAILED in 2.00 s, 1 retry
     ✓ Choose 1.00 s
     ✗ Pay 0.75 s, 1 retry, failed
       attempt 1: Busy (next after 0.50 s)
       attempt 2: Broken: the till
     failed  in state `Pay`
     input   {\"amount\":\"1.00\"}
     error   Broken
     cause   the till
             is empty
     trace   at till.rs:7
             at main.rs:1
     status (deploy.toml:13)
       expected SUCCEEDED, got FAILED
     last lines of /aws/lambda/buy
       the till is opened
     execution arn:buy
     details   txflow executions show buy
1 test: 0 passed, 1 failed"
    );
}

#[test]
fn each_expectation_that_was_not_met_is_shown_with_its_own_line() {
    let test = config(|expect| {
        let path = ["Choose", "Refund"].map(str::to_owned);
        expect.path = Some(at(20, path.to_vec()));
        expect.output = Some(at(21, json!({ "status": "AUTHORIZED" })));
        expect.error = Some(at(22, "Broken".to_owned()));
        expect.retries = [("Pay".to_owned(), at(24, 1))].into();
        expect.max_duration = Some(at(25, Duration::from_millis(500)));
    });
    assert_eq!(
        plain(&[report(succeeded(), &test)]),
        "FAIL BUY SUCCEEDED in 2.00 s
     ✓ Choose 1.00 s
     ✓ Pay 1.00 s
     output  {\"id\":\"1\",\"status\":\"DECLINED\"}
     path (deploy.toml:20)
         Choose
       - Refund
       + Pay
     output (deploy.toml:21)
         {
       -   \"status\": \"AUTHORIZED\"
       +   \"status\": \"DECLINED\"
         }
     error (deploy.toml:22)
       expected Broken, got none
     retries of `Pay` (deploy.toml:24)
       expected 1, got 0
     max-duration (deploy.toml:25)
       expected at most 0.50 s, took 2.00 s
     execution arn:buy
     details   txflow executions show buy
1 test: 0 passed, 1 failed"
    );
}

#[test]
fn only_a_diff_has_coloured_lines() {
    let test = config(|expect| {
        expect.output = Some(at(21, json!({ "status": "AUTHORIZED" })));
    });
    let text = text(&[report(succeeded(), &test)], &[], Shown::default());
    let gone = format!("       {BAD}-   \"status\": \"AUTHORIZED\"{BAD:#}\n");
    let there = format!("       {GOOD}+   \"status\": \"DECLINED\"{GOOD:#}\n");
    assert!(text.contains(&gone) && text.contains(&there), "{text}");
}

#[test]
fn an_execution_that_hangs_is_a_failed_test_which_says_in_which_state() {
    let test = config(|expect| expect.max_duration = Some(at(25, Duration::from_secs(1))));
    assert_eq!(
        plain(&[report(run(Status::Running, &["Choose", "Pay"]), &test)]),
        "FAIL BUY RUNNING after 2.00 s
     ✓ Choose 1.00 s
     ▸ Pay 1.00 s, running
     hangs   in state `Pay`
     input   {\"amount\":\"1.00\"}
     max-duration (deploy.toml:25)
       expected at most 1.00 s, still running in state `Pay`
     execution arn:buy
     details   txflow executions show buy
1 test: 0 passed, 1 failed"
    );
    let without = report(run(Status::Running, &["Pay"]), &config(|_| ()));
    let hint = "     max-duration (deploy.toml:12)
       still running in state `Pay`, and no longer watched; if it may take longer, set `max-duration`\n";
    let text = plain(&[without]);
    assert!(text.contains(hint), "{text}");
}

#[test]
fn a_test_that_could_not_be_run_says_why_beside_the_others() {
    let error = AwsError {
        operation: "StartExecution",
        code: Some("ThrottlingException".to_owned()),
        message: "Rate exceeded".to_owned(),
        request_id: None,
        class: Class::Throttled,
    };
    let not_run = TestReport::without_run(&config(|_| ()), error.into());
    assert_eq!(
        plain(&[not_run, report(succeeded(), &config(|_| ()))]),
        "PASS BUY 2.00 s
FAIL BUY could not be run
     error   StartExecution failed with ThrottlingException: Rate exceeded
     hint    AWS limits the rate of calls; run the same command again in a minute
2 tests: 1 passed, 1 failed"
    );
}

#[test]
fn a_test_whose_event_started_nothing_says_so_first() {
    let text = plain(&[TestReport::started_nothing(&config(|_| ()))]);
    assert!(
        text.starts_with("FAIL BUY its event started no execution\n"),
        "{text}"
    );
    let skipped = Skipped::new(&config(|_| ()), "it sends an event");
    let text = crate::world::plain(&super::text(&[], &[skipped], Shown::default()));
    assert!(text.starts_with("SKIP BUY (it sends an event)\n"), "{text}");
}

#[test]
fn a_long_input_is_cut_in_both_directions() {
    let long: Vec<u8> = (0..20).collect();
    let shown = shortened(&json!({ "text": "x".repeat(500), "list": long }));
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), INPUT_LINES + 1);
    assert_eq!(lines[1].chars().count(), INPUT_WIDTH + 1);
    assert!(lines[1].ends_with('…'));
    assert_eq!(lines[INPUT_LINES], "… 13 more lines");
}

#[test]
fn as_data_a_failure_tells_the_same() {
    let data = serde_json::to_value(report(failed(), &config(|_| ()))).unwrap();
    assert_eq!(
        data,
        json!({
            "test": "BUY",
            "passed": false,
            "problem": null,
            "hint": null,
            "execution_arn": "arn:buy",
            "denied_execution_arn": null,
            "status": "FAILED",
            "seconds": 2.0,
            "retries": 1,
            "path": ["Choose", "Pay"],
            "output": null,
            "error": "Broken",
            "cause": BROKEN,
            "failed_state": "Pay",
            "failure": {
                "state": "Pay",
                "input": { "amount": "1.00" },
                "attempts": [
                    { "error": "Busy", "cause": "" },
                    { "error": "Broken", "cause": BROKEN },
                ],
                "message": "the till\nis empty",
                "stack_trace": ["at till.rs:7", "at main.rs:1"],
            },
            "console_url": null,
            "mismatches": [
                { "what": "status", "line": 13, "detail": "expected SUCCEEDED, got FAILED" },
            ],
            "logs": ["the till is opened"],
            "line": 12,
        })
    );
}
