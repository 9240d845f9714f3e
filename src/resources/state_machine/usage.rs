//! Reads what is in use: what the releases pin, and what is running.

use std::collections::BTreeMap;

use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::Value;
use txflow_asl::{Arn, FunctionReference};

use super::StateMachineState;
use super::observe::{Release, releases};
use crate::aws::{Aws, AwsError, Class, failed};
use crate::stack::Stack;

/// What is in use and must not be pruned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// By release: the functions and versions that its definition names, as handler and version.
    pub pins: BTreeMap<u64, Vec<(String, String)>>,
    pub running: Vec<RunningExecution>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningExecution {
    pub arn: String,
    /// `None` if it was started on the bare state machine.
    pub release: Option<u64>,
}

/// What the releases of the state machine pin and which executions are running, read concurrently. Needed if
/// something may be removed.
///
/// # Errors
///
/// The first read that fails.
pub async fn usage(
    aws: &Aws,
    stack: &Stack,
    state_machine: &StateMachineState,
) -> Result<Usage, AwsError> {
    let (releases, running) =
        tokio::try_join!(releases(aws, stack, state_machine), running(aws, stack),)?;
    let pins = releases.iter();
    Ok(Usage {
        pins: pins
            .map(|(version, release)| (*version, release.pins(stack)))
            .collect(),
        running,
    })
}

impl Release {
    /// The functions and versions that its definition names, as handler and version.
    pub fn pins(&self, stack: &Stack) -> Vec<(String, String)> {
        let mut pins = Vec::new();
        collect(&self.definition, &stack.function_arn(""), &mut pins);
        pins
    }
}

/// Finds `<functions><handler>:<version>` in every string.
fn collect(value: &Value, functions: &str, pins: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => {
            for (start, _) in text.match_indices(functions) {
                let rest = &text[start + functions.len()..];
                let end = rest
                    .find(|c: char| !(c.is_ascii_alphanumeric() || "-_:".contains(c)))
                    .unwrap_or(rest.len());
                if let Some(function) = FunctionReference::parse(&rest[..end])
                    && let Some(version) = function.qualifier
                {
                    pins.push((function.name.to_owned(), version.to_owned()));
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, functions, pins)),
        Value::Object(fields) => fields
            .values()
            .for_each(|item| collect(item, functions, pins)),
        _ => {}
    }
}

/// The running executions. Those of EXPRESS state machines are not listed, and last five minutes at most.
///
/// # Errors
///
/// AWS refuses the read.
pub async fn running(aws: &Aws, stack: &Stack) -> Result<Vec<RunningExecution>, AwsError> {
    let mut running = Vec::new();
    let mut pages = aws
        .sfn
        .list_executions()
        .state_machine_arn(stack.state_machine_arn())
        .status_filter(ExecutionStatus::Running)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = match page.map_err(failed("ListExecutions")) {
            Ok(page) => page,
            Err(error) if matches!(error.class, Class::NotFound | Class::NotSupported) => break,
            Err(error) => return Err(error),
        };
        for execution in page.executions() {
            let version = execution.state_machine_version_arn();
            running.push(RunningExecution {
                arn: execution.execution_arn().to_owned(),
                release: version.and_then(Arn::version_in),
            });
        }
    }
    Ok(running)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_definition_tells_the_versions_that_it_pins() {
        let definition = json!({"States": {"A": {"Arguments": {
            "FunctionName": "arn:aws:lambda:eu-west-1:1:function:shop-dev-buy:7",
            "Other": ["{% 'arn:aws:lambda:eu-west-1:1:function:shop-dev-sell:12' %}"],
            "Bare": "arn:aws:lambda:eu-west-1:1:function:shop-dev-buy",
        }}}});
        let mut pins = Vec::new();
        let functions = "arn:aws:lambda:eu-west-1:1:function:shop-dev-";
        collect(&definition, functions, &mut pins);
        let pin = |handler: &str, version: &str| (handler.to_owned(), version.to_owned());
        assert_eq!(pins, [pin("buy", "7"), pin("sell", "12")]);
    }
}
