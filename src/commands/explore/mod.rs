//! `txflow explore`.

mod block;
mod cases;
mod options;
mod price;
mod report;
#[cfg(test)]
mod tests;
mod text;

pub(super) use options::ExploreOptions;
pub(super) use report::Explored;

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::Value;
use txflow_asl::ExecutionKind;
use txflow_asl::explore::{Case, Exploration, Kind, Wanted};
use txflow_asl::walk::all_states;
use txflow_local_aws::Time;

use self::block::Blocks;
use self::report::Subject;
use super::context::{Context, Session};
use super::error::CommandError;
use super::replay::unversioned;
use super::test::{TestOptions, record_tests};
use super::tests_asked_for::tests_asked_for;
use crate::config::{Deployment, MachineName, StateMachineConfig, StateMachineKind, TestConfig};
use crate::exit::Exit;
use crate::stack::{Account, Stack};

/// Injects the failures that no test tries, and shows which of them the workflow does not handle.
pub async fn explore(context: &Context, options: &ExploreOptions) -> Result<Exit> {
    context.connection.send_on(&options.upstreams);
    let deployment = context.project.load_names()?;
    let (machine, config) = options.machine.of(&deployment.state_machines)?;
    if config.definition.incomplete {
        return Err(CommandError::IncompleteDefinition.into());
    }
    let tests = chosen(&deployment, &machine, options)?;
    let wanted: Vec<Wanted> = options.items.iter().map(|items| items.0.clone()).collect();
    refuse_others_than_maps(config, &wanted)?;
    let records = context.global.local && config.kind == StateMachineKind::Standard;
    let (stack, recorded) = match records {
        true => recorded(context, &deployment, &tests).await?,
        false => {
            let recorded = tests.iter().map(|test| (test.clone(), Vec::new()));
            (
                Stack::of(&deployment.stack_config(), account(&deployment)),
                recorded.collect(),
            )
        }
    };
    let definition = config
        .definition
        .resolve(|placeholder| unversioned(&deployment, &stack, placeholder));
    let kind = match config.kind {
        StateMachineKind::Standard => ExecutionKind::Standard,
        StateMachineKind::Express => ExecutionKind::Express,
    };
    let exploration =
        Exploration::new(&definition, kind).map_err(|error| CommandError::NotRunnable {
            cause: error.to_string(),
        })?;
    let cases: Vec<Case> = recorded
        .into_iter()
        .map(|(test, executions)| cases::case(&test, executions, &definition))
        .collect();
    let taken: BTreeSet<String> = deployment
        .tests
        .iter()
        .map(|test| test.name.clone())
        .collect();
    let subject = Subject {
        state_machine: stack.state_machine_name(&machine),
        config,
        definition_bytes: definition.to_string().len() as u64,
        allow: &deployment.explore.allow,
        recorded: records,
        verbose: options.verbose,
        columns: context.printer.columns(),
    };
    let mut report = exploration.run(&cases);
    if !options.types.is_empty() {
        // Other tests may come to what these do not.
        report
            .findings
            .retain(|one| !matches!(one.kind, Kind::NotReached { .. }));
        report.unused.clear();
    }
    let forecasts = exploration.forecast(&cases, &wanted);
    let explored = Explored::new(
        &subject,
        &report,
        forecasts,
        Blocks::new(&tests, &cases, taken),
    );
    for id in explored.allowed_in_vain(&deployment.explore.allow) {
        let note = format!(
            "`allow` of `[explore]` names `{id}`, which was not found: remove it if it is repaired"
        );
        context.printer.note(&note);
    }
    context.printer.answer(&explored)?;
    Ok(match explored.has_findings() {
        true => Exit::TestFailed,
        false => Exit::Done,
    })
}

/// The tests that executions begin with.
fn chosen(
    deployment: &Deployment,
    machine: &MachineName,
    options: &ExploreOptions,
) -> Result<Vec<TestConfig>, CommandError> {
    let of_machine = deployment
        .tests
        .iter()
        .filter(|test| test.state_machine == *machine);
    let tests = tests_asked_for(of_machine.cloned().collect(), &options.types)?;
    match tests.is_empty() {
        true => Err(CommandError::NoTests),
        false => Ok(tests),
    }
}

fn refuse_others_than_maps(
    config: &StateMachineConfig,
    wanted: &[Wanted],
) -> Result<(), CommandError> {
    let template = &config.definition.template;
    let maps = || all_states(template).filter(|(_, state)| state["Type"] == "Map");
    match wanted
        .iter()
        .find(|wanted| !maps().any(|(name, _)| name == wanted.map))
    {
        Some(wanted) => Err(CommandError::UnknownMap {
            name: wanted.map.clone(),
            known: maps().map(|(name, _)| name.to_owned()).collect(),
        }),
        None => Ok(()),
    }
}

/// Tests with the executions that were recorded of each.
type Recorded = Vec<(TestConfig, Vec<Value>)>;

/// Runs the tests once in the embedded AWS.
async fn recorded(
    context: &Context,
    deployment: &Deployment,
    tests: &[TestConfig],
) -> Result<(Stack, Recorded)> {
    let session = Session::open(&context.connection, deployment.clone(), Time::Virtual).await?;
    let options = TestOptions {
        types: tests.iter().map(|test| test.name.clone()).collect(),
        fast: true,
        ..TestOptions::default()
    };
    let stack = session.stack.clone();
    let recorded = record_tests(context, session, &options).await?;
    let recorded = recorded.into_iter().map(|one| (one.test, one.executions));
    Ok((stack, recorded.collect()))
}

/// An account that does not matter, since nothing is called.
fn account(deployment: &Deployment) -> Account {
    Account {
        partition: "aws".to_owned(),
        id: "000000000000".to_owned(),
        region: deployment
            .region
            .clone()
            .unwrap_or_else(|| "us-east-1".to_owned()),
    }
}
