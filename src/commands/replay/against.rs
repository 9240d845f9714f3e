//! The definition of the project, in the account and stage in which an execution ran.

use std::collections::BTreeMap;

use serde_json::Value;
use txflow_asl::Arn;
use txflow_asl::replay::{Recording, Replay};

use super::report::{Row, Verdict};
use crate::commands::error::CommandError;
use crate::config::{Deployment, MachineName, Placeholder, StateMachineConfig};
use crate::stack::{Account, Stack};

pub(super) struct Against<'a> {
    deployment: &'a Deployment,
    machine: &'a MachineName,
    config: &'a StateMachineConfig,
    /// The definition by the state machine that an execution ran on, whose ARN says which functions are meant.
    replays: BTreeMap<String, Replay>,
}

impl<'a> Against<'a> {
    pub fn new(
        deployment: &'a Deployment,
        machine: &'a MachineName,
        config: &'a StateMachineConfig,
    ) -> Self {
        Self {
            deployment,
            machine,
            config,
            replays: BTreeMap::new(),
        }
    }

    pub fn run(&mut self, document: Value) -> Result<Row, CommandError> {
        let text = |name: &str| document[name].as_str().map(str::to_owned);
        let execution_arn = text("executionArn");
        let named = text("name")
            .or_else(|| Some(Arn::execution_name(execution_arn.as_deref()?).to_owned()));
        let version = text("stateMachineVersionArn");
        let mut row = Row {
            name: named.unwrap_or_default(),
            execution_arn,
            release: version.as_deref().and_then(Arn::version_in),
            running: false,
            verdict: Verdict::Same,
            state: None,
            why: None,
            changes: Vec::new(),
            by_chance: 0,
            renamed: BTreeMap::new(),
        };
        let state_machine_arn = text("stateMachineArn").unwrap_or_default();
        let recording = match Recording::read(document) {
            Ok(recording) => recording,
            Err(obstacle) => {
                row.verdict = Verdict::NotReplayable;
                row.why = Some(obstacle.to_string());
                return Ok(row);
            }
        };
        row.running = recording.outcome.is_none();
        row.take(self.replay(state_machine_arn)?.run(&recording));
        Ok(row)
    }

    fn replay(&mut self, state_machine_arn: String) -> Result<&Replay, CommandError> {
        if !self.replays.contains_key(&state_machine_arn) {
            let stack = self.stack(&state_machine_arn);
            let definition = { &self.config.definition }
                .resolve(|placeholder| unversioned(self.deployment, &stack, placeholder));
            let replay = Replay::new(&definition).map_err(|error| CommandError::NotRunnable {
                cause: error.to_string(),
            })?;
            self.replays.insert(state_machine_arn.clone(), replay);
        }
        self.replays
            .get(&state_machine_arn)
            .ok_or(CommandError::NotRunnable {
                cause: state_machine_arn,
            })
    }

    /// The stack that an execution belonged to: a corpus of production is replayed from any stage.
    fn stack(&self, state_machine_arn: &str) -> Stack {
        let arn = Arn::parse(state_machine_arn);
        let part = |text: Option<&str>, default: &str| {
            text.filter(|text| !text.is_empty())
                .unwrap_or(default)
                .to_owned()
        };
        let account = Account {
            partition: part(arn.map(|arn| arn.partition), "aws"),
            id: part(arn.map(|arn| arn.account), "000000000000"),
            region: part(arn.map(|arn| arn.region), "us-east-1"),
        };
        let mut stack = Stack::of(&self.deployment.stack_config(), account);
        let own = stack.state_machine_name(self.machine);
        let named = arn.map(|arn| arn.without_qualifier().name());
        if let (Some(named), Some((before, after))) = (named, own.split_once(&stack.stage))
            && let Some(stage) =
                { named.strip_prefix(before) }.and_then(|rest| rest.strip_suffix(after))
        {
            stage.clone_into(&mut stack.stage);
        }
        stack
    }
}

/// What a placeholder stands for. Which version of a function is called says nothing about the way.
pub(in crate::commands) fn unversioned(
    deployment: &Deployment,
    stack: &Stack,
    placeholder: &Placeholder,
) -> String {
    let Placeholder::Named(name) = placeholder else {
        return stack.account.pseudo_parameter(placeholder);
    };
    match deployment.functions.contains_key(name) {
        true => stack.function_arn(name),
        false => stack.state_machine_arn(&MachineName::Named(name.clone())),
    }
}
