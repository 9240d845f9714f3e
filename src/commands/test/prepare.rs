//! Finds out which tests are to run, and on what.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;
use txflow_local_aws::{MockedResponse, MockedResponses, Mocks};

use crate::aws::{failed, found};
use crate::cli::TestOptions;
use crate::commands::error::CommandError;
use crate::commands::session::{Session, Ui};
use crate::config::{MockAnswer, TestConfig};
use crate::input_file;
use crate::report::Event;
use crate::world::World;

/// What is to run, and on what.
pub(super) struct Prepared {
    pub session: Session,
    pub tests: Vec<TestConfig>,
    /// What executions are started on.
    pub release: String,
}

/// Finds out what is to run. What is live must be asked for after a deploy.
pub(super) async fn prepare(ui: &Ui, options: &TestOptions) -> Result<Prepared> {
    let session = ui.session(None).await?;
    let tests = chosen(&session.deployment.tests, &options.types)?;
    let tests = ui.without_mocked(tests)?;
    let tests = match &options.input {
        None => tests,
        Some(_) if tests.len() > 1 => {
            let count = tests.len();
            return Err(CommandError::InputForSeveral { count }.into());
        }
        Some(path) => with_input(tests, read_input(&ui.world, path)?),
    };
    let release = live_version(ui, &session).await?;
    ui.add_mocks(mocks(&session, &tests)).await?;
    Ok(Prepared {
        session,
        tests,
        release,
    })
}

impl Prepared {
    /// What a test is started on. As with Step Functions Local, a test case with mocks is named behind the ARN.
    pub fn state_machine_arn(&self, test: &TestConfig) -> String {
        if test.mocks.is_empty() {
            self.release.clone()
        } else {
            format!("{}#{}", self.release, test.name)
        }
    }
}

impl Ui {
    /// AWS runs the real thing: a test that mocks a state is for `--local`.
    fn without_mocked(&self, tests: Vec<TestConfig>) -> Result<Vec<TestConfig>, CommandError> {
        if self.global.local {
            return Ok(tests);
        }
        let (mocked, tests): (Vec<_>, Vec<_>) =
            tests.into_iter().partition(|test| !test.mocks.is_empty());
        for test in &mocked {
            let text = format!(
                "test `{}` has mocks and runs only with `--local`",
                test.name
            );
            self.reporter.report(&Event::Note { text });
        }
        if tests.is_empty() {
            return Err(CommandError::OnlyMocked);
        }
        Ok(tests)
    }
}

fn chosen(tests: &[TestConfig], types: &[String]) -> Result<Vec<TestConfig>, CommandError> {
    if tests.is_empty() {
        return Err(CommandError::NoTests);
    }
    if types.is_empty() {
        return Ok(tests.to_vec());
    }
    for name in types {
        if !tests.iter().any(|test| test.name == *name) {
            return Err(CommandError::UnknownTest {
                name: name.clone(),
                known: tests.iter().map(|test| test.name.clone()).collect(),
            });
        }
    }
    let chosen = tests.iter().filter(|test| types.contains(&test.name));
    Ok(chosen.cloned().collect())
}

fn with_input(mut tests: Vec<TestConfig>, input: Value) -> Vec<TestConfig> {
    for test in &mut tests {
        test.input = input.clone();
    }
    tests
}

#[expect(
    clippy::disallowed_methods,
    reason = "reads a file that the user names"
)]
fn read_input(world: &World, path: &Path) -> Result<Value, CommandError> {
    let bad = |cause: String| CommandError::BadInput {
        path: path.display().to_string(),
        cause,
    };
    let read = if path == Path::new("-") {
        input_file::text((world.stdin)())
    } else {
        input_file::read(path)
    };
    let text = read.map_err(|error| bad(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| bad(error.to_string()))
}

/// The version ARN of the live release. New executions on an alias may for some seconds use what it
/// pointed at before; those on a version ARN never do.
async fn live_version(ui: &Ui, session: &Session) -> Result<String> {
    let alias_arn = session.stack.alias_arn();
    let alias = session.aws.sfn.describe_state_machine_alias();
    let alias = alias.state_machine_alias_arn(&alias_arn).send().await;
    let alias = found(alias.map_err(failed("DescribeStateMachineAlias")))?;
    let alias = alias.ok_or_else(|| ui.not_deployed(session))?;
    Ok(match alias.routing_configuration() {
        [release] => release.state_machine_version_arn().to_owned(),
        // Somebody split the traffic: the alias decides.
        _ => alias_arn,
    })
}

fn mocks(session: &Session, tests: &[TestConfig]) -> Mocks {
    let mut mocks = Mocks::default();
    for test in tests {
        for (state, answers) in &test.mocks {
            let answers = answers.iter().map(|answer| match answer {
                MockAnswer::Result(result) => MockedResponse::Payload(result.clone()),
                MockAnswer::Error { error, cause } => MockedResponse::Throw {
                    error: error.clone(),
                    cause: cause.clone().unwrap_or_default(),
                },
            });
            let machine = session.stack.state_machine_name();
            let answers = MockedResponses::repeating_the_last(answers.collect());
            mocks.add(machine, &test.name, state, answers);
        }
    }
    mocks
}
