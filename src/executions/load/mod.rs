//! A load run: each test many times, some executions at once, the tests in turns.

mod cause;
mod light;
mod tally;

pub use cause::{CauseKind, FailureCause};
pub use tally::{Failures, Figures, Percentiles, Progress, Tally};

use std::cell::Cell;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use self::tally::Ended;
use super::Start;
use super::answer::Answers;
use super::check::check;
use super::children::{MapChildren, with_children};
use super::run::Run;
use crate::aws::{Aws, AwsError, Class};
use crate::config::{StateMachineConfig, StateMachineKind, TestConfig};
use crate::world::Secrets;

/// What is run, and how often.
pub struct Load<'a> {
    pub tests: Vec<RepeatedTest<'a>>,
    /// How often each test is run.
    pub repeat: usize,
    /// How many executions are in flight at once.
    pub concurrency: usize,
    /// The name of the next execution of a test.
    pub execution_name: &'a dyn Fn(&str) -> String,
    /// What is masked in why an execution failed.
    pub secrets: &'a Secrets,
    /// Called with each execution, as far as it was read.
    pub on_run: &'a dyn Fn(&TestConfig, &Run),
}

/// A test and what it is started on.
pub struct RepeatedTest<'a> {
    test: &'a TestConfig,
    state_machine_arn: String,
    kind: StateMachineKind,
    /// The states that make the path of an execution.
    top_level: Vec<String>,
    /// How long each is watched.
    limit: Duration,
    /// How long its executions take, as far as is known: the end is not looked for earlier.
    patience: Cell<Duration>,
    /// What its tasks wait for.
    answers: Answers,
}

impl<'a> RepeatedTest<'a> {
    pub fn new(
        test: &'a TestConfig,
        state_machine: &StateMachineConfig,
        state_machine_arn: String,
        limit: Duration,
    ) -> Self {
        Self {
            test,
            state_machine_arn,
            kind: state_machine.kind,
            top_level: state_machine.definition.top_level_states(),
            limit,
            patience: Cell::new(light::SHORTEST),
            answers: Answers::new(&test.answers, &state_machine.definition.template),
        }
    }
}

impl Load<'_> {
    pub fn total(&self) -> usize {
        self.repeat.saturating_mul(self.tests.len())
    }

    /// Runs all, or as many as have ended when `until` does. Calls `on_progress`
    /// with how far it is. Returns a tally for each test.
    ///
    /// # Errors
    ///
    /// If AWS refuses the credentials, or they lack a permission: that would not get better. Any
    /// other call that AWS refuses is a failure of its execution.
    pub async fn run(
        &self,
        aws: &Aws,
        until: impl Future<Output = ()>,
        on_progress: &dyn Fn(Progress),
    ) -> Result<Vec<Tally>, AwsError> {
        let mut tallies = vec![Tally::default(); self.tests.len()];
        on_progress(Progress::of(&tallies, self.total()));
        let executions = stream::iter(0..self.total()).map(|number| async move {
            let index = number % self.tests.len();
            (index, self.execute(aws, &self.tests[index]).await)
        });
        let executions = executions.buffer_unordered(self.concurrency);
        let mut executions = std::pin::pin!(executions.take_until(until));
        while let Some((index, ended)) = executions.next().await {
            tallies[index].take(ended?);
            on_progress(Progress::of(&tallies, self.total()));
        }
        Ok(tallies)
    }

    async fn execute(&self, aws: &Aws, repeated: &RepeatedTest<'_>) -> Result<Ended, AwsError> {
        let test = repeated.test;
        let start = Start {
            state_machine_arn: &repeated.state_machine_arn,
            kind: repeated.kind,
            name: &(self.execution_name)(&test.name),
            input: &test.input,
        };
        // All else is in the answer of DescribeExecution.
        let with_history = test.expect.path.is_some()
            || !test.expect.retries.is_empty()
            || !test.expect.calls.is_empty();
        let mut answers = repeated.answers.clone();
        let executed = if answers.is_empty() {
            let (patience, limit) = (&repeated.patience, repeated.limit);
            light::execute(aws, &start, patience, limit, with_history).await
        } else {
            light::execute_answered(aws, &start, &mut answers, repeated.limit).await
        };
        if let Ok(run) = &executed {
            (self.on_run)(test, run);
        }
        match executed {
            Ok(run) if !test.expect.calls.is_empty() => {
                let run = with_children(aws, run, MapChildren::All).await?;
                Ok(self.ended(run, repeated, answers))
            }
            Ok(run) => Ok(self.ended(run, repeated, answers)),
            Err(refused)
                if matches!(
                    refused.error.class,
                    Class::Denied | Class::Credentials | Class::NoCredentials
                ) =>
            {
                Err(refused.error)
            }
            Err(refused) => Ok(Ended {
                times: None,
                failed: Some(FailureCause::of_call(&refused.error)),
                execution_arn: refused.execution_arn,
            }),
        }
    }

    fn ended(&self, run: Run, repeated: &RepeatedTest<'_>, answers: Answers) -> Ended {
        let mut mismatches = check(&run, &repeated.test.expect, &repeated.top_level);
        mismatches.extend(answers.refused());
        Ended {
            times: run.stopped.map(|stopped| (run.started, stopped)),
            failed: FailureCause::of(&run, &mismatches, self.secrets),
            execution_arn: Some(run.execution_arn),
        }
    }
}
