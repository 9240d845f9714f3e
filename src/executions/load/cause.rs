//! Why an execution of a load run failed, so that alike failures are alike. Pure.

use schemars::JsonSchema;
use serde::Serialize;

use crate::aws::AwsError;
use crate::executions::cause::Cause;
use crate::executions::mismatch::{Expectation, Mismatch};
use crate::executions::run::Run;
use crate::world::Secrets;

/// A reason that many failures may share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct FailureCause {
    pub kind: CauseKind,
    /// The execution's error, the expectation, or the operation.
    pub what: String,
    /// One line. A word that holds a digit is `#`: ids and numbers differ from one to the next.
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CauseKind {
    /// The execution failed, which the test does not expect.
    Execution,
    /// The execution ended in another way than the test expects.
    Expectation,
    /// AWS refused a call.
    Call,
}

impl FailureCause {
    /// `None` if nothing is amiss. Secrets are masked here, since ids in them would be as well.
    pub fn of(run: &Run, mismatches: &[Mismatch], secrets: &Secrets) -> Option<Self> {
        let first = mismatches.first()?;
        let unexpected = mismatches
            .iter()
            .any(|mismatch| mismatch.what == Expectation::Status);
        Some(match &run.error {
            Some(error) if unexpected => Self {
                kind: CauseKind::Execution,
                what: error.clone(),
                detail: {
                    let cause = Cause::parse(run.cause.as_deref().unwrap_or_default());
                    without_ids(&secrets.mask(cause.headline()))
                },
            },
            _ => Self {
                kind: CauseKind::Expectation,
                what: first.what.to_string(),
                detail: without_ids(&secrets.mask(&gist(&first.detail))),
            },
        })
    }

    pub fn of_call(error: &AwsError) -> Self {
        let message = error.message.lines().next().unwrap_or_default();
        let code = error.code.iter().map(|code| format!("{code}: "));
        Self {
            kind: CauseKind::Call,
            what: error.operation.to_owned(),
            detail: code.collect::<String>() + &without_ids(message),
        }
    }
}

/// A sentence as it is; of a diff the lines that differ.
fn gist(detail: &str) -> String {
    let changed = |line: &&str| line.starts_with(['-', '+']);
    let lines: Vec<&str> = detail.lines().filter(changed).collect();
    if lines.is_empty() {
        return detail.lines().next().unwrap_or_default().to_owned();
    }
    let words = lines.iter().flat_map(|line| line.split_whitespace());
    words.collect::<Vec<_>>().join(" ")
}

fn without_ids(text: &str) -> String {
    let in_word = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    let pieces = text.split_inclusive(|c| !in_word(c)).map(|piece| {
        let word = piece.trim_end_matches(|c| c == '.' || !in_word(c));
        if word.contains(|c: char| c.is_ascii_digit()) {
            format!("#{}", &piece[word.len()..])
        } else {
            piece.to_owned()
        }
    });
    pieces.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Class;
    use crate::config::ExecutionStatus;
    use crate::executions::status::Status;

    fn failed(error: &str, cause: &str) -> Run {
        Run {
            error: Some(error.to_owned()),
            cause: Some(cause.to_owned()),
            ..Run::sample(Status::Ended(ExecutionStatus::Failed))
        }
    }

    fn none() -> Secrets {
        Secrets::default()
    }

    fn mismatch(what: Expectation, detail: &str) -> Mismatch {
        Mismatch {
            what,
            line: 1,
            detail: detail.to_owned(),
            is_diff: false,
        }
    }

    #[test]
    fn failures_that_differ_in_ids_and_numbers_are_alike() {
        let same = |cause: &str| {
            let status = mismatch(Expectation::Status, "expected SUCCEEDED, got FAILED");
            FailureCause::of(&failed("Declined", cause), &[status], &none()).expect("a cause")
        };
        let first = same("`tx-1001` of 2f1c9e1a-55d0-4a44-9f0c-abcdefabcdef costs 19.99 EUR.");
        let second = same("`tx-7` of 00000000-0000-0000-0000-000000000000 costs 5 EUR.\nMore");
        assert_eq!(first, second);
        assert_eq!(first.detail, "`#` of # costs # EUR.");
        assert_ne!(first, same("`tx-7` is unknown"));
    }

    #[test]
    fn the_cause_of_a_handlers_failure_is_its_message() {
        let status = mismatch(Expectation::Status, "expected SUCCEEDED, got FAILED");
        let document = r#"{"errorType":"Refused","errorMessage":"the event says so"}"#;
        let cause =
            FailureCause::of(&failed("Refused", document), &[status], &none()).expect("a cause");
        assert_eq!(cause.kind, CauseKind::Execution);
        assert_eq!(
            (&*cause.what, &*cause.detail),
            ("Refused", "the event says so")
        );
    }

    #[test]
    fn an_expectation_that_is_not_met_is_described_by_what_differs() {
        let diff = "  {\n-   \"status\": \"AUTHORIZED\"\n+   \"status\": \"DECLINED\"\n  }";
        let output = [mismatch(Expectation::Output, diff)];
        let cause = FailureCause::of(&failed("Expected", ""), &output, &none()).expect("a cause");
        assert_eq!(cause.kind, CauseKind::Expectation);
        assert_eq!(cause.what, "output");
        assert_eq!(
            cause.detail,
            "- \"status\": \"AUTHORIZED\" + \"status\": \"DECLINED\""
        );
    }

    #[test]
    fn a_secret_is_masked_before_its_digits_make_it_another() {
        let secrets = Secrets::default();
        secrets.add(["hunter22-and-more"], &[]);
        let status = mismatch(Expectation::Status, "expected SUCCEEDED, got FAILED");
        let cause = "no hunter22-and-more here";
        let cause = FailureCause::of(&failed("Refused", cause), &[status], &secrets);
        assert_eq!(cause.expect("a cause").detail, "no *** here");
    }

    #[test]
    fn refused_calls_are_alike_whatever_their_request_id() {
        let error = |request_id: &str| AwsError {
            operation: "StartExecution",
            code: Some("ExecutionLimitExceeded".to_owned()),
            message: "no more than 1000000".to_owned(),
            request_id: Some(request_id.to_owned()),
            class: Class::Other,
        };
        let cause = FailureCause::of_call(&error("a"));
        assert_eq!(cause, FailureCause::of_call(&error("b")));
        assert_eq!(cause.detail, "ExecutionLimitExceeded: no more than #");
    }

    #[test]
    fn an_execution_as_expected_has_no_cause() {
        assert_eq!(
            FailureCause::of(&failed("Expected", ""), &[], &none()),
            None
        );
    }
}
