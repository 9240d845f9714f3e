//! The status of a stack, as data.

mod text;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::drift::Drift;
use crate::canary::Canary;
use crate::commands::executions::Row;
use crate::config::MachineName;
use crate::report::Console;
use crate::resources::{AliasState, Observed, Overview, Usage};
use crate::stack::Stack;

#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct Report {
    stack: String,
    stage: String,
    account: String,
    region: String,
    state_machine_arn: String,
    alias_arn: String,
    /// Where the AWS console shows the state machine.
    console_url: Option<String>,
    /// The canary that splits it.
    #[serde(skip_serializing_if = "Option::is_none")]
    canary: Option<RunningCanary>,
    #[serde(flatten)]
    overview: Overview,
    drift: Drift,
    /// The newest first.
    executions: Vec<Row>,
    #[serde(skip)]
    now: Timestamp,
    #[serde(skip)]
    columns: Option<usize>,
}

/// A release that gets a share of the executions.
#[derive(Debug, Serialize, JsonSchema)]
struct RunningCanary {
    release: u64,
    replaces: u64,
    /// From 1.
    step: usize,
    #[serde(flatten)]
    canary: Canary,
    /// What may be done with it.
    #[serde(skip)]
    commands: CanaryCommands,
}

/// Each acts on this stack.
#[derive(Debug)]
struct CanaryCommands {
    status: String,
    watch: String,
    promote: String,
    abort: String,
}

impl RunningCanary {
    fn new(alias: &AliasState, same_stack: &dyn Fn(&str) -> String) -> Option<Self> {
        let label = alias.canary()?;
        let canary = label.canary?;
        Some(Self {
            release: label.release,
            replaces: label.after?,
            step: canary.step + 1,
            canary,
            commands: CanaryCommands {
                status: same_stack("txflow canary status"),
                watch: same_stack("txflow canary watch"),
                promote: same_stack("txflow canary promote"),
                abort: same_stack("txflow canary abort"),
            },
        })
    }
}

impl Report {
    /// `same_stack` makes a command act on this stack.
    pub fn new(
        same_stack: &dyn Fn(&str) -> String,
        stack: &Stack,
        observed: &Observed,
        usage: &Usage,
        drift: Drift,
        executions: Vec<Row>,
        now: Timestamp,
    ) -> Self {
        let state_machine = observed.main();
        let alias = state_machine.and_then(|state_machine| state_machine.alias.as_ref());
        Self {
            stack: stack.name.clone(),
            stage: stack.stage.clone(),
            account: stack.account.id.clone(),
            region: stack.account.region.clone(),
            state_machine_arn: stack.state_machine_arn(&MachineName::Main),
            alias_arn: stack.alias_arn(),
            console_url: None,
            canary: alias.and_then(|alias| RunningCanary::new(alias, same_stack)),
            overview: Overview::new(stack, observed, usage),
            drift,
            executions,
            now,
            columns: None,
        }
    }

    pub fn shown_in(
        self,
        console: Option<&Console>,
        stack: &Stack,
        columns: Option<usize>,
    ) -> Self {
        Self {
            columns,
            console_url: console.map(|console| console.state_machine(stack)),
            ..self
        }
    }
}
