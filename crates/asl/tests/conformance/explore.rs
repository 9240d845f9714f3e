//! Each recorded execution as a test that is explored: nothing panics, and all of it ends soon.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use txflow_asl::ExecutionKind;
use txflow_asl::explore::{Case, Expected, Exploration, MOST_RUNS};

use crate::rows::{bounded, text};

#[derive(Default)]
pub struct Explorations {
    pub all: usize,
    pub runs: usize,
    pub findings: usize,
    pub longest: Duration,
    /// Those that panicked, or took too long.
    pub failed: Vec<String>,
}

struct One {
    runs: usize,
    findings: usize,
    took: Duration,
}

pub fn all(rows: &[Value]) -> Explorations {
    let mut explorations = Explorations::default();
    for row in rows {
        explorations.all += 1;
        match bounded(row, |row| Ok(explore(row))) {
            Ok(None) => {}
            Ok(Some(one)) => {
                explorations.runs += one.runs;
                explorations.findings += one.findings;
                explorations.longest = explorations.longest.max(one.took);
            }
            Err(error) => explorations
                .failed
                .push(format!("{}: {error}", text(row, "id"))),
        }
    }
    explorations
}

/// `None` if it is not a definition that can run.
fn explore(row: &Value) -> Option<One> {
    let kind = match text(row, "kind").contains("express") {
        true => ExecutionKind::Express,
        false => ExecutionKind::Standard,
    };
    let exploration = Exploration::new(&row["definition"], kind).ok()?;
    let input = match &row["input"] {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        other => other.clone(),
    };
    let case = Case {
        name: "RECORDED".to_owned(),
        input,
        mocks: [].into(),
        recorded: vec![json!({ "events": row["expected"]["events"] })],
        expected: Expected::Success,
    };
    let cases = [case];
    let began = Instant::now();
    let report = exploration.run(&cases);
    assert!(report.runs <= MOST_RUNS);
    let forecasts = exploration.forecast(&cases, &[]);
    assert_eq!(forecasts.len(), 1);
    Some(One {
        runs: report.runs,
        findings: report.findings.len(),
        took: began.elapsed(),
    })
}
