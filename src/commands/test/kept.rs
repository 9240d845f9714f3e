//! Keeps what comes of the tests in the project's folder, while they run: the page shows it. A run does not depend on whether
//! that can be written.

use std::cell::RefCell;
use std::time::Duration;

use jiff::Timestamp;
use txflow_asl::Arn;

use super::prepare::PreparedTests;
use super::report::{Skipped, TestReport};
use crate::aws::AwsError;
use crate::commands::context::{Context, Session};
use crate::config::{MachineName, StateMachineKind};
use crate::coverage::StackCoverage;
use crate::executions::{Cause, between};
use crate::last_tests::{
    ExecutionFailure, LastCoverage, LastTest, LastTests, Place, Progress, Unmet,
};
use crate::world::plain;

/// Nobody sees changes that follow each other faster, and a run of thousands of tests has many.
const PAUSE: Duration = Duration::from_millis(100);
/// The last tests are told one by one, since nothing would tell of one for as long as the next takes.
const FEW: usize = 100;

/// The results of a run.
pub(super) struct Kept<'a> {
    context: &'a Context,
    place: Place,
    state: RefCell<State>,
    /// The state machine of each test, if AWS keeps its executions, so that they can be shown.
    machines: Vec<Option<String>>,
}

struct State {
    tests: LastTests,
    written: Option<Timestamp>,
}

impl State {
    /// Whether what has just changed is written at once. Nothing may follow for long if few tests are left.
    fn is_due(&self, now: Timestamp) -> bool {
        let left = self.tests.count(Progress::Waiting) + self.tests.count(Progress::Running);
        left <= FEW
            || self
                .written
                .is_none_or(|written| between(written, now) >= PAUSE)
    }
}

impl<'a> Kept<'a> {
    pub(super) fn begin(context: &'a Context, prepared: &PreparedTests) -> Self {
        let waiting = prepared.tests.iter();
        let waiting = waiting.map(|test| LastTest::new(&test.name, Progress::Waiting));
        let skipped = prepared.skipped.iter().map(skipped);
        let session = &prepared.session;
        let machines = prepared.tests.iter().map(|test| {
            let is_kept = session.deployment.tested(test).kind == StateMachineKind::Standard;
            let name = || session.stack.state_machine_name(&test.state_machine);
            is_kept.then(name)
        });
        let kept = Self {
            context,
            place: place(context),
            machines: machines.collect(),
            state: RefCell::new(State {
                tests: LastTests {
                    began: (context.world.now)(),
                    progress: Progress::Running,
                    problem: None,
                    tests: waiting.chain(skipped).collect(),
                },
                written: None,
            }),
        };
        kept.write();
        kept
    }

    pub(super) fn test_began(&self, number: usize) {
        self.state.borrow_mut().tests.tests[number].progress = Progress::Running;
        self.write_if_due();
    }

    /// It has an execution, which can be looked at.
    pub(super) fn execution_began(&self, number: usize, execution_arn: &str) {
        if let Some(machine) = &self.machines[number] {
            let test = &mut self.state.borrow_mut().tests.tests[number];
            test.state_machine = Some(machine.clone());
            test.execution = Some(Arn::execution_name(execution_arn).to_owned());
        }
        self.write_if_due();
    }

    pub(super) fn test_ended(&self, number: usize, run: &Result<TestReport, AwsError>) {
        let name = self.state.borrow().tests.tests[number].name.clone();
        let ended = match run {
            Ok(report) => ended(report, self.machines[number].clone()),
            Err(error) => failed(&name, error),
        };
        self.state.borrow_mut().tests.tests[number] = ended;
        self.write_if_due();
    }

    /// What has not ended by now was interrupted.
    pub(super) fn end(&self) {
        {
            let tests = &mut self.state.borrow_mut().tests;
            for test in &mut tests.tests {
                if matches!(test.progress, Progress::Waiting | Progress::Running) {
                    test.progress = Progress::Interrupted;
                }
            }
            let is = |progress| tests.count(progress) > 0;
            tests.progress = if is(Progress::Interrupted) {
                Progress::Interrupted
            } else if is(Progress::Failed) {
                Progress::Failed
            } else {
                Progress::Passed
            };
        }
        self.write();
    }

    fn write_if_due(&self) {
        let now = (self.context.world.now)();
        let is_due = self.state.borrow().is_due(now);
        if is_due {
            self.write();
        }
    }

    fn write(&self) {
        let mut state = self.state.borrow_mut();
        state.written = Some((self.context.world.now)());
        keep(self.context, &self.place, &state.tests);
    }
}

/// Keeps why a round of `--watch` came to no tests.
pub(super) fn keep_problem(context: &Context, message: &str) {
    let place = place(context);
    let last = place.tests();
    let tests = LastTests {
        began: (context.world.now)(),
        progress: Progress::Failed,
        problem: Some(plain(message)),
        tests: last.map(|last| last.tests).unwrap_or_default(),
    };
    keep(context, &place, &tests);
}

pub(super) fn keep_coverage(context: &Context, session: &Session, coverage: &StackCoverage) {
    let place = place(context);
    if !context.global.local && !place.is_there() {
        return;
    }
    let machines = coverage.state_machines.iter().filter_map(|machine| {
        let name = MachineName::of(machine.state_machine.as_deref());
        let config = session.deployment.state_machines.get(&name)?;
        Some((config.definition.digest(), machine))
    });
    let coverage = LastCoverage::new((context.world.now)(), machines);
    // As in `keep`.
    let _ = place.keep_coverage(&coverage, &context.world.secrets);
}

fn place(context: &Context) -> Place {
    let global = &context.global;
    Place::new(context.project.root(), &global.stage, global.local)
}

fn keep(context: &Context, place: &Place, tests: &LastTests) {
    // A pipeline that tests on AWS gets no new folder.
    if context.global.local || place.is_there() {
        // The results were told, and the next run writes its own.
        let _ = place.keep_tests(tests, &context.world.secrets);
    }
}

fn skipped(skipped: &Skipped) -> LastTest {
    let mut test = LastTest::new(&skipped.test, Progress::Skipped);
    test.unmet.push(Unmet {
        what: "skipped".to_owned(),
        detail: skipped.reason.to_owned(),
        is_diff: false,
        line: None,
    });
    test
}

fn failed(name: &str, error: &AwsError) -> LastTest {
    let mut test = LastTest::new(name, Progress::Failed);
    test.unmet.push(Unmet {
        what: "execution".to_owned(),
        detail: error.to_string(),
        is_diff: false,
        line: None,
    });
    test
}

fn ended(report: &TestReport, machine: Option<String>) -> LastTest {
    let arn = report.execution_arn.as_deref();
    let execution = arn.filter(|_| machine.is_some());
    let unmet = report.unmet().map(|unmet| Unmet {
        is_diff: { report.mismatches.iter() }
            .any(|mismatch| mismatch.is_diff && mismatch.detail == unmet.detail),
        what: unmet.what,
        detail: unmet.detail.to_owned(),
        line: Some(unmet.line),
    });
    LastTest {
        seconds: Some(report.elapsed.as_secs_f64()),
        status: report.status.map(|status| status.as_str().to_owned()),
        state_machine: machine,
        execution: execution.map(|arn| Arn::execution_name(arn).to_owned()),
        failure: failure(report),
        unmet: unmet.collect(),
        hint: report.hint.clone(),
        ..LastTest::new(
            &report.test,
            match report.passed {
                true => Progress::Passed,
                false => Progress::Failed,
            },
        )
    }
}

fn failure(report: &TestReport) -> Option<ExecutionFailure> {
    let error = report.error.clone().filter(|_| !report.passed)?;
    let cause = report.cause.as_deref();
    let cause = cause.map(|cause| Cause::parse(cause).message);
    Some(ExecutionFailure {
        error,
        cause: cause.filter(|cause| !cause.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_test_is_told_at_once_though_nothing_follows_for_long() {
        let state = |running: usize| {
            let tests = (0..running).map(|_| LastTest::new("A", Progress::Running));
            State {
                tests: LastTests {
                    began: Timestamp::UNIX_EPOCH,
                    progress: Progress::Running,
                    problem: None,
                    tests: tests
                        .chain([LastTest::new("B", Progress::Passed)])
                        .collect(),
                },
                written: Some(Timestamp::UNIX_EPOCH),
            }
        };
        let after = |milliseconds| Timestamp::UNIX_EPOCH + Duration::from_millis(milliseconds);
        assert!(state(1).is_due(after(0)));
        // Of very many, another one follows.
        assert!(!state(1000).is_due(after(99)));
        assert!(state(1000).is_due(after(100)));
    }
}
