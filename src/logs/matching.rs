//! Which invocation an attempt of an execution was. Pure.
//!
//! Lambda's answers hold a request id, which decides. If an attempt failed in the handler, the history
//! has no id; then the times decide.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use txflow_asl::FunctionReference;

use super::invocations::Invocation;
use crate::executions::Attempt;

/// How far the clocks of Step Functions and Lambda may lie apart.
pub(super) const SKEW: Duration = Duration::from_secs(1);

/// What an attempt says of its invocation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub function: String,
    /// `None` if an alias or nothing is behind the name.
    version: Option<String>,
    request_id: Option<String>,
    scheduled: Timestamp,
    ended: Option<Timestamp>,
    /// Lambda turned it away, so nothing ran.
    throttled: bool,
}

impl Call {
    /// `None` for a task that calls no function.
    pub fn new(attempt: &Attempt) -> Option<Self> {
        let (function, qualifier) = split(attempt.function_arn.as_deref()?);
        let is_version = |qualifier: &&str| {
            *qualifier == "$LATEST" || qualifier.bytes().all(|byte| byte.is_ascii_digit())
        };
        let failure = attempt.failure.as_ref();
        Some(Self {
            function: function.to_owned(),
            version: qualifier.filter(is_version).map(str::to_owned),
            request_id: attempt.request_id.clone(),
            scheduled: attempt.scheduled,
            ended: attempt.ended,
            throttled: failure
                .is_some_and(|failure| failure.error == "Lambda.TooManyRequestsException"),
        })
    }

    fn may_be(&self, invocation: &Invocation) -> bool {
        let started = invocation.started;
        let version = self.version.as_ref();
        !self.throttled
            && self.function == invocation.function
            && version.is_none_or(|version| *version == invocation.version)
            && started >= self.scheduled - SKEW
            && self.ended.is_none_or(|ended| started <= ended + SKEW)
    }

    /// How badly the times fit. A process that starts first makes the beginnings differ, so the ends
    /// say more.
    fn gap(&self, invocation: &Invocation) -> Duration {
        match (self.ended, invocation.ended) {
            (Some(ended), Some(end)) => apart(ended, end),
            _ => SKEW + apart(self.scheduled, invocation.started),
        }
    }
}

/// For each call the index of its invocation. No invocation is given to two.
pub(super) fn assign(calls: &[Call], invocations: &[Invocation]) -> Vec<Option<usize>> {
    let known = |call: &Call| {
        let request_id = call.request_id.as_ref()?;
        let mut all = invocations.iter();
        all.position(|invocation| invocation.request_id == *request_id)
    };
    let mut assigned: Vec<Option<usize>> = calls.iter().map(known).collect();
    let functions: BTreeSet<&str> = calls.iter().map(|call| call.function.as_str()).collect();
    for function in functions {
        let mut open: Vec<usize> = (0..calls.len())
            .filter(|at| calls[*at].function == function && calls[*at].request_id.is_none())
            .collect();
        let mut free: Vec<usize> = (0..invocations.len())
            .filter(|at| invocations[*at].function == function && !assigned.contains(&Some(*at)))
            .collect();
        // What has not ended comes last.
        open.sort_by_key(|at| {
            let call = &calls[*at];
            (call.ended.is_none(), call.ended, call.scheduled)
        });
        free.sort_by_key(|at| {
            let invocation = &invocations[*at];
            (
                invocation.ended.is_none(),
                invocation.ended,
                invocation.started,
            )
        });
        for (call, invocation) in align(&open, &free, calls, invocations) {
            assigned[call] = Some(invocation);
        }
    }
    assigned
}

/// Pairs both in their order: as many as can be, and of these those whose times fit best. One by one
/// the nearest would not do: with clocks that differ, the nearest of a first attempt is the second.
fn align(
    open: &[usize],
    free: &[usize],
    calls: &[Call],
    invocations: &[Invocation],
) -> Vec<(usize, usize)> {
    let pair = |row: usize, column: usize| {
        let (call, invocation) = (&calls[open[row]], &invocations[free[column]]);
        call.may_be(invocation).then(|| call.gap(invocation))
    };
    // How many are left without, and the sum of the gaps, for the first so many of both.
    let width = free.len() + 1;
    let mut costs = vec![(0_usize, Duration::ZERO); (open.len() + 1) * width];
    for row in 1..=open.len() {
        costs[row * width] = (row, Duration::ZERO);
        for column in 1..width {
            let (left, gaps) = costs[(row - 1) * width + column];
            let mut best = (left + 1, gaps).min(costs[row * width + column - 1]);
            if let Some(gap) = pair(row - 1, column - 1) {
                let (left, gaps) = costs[(row - 1) * width + column - 1];
                best = best.min((left, gaps + gap));
            }
            costs[row * width + column] = best;
        }
    }
    let (mut row, mut column) = (open.len(), free.len());
    let mut pairs = Vec::new();
    while row > 0 && column > 0 {
        let cost = costs[row * width + column];
        if cost == costs[row * width + column - 1] {
            column -= 1;
            continue;
        }
        let (left, gaps) = costs[(row - 1) * width + column];
        if cost != (left + 1, gaps) {
            column -= 1;
            pairs.push((open[row - 1], free[column]));
        }
        row -= 1;
    }
    pairs
}

/// How far two points in time lie apart.
fn apart(one: Timestamp, other: Timestamp) -> Duration {
    one.duration_since(other).unsigned_abs()
}

/// The name and the qualifier of a function. AWS writes it into the history as the definition names it.
fn split(function: &str) -> (&str, Option<&str>) {
    match FunctionReference::parse(function) {
        Some(function) => (function.name, function.qualifier),
        None => (function, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executions::Failure;
    use crate::report::style::since_1970;

    /// An attempt on version 3 of `buy` that failed.
    fn call(scheduled: f64, ended: f64) -> Call {
        Call::new(&attempt(scheduled, ended, "Refused")).expect("a function")
    }

    fn attempt(scheduled: f64, ended: f64, error: &str) -> Attempt {
        Attempt {
            execution_arn: None,
            scheduled: since_1970(scheduled),
            ended: Some(since_1970(ended)),
            failure: Some(Failure {
                error: error.to_owned(),
                cause: String::new(),
            }),
            call: None,
            function_arn: Some("arn:aws:lambda:eu-west-1:1:function:buy:3".to_owned()),
            request_id: None,
        }
    }

    fn invocation(request_id: &str, started: i64, ended: i64) -> Invocation {
        Invocation {
            request_id: request_id.to_owned(),
            function: "buy".to_owned(),
            version: "3".to_owned(),
            started: since_1970(started as f64 / 1000.0),
            ended: Some(since_1970(ended as f64 / 1000.0)),
            lines: Vec::new(),
        }
    }

    #[test]
    fn a_request_id_outranks_all_times() {
        let mut exact = call(100.0, 100.5);
        exact.request_id = Some("far".to_owned());
        let all = [
            invocation("near", 100_000, 100_500),
            invocation("far", 900_000, 900_100),
        ];
        assert_eq!(assign(&[exact], &all), [Some(1)]);
    }

    #[test]
    fn an_id_that_the_log_does_not_hold_yet_is_not_guessed() {
        let mut exact = call(100.0, 100.5);
        exact.request_id = Some("not there".to_owned());
        let all = [invocation("near", 100_000, 100_500)];
        assert_eq!(assign(&[exact], &all), [None]);
    }

    #[test]
    fn retries_find_their_invocations_even_if_the_clocks_differ_by_a_second() {
        let calls = [call(100.0, 100.1), call(101.1, 101.2)];
        for skew in [-1_000, -400, 0, 400, 1_000] {
            let all = [
                invocation("first", 100_000 + skew, 100_100 + skew),
                invocation("second", 101_100 + skew, 101_200 + skew),
            ];
            assert_eq!(assign(&calls, &all), [Some(0), Some(1)], "{skew}");
        }
    }

    #[test]
    fn of_two_executions_at_once_each_gets_the_invocation_whose_end_fits() {
        let all = [
            invocation("theirs", 100_010, 102_400),
            invocation("ours", 100_020, 101_700),
        ];
        assert_eq!(assign(&[call(100.0, 101.705)], &all), [Some(1)]);
        assert_eq!(assign(&[call(100.0, 102.405)], &all), [Some(0)]);
    }

    #[test]
    fn attempts_side_by_side_never_share_an_invocation() {
        let calls = [call(100.0, 100.5), call(100.0, 100.5), call(100.0, 100.5)];
        let all = [
            invocation("a", 100_010, 100_490),
            invocation("b", 100_010, 100_495),
        ];
        let mut given: Vec<usize> = assign(&calls, &all).into_iter().flatten().collect();
        given.sort_unstable();
        assert_eq!(given, [0, 1]);
    }

    #[test]
    fn another_version_another_function_and_another_time_are_not_taken() {
        let mut version = invocation("version", 100_000, 100_100);
        version.version = "4".to_owned();
        let mut function = invocation("function", 100_000, 100_100);
        function.function = "sell".to_owned();
        let later = invocation("later", 102_000, 102_100);
        assert_eq!(
            assign(&[call(100.0, 100.1)], &[version, function, later]),
            [None]
        );
    }

    #[test]
    fn an_attempt_that_was_turned_away_ran_nothing() {
        let turned_away = attempt(100.0, 100.1, "Lambda.TooManyRequestsException");
        let turned_away = Call::new(&turned_away).expect("a function");
        let all = [invocation("theirs", 100_000, 100_100)];
        assert_eq!(assign(&[turned_away], &all), [None]);
    }

    #[test]
    fn an_invocation_that_still_runs_is_found_by_its_start() {
        let mut running = call(100.0, 0.0);
        running.ended = None;
        let mut ours = invocation("ours", 100_010, 0);
        ours.ended = None;
        let before = invocation("before", 99_500, 99_900);
        assert_eq!(assign(&[running], &[before, ours]), [Some(1)]);
    }

    #[test]
    fn a_function_is_known_by_an_arn_a_part_of_one_or_its_name() {
        let arn = "arn:aws:lambda:eu-west-1:1:function:buy:3";
        assert_eq!(split(arn), ("buy", Some("3")));
        assert_eq!(split("123456789012:function:buy"), ("buy", None));
        assert_eq!(split("buy:live"), ("buy", Some("live")));
    }
}
