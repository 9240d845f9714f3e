//! Finds out which tests are to run, and on what.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};
use txflow_asl::source::parse_json;
use txflow_local_aws::{MockedResponse, MockedResponses, Mocks};

use super::coverage::{Collector, covered_release};
use super::options::TestOptions;
use super::report::Skipped;
use crate::commands::context::{Context, Printer, Session};
use crate::commands::error::CommandError;
use crate::commands::release;
use crate::commands::state_machine::StateMachineOption;
use crate::commands::tests_asked_for::tests_asked_for;
use crate::config::{
    Deployment, MachineName, MockAnswer, MocksOnAws, Source, StateMachineKind, TestConfig,
};
use crate::input_file;
use crate::world::World;

/// Which release the executions of the main state machine are started on.
#[derive(Debug, Clone, Copy)]
pub enum TestedRelease<'a> {
    /// What the alias says.
    Live,
    /// The version that this run has just made live. The alias may still say for some seconds what was live before.
    Deployed(&'a str),
    /// The version that this run has published, and that callers do not get yet.
    NotLive(&'a str),
}

/// What is to run, and on what.
pub(super) struct PreparedTests {
    pub session: Session,
    pub tests: Vec<TestConfig>,
    /// What does not run here.
    pub skipped: Vec<Skipped>,
    /// What executions of the main state machine are started on.
    pub release: String,
    /// The same of the others that are tested.
    beside: BTreeMap<MachineName, String>,
    /// Counts what the executions reach, if that was asked for.
    pub coverage: Option<Collector>,
    /// Whether this run has deployed the release, so that AWS may not apply all of it yet.
    pub is_fresh: bool,
}

/// Finds out what is to run.
pub(super) async fn prepare(
    context: &Context,
    session: Session,
    options: &TestOptions,
    on: TestedRelease<'_>,
) -> Result<PreparedTests> {
    let is_live = !matches!(on, TestedRelease::NotLive(_));
    let Chosen { mut tests, skipped } = Chosen::of(context, &session, options, is_live)?;
    if !context.global.local {
        without_contents(&mut tests, &context.printer);
    }
    give_scheduled_inputs(&mut tests, &session);
    give_function_names(&mut tests, &session);
    if let Some(path) = &options.input {
        give_input(&mut tests, &context.world, path)?;
    }
    let is_measured = options.coverage.is_on();
    let mut machines: BTreeSet<_> = tests
        .iter()
        .map(|test| test.state_machine.clone())
        .collect();
    if is_measured && options.state_machine.is_none() {
        machines.extend(session.deployment.state_machines.names());
    }
    let with_main = machines.contains(&MachineName::Main);
    let release = match on {
        TestedRelease::Deployed(version_arn) | TestedRelease::NotLive(version_arn) => {
            version_arn.to_owned()
        }
        TestedRelease::Live => {
            let live = release::live_version(context, &session).await?;
            match is_measured && with_main && live == session.stack.alias_arn() {
                true => covered_release(context, &session).await?,
                false => live,
            }
        }
    };
    let beside = release::beside(context, &session, machines, &release).await?;
    let coverage = match is_measured {
        true => {
            let main = with_main.then(|| (MachineName::Main, release.clone()));
            let measured = beside.clone().into_iter().chain(main).collect();
            Some(Collector::open(context, &session, measured).await?)
        }
        false => None,
    };
    if let Some(embedded) = context.connection.embedded() {
        embedded.add_mocks(mocks(&session, &tests)).await?;
    }
    Ok(PreparedTests {
        session,
        tests,
        skipped,
        release,
        beside,
        coverage,
        is_fresh: !matches!(on, TestedRelease::Live),
    })
}

/// The tests that run, and those that do not.
pub(super) struct Chosen {
    tests: Vec<TestConfig>,
    skipped: Vec<Skipped>,
}

impl Chosen {
    /// `is_live` is whether callers get the release that is tested.
    ///
    /// # Errors
    ///
    /// If none is left that can run.
    pub fn of(
        context: &Context,
        session: &Session,
        options: &TestOptions,
        is_live: bool,
    ) -> Result<Self, CommandError> {
        let mut tests = chosen(&session.deployment, options)?;
        let mut skipped = Vec::new();
        if !context.global.local {
            tests = without_mocked(tests, &mut skipped)?;
        }
        let tests = without_events(tests, session, options, is_live, &mut skipped)?;
        Ok(Self { tests, skipped })
    }
}

impl PreparedTests {
    /// What the tests of each state machine are started on.
    pub fn tested(&self) -> BTreeMap<MachineName, String> {
        let machines = self.tests.iter().map(|test| &test.state_machine);
        let versions = machines.map(|machine| {
            let arn = self.beside.get(machine).unwrap_or(&self.release);
            (machine.clone(), arn.clone())
        });
        versions.collect()
    }

    /// What a test is started on. As with Step Functions Local, a test case with mocks is named behind the ARN.
    pub fn state_machine_arn(&self, test: &TestConfig) -> String {
        let beside = self.beside.get(&test.state_machine);
        let arn = beside.unwrap_or(&self.release);
        if test.mocks.is_empty() {
            arn.clone()
        } else {
            format!("{arn}#{}", test.name)
        }
    }
}

/// AWS runs the real thing: a test that mocks a state is for `--local`, unless it says that it does without its mocks.
fn without_mocked(
    tests: Vec<TestConfig>,
    skipped: &mut Vec<Skipped>,
) -> Result<Vec<TestConfig>, CommandError> {
    let runs = |test: &TestConfig| test.mocks.is_empty() || test.mocks_on_aws == MocksOnAws::Ignore;
    let (mut tests, mocked): (Vec<_>, Vec<_>) = tests.into_iter().partition(runs);
    for test in &mut tests {
        test.mocks.clear();
    }
    let reason = "it has mocks, which work only with `--local`; `mocks-on-aws = \"ignore\"` runs it without them";
    skipped.extend(mocked.iter().map(|test| Skipped::new(test, reason)));
    if tests.is_empty() {
        return Err(CommandError::OnlyMocked);
    }
    Ok(tests)
}

/// An event starts nothing while the triggers are off, and it starts an execution once, not a thousand times, and of what is
/// live.
fn without_events(
    tests: Vec<TestConfig>,
    session: &Session,
    options: &TestOptions,
    is_live: bool,
    skipped: &mut Vec<Skipped>,
) -> Result<Vec<TestConfig>, CommandError> {
    let mut triggers = session.deployment.triggers.values();
    let reason = if session.deployment.state_machines.main.kind == StateMachineKind::Express {
        "it sends an event, and an EXPRESS execution cannot be found"
    } else if options.repeat.is_some() {
        "it sends an event, and is not repeated"
    } else if !triggers.any(|trigger| trigger.enabled) {
        "it sends an event, and no trigger is on in this stage"
    } else if !is_live {
        "it sends an event, which starts the release that is live and not this one; `txflow test` runs it then"
    } else {
        return Ok(tests);
    };
    let (events, tests): (Vec<_>, Vec<_>) =
        tests.into_iter().partition(|test| test.event.is_some());
    skipped.extend(events.iter().map(|test| Skipped::new(test, reason)));
    if tests.is_empty() {
        return Err(CommandError::OnlyEvents);
    }
    Ok(tests)
}

/// Only the embedded AWS is looked into.
fn without_contents(tests: &mut [TestConfig], printer: &Printer) {
    for test in tests {
        if !test.expect.contents.is_empty() {
            test.expect.contents.clear();
            printer.note(&format!(
                "what tables and queues hold after test `{}` is checked only with `--local`",
                test.name
            ));
        }
    }
}

/// The history names functions in full.
fn give_function_names(tests: &mut [TestConfig], session: &Session) {
    let calls = tests.iter_mut().flat_map(|test| &mut test.expect.calls);
    for function in calls.filter_map(|call| call.function.as_mut()) {
        *function = session.stack.function_name(function);
    }
}

fn chosen(deployment: &Deployment, options: &TestOptions) -> Result<Vec<TestConfig>, CommandError> {
    let (types, machine) = (&options.types, &options.state_machine);
    let tests = &deployment.tests;
    if let Some(name) = machine {
        let option = StateMachineOption {
            state_machine: Some(name.clone()),
        };
        option.of(&deployment.state_machines)?;
    }
    let of_machine = |test: &&TestConfig| {
        machine.is_none() || test.state_machine == MachineName::of(machine.as_deref())
    };
    let tests: Vec<TestConfig> = tests.iter().filter(of_machine).cloned().collect();
    if tests.is_empty() {
        return Err(CommandError::NoTests);
    }
    tests_asked_for(tests, types)
}

/// A schedule cannot be made due, so a test of it starts an execution with what it sends.
fn give_scheduled_inputs(tests: &mut [TestConfig], session: &Session) {
    let Session {
        deployment, stack, ..
    } = session;
    for test in tests {
        let trigger = test.trigger.as_ref();
        let trigger = trigger.and_then(|name| deployment.triggers.get(name));
        if let Some(Source::Schedule { input, .. }) = trigger.map(|trigger| &trigger.source) {
            let input = input.as_ref();
            test.input = input.map_or_else(|| json!({}), |input| stack.account.fill_json(input));
        }
    }
}

/// Replaces the input of the only test.
fn give_input(tests: &mut [TestConfig], world: &World, path: &Path) -> Result<(), CommandError> {
    let [test] = tests else {
        let count = tests.len();
        return Err(CommandError::InputForSeveral { count });
    };
    test.input = read_input(world, path)?;
    Ok(())
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
    parse_json(&text).map_err(|error| bad(error.to_string()))
}

fn mocks(session: &Session, tests: &[TestConfig]) -> Mocks {
    let mut mocks = Mocks::default();
    for test in tests {
        for (state, answers) in &test.mocks {
            let answers = answers.iter().map(|answer| match answer {
                MockAnswer::Result(result) => MockedResponse::Payload(result.clone()),
                MockAnswer::Items(items) => MockedResponse::Return(items.clone()),
                MockAnswer::Error { error, cause } => MockedResponse::Throw {
                    error: error.clone(),
                    cause: cause.clone().unwrap_or_default(),
                },
            });
            let machine = session.stack.state_machine_name(&test.state_machine);
            let answers = MockedResponses::repeating_the_last(answers.collect());
            mocks.add(machine, &test.name, state, answers);
        }
    }
    mocks
}
