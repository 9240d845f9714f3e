//! Two reports, for the tests of their forms.

use std::time::Duration;

use serde_json::json;

use super::test_report::{FailedState, Links, TestReport};
use crate::config::{ExecutionStatus, Expect, TestConfig};
use crate::executions::{Expectation, Mismatch, Status};

fn report(name: &str) -> TestReport {
    TestReport::unknown(&TestConfig {
        name: name.to_owned(),
        state_machine: crate::config::MachineName::Main,
        input: json!({}),

        event: None,
        trigger: None,
        expect: Expect::success(1),
        mocks: [].into(),
        mocks_on_aws: crate::config::MocksOnAws::Skip,
        line: 1,
    })
}

fn path(states: &[&str]) -> Option<Vec<String>> {
    Some(states.iter().map(|state| (*state).to_owned()).collect())
}

pub fn passed() -> TestReport {
    TestReport {
        passed: true,
        status: Some(Status::Ended(ExecutionStatus::Succeeded)),
        elapsed: Duration::from_millis(1500),
        retries: 1,
        path: path(&["Choose", "Buy"]),
        execution_arn: Some("arn:execution:1".to_owned()),
        ..report("BUY")
    }
}

pub fn failed() -> TestReport {
    TestReport {
        status: Some(Status::Ended(ExecutionStatus::Failed)),
        elapsed: Duration::from_millis(20),
        path: path(&["Choose"]),
        failure: Some(FailedState {
            state: "Choose".to_owned(),
            input: None,
            attempts: Vec::new(),
            message: None,
            stack_trace: Vec::new(),
        }),
        error: Some("Out<Of>Stock".to_owned()),
        cause: Some("none\nleft".to_owned()),
        mismatches: vec![Mismatch {
            what: Expectation::Output,
            detail: "- \"a\"\n+ \"b\"".to_owned(),
            line: 7,
            is_diff: true,
        }],
        logs: vec!["```".to_owned(), "::error::x".to_owned()],
        execution_arn: Some("arn:execution:2".to_owned()),
        links: Links {
            show: None,
            console_url: Some("https://console.example/#/2".to_owned()),
            diagram: Some("graph TD".to_owned()),
        },
        ..report("SELL|1")
    }
}
