//! What `TestState` is asked.

use anyhow::Result;
use aws_sdk_sfn::types::{
    MockErrorOutput, MockInput, MockResponseValidationMode, TestStateConfiguration,
};
use serde::Deserialize;
use serde_json::Value;
use txflow_asl::definition::{Pattern, Resource, ResourceKind};
use txflow_asl::walk::{PlacedState, placed_states};

use super::TestStateOptions;
use crate::commands::context::{Context, Session};
use crate::commands::error::CommandError;
use crate::commands::release;
use crate::config::{MachineName, Placeholder};
use crate::resources::Pin;

pub(super) struct Request {
    pub definition: Value,
    /// Its name, without what is around it: no two states of a definition share one.
    pub state: String,
    pub role_arn: Option<String>,
    pub mock: Option<MockInput>,
    pub configuration: Option<TestStateConfiguration>,
}

impl Request {
    pub async fn new(
        context: &Context,
        session: &Session,
        options: &TestStateOptions,
        mock: Option<Value>,
    ) -> Result<Self> {
        let (machine, config) = options.machine.of(&session.deployment.state_machines)?;
        if config.definition.incomplete {
            return Err(CommandError::IncompleteDefinition.into());
        }
        let template = &config.definition.template;
        let states = placed_states(template);
        let state = named(&states, &options.state)?;
        if mock.is_none() {
            refuse_without_mock(&options.state, state.value)?;
        }
        let calls = state.value["Type"] == "Task" && mock.is_none();
        let live = release::live(session).await?;
        let pinned = match &live {
            Some(release) => release::pinned(session, release).await?,
            None if calls && options.role_arn.is_none() => {
                return Err(context.not_deployed_here(session).await.into());
            }
            None => Vec::new(),
        };
        let role_arn = options.role_arn.clone();
        let own_role = || session.stack.state_machine_role_arn(&machine);
        Ok(Self {
            definition: config
                .definition
                .resolve(|placeholder| value(session, &pinned, placeholder)),
            state: state.names.last().copied().unwrap_or_default().to_owned(),
            role_arn: role_arn.or_else(|| calls.then(own_role)),
            mock: mock.map(|mock| mocked(state.value, mock)).transpose()?,
            configuration: options.retries.map(|retries| {
                let retries = i32::from(retries);
                let configuration = TestStateConfiguration::builder();
                configuration.retrier_retry_count(retries).build()
            }),
        })
    }
}

/// The state of this name, or at this path.
fn named<'a, 'd>(
    states: &'a [PlacedState<'d>],
    meant: &str,
) -> Result<&'a PlacedState<'d>, CommandError> {
    let name = |state: &&PlacedState<'_>| state.names.last() == Some(&meant);
    let path = |state: &&PlacedState<'_>| state.names.join("/") == meant;
    let found = states.iter().find(name);
    found
        .or_else(|| states.iter().find(path))
        .ok_or_else(|| CommandError::UnknownState {
            name: meant.to_owned(),
            known: { states.iter() }
                .filter_map(|state| state.names.last())
                .map(|name| (*name).to_owned())
                .collect(),
        })
}

/// Refuses what AWS refuses to run in a test.
fn refuse_without_mock(name: &str, state: &Value) -> Result<(), CommandError> {
    let kind = state["Resource"].as_str().map(Resource::parse);
    let any = r#"--mock '{"result": {}}'"#;
    let (what, mock) = match (state["Type"].as_str(), kind.map(|resource| resource.kind)) {
        (Some("Map"), _) => ("a Map state", r#"--mock '{"result": []}'"#),
        (Some("Parallel"), _) => ("a Parallel state", r#"--mock '{"result": [{}, {}]}'"#),
        (_, Some(ResourceKind::Activity)) => ("the task of an activity", any),
        (_, Some(ResourceKind::Service { pattern, .. })) => match pattern {
            Pattern::RequestResponse => return Ok(()),
            Pattern::Sync => ("a task that waits for a job", any),
            Pattern::WaitForTaskToken => ("a task that waits for its token", any),
        },
        _ => return Ok(()),
    };
    Err(CommandError::NeedsMock {
        state: name.to_owned(),
        what,
        mock,
    })
}

/// What a placeholder of the definition stands for: the version that the live release pins, if it pins one.
fn value(session: &Session, pinned: &[Pin], placeholder: &Placeholder) -> String {
    let Session {
        deployment, stack, ..
    } = session;
    let Placeholder::Named(name) = placeholder else {
        return stack.account.pseudo_parameter(placeholder);
    };
    if deployment.functions.contains_key(name) {
        let version = release::pinned_function(pinned, name);
        return versioned(stack.function_arn(name), version);
    }
    let machine = MachineName::Named(name.clone());
    let version = pinned.iter().filter_map(|pin| pin.of(&machine)).max();
    versioned(
        stack.state_machine_arn(&machine),
        version.map(|version| version.to_string()),
    )
}

fn versioned(arn: String, version: Option<String>) -> String {
    match version {
        Some(version) => format!("{arn}:{version}"),
        None => arn,
    }
}

/// A mock as deploy.toml has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mock {
    result: Option<Value>,
    error: Option<String>,
    cause: Option<String>,
}

/// As in a test, the result of a Task that calls `lambda:invoke` is the response of the function, and what a mock leaves out
/// is fine.
fn mocked(state: &Value, mock: Value) -> Result<MockInput, CommandError> {
    let bad = |cause: String| CommandError::BadArgument {
        option: "--mock",
        cause,
    };
    let mock: Mock = serde_json::from_value(mock).map_err(|error| bad(error.to_string()))?;
    match mock {
        Mock {
            result: Some(result),
            error: None,
            cause: None,
        } => {
            let resource = state["Resource"].as_str().map(Resource::parse);
            let result = match resource {
                Some(resource) => resource.mocked_result(result),
                None => result,
            };
            let mocked = MockInput::builder().result(result.to_string());
            let mode = MockResponseValidationMode::Present;
            Ok(mocked.field_validation_mode(mode).build())
        }
        Mock {
            result: None,
            error: Some(error),
            cause,
        } => {
            let output = MockErrorOutput::builder().error(error).set_cause(cause);
            Ok(MockInput::builder().error_output(output.build()).build())
        }
        _ => Err(bad(
            "a mock has either `result`, or `error` and perhaps `cause`".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_state_inside_of_others_has_a_name_and_a_path() {
        let definition = json!({ "States": {
            "Each": { "Type": "Map", "ItemProcessor": { "States": { "Charge": { "Type": "Pass" } } } },
            "a/b": { "Type": "Succeed" },
        }});
        let states = placed_states(&definition);
        let found = |meant: &str| named(&states, meant).map(|state| state.pointer.clone());
        let charge = "/States/Each/ItemProcessor/States/Charge";
        assert_eq!(found("Charge").unwrap(), charge);
        assert_eq!(found("Each/Charge").unwrap(), charge);
        assert_eq!(found("a/b").unwrap(), "/States/a~1b");
        for unknown in ["b", "Other/Charge", "Each/"] {
            assert!(found(unknown).is_err(), "{unknown}");
        }
    }

    #[test]
    fn what_takes_its_time_needs_a_mock() {
        let refused = |state: Value| {
            refuse_without_mock("S", &state)
                .err()
                .map(|e| e.to_string())
        };
        let task = |resource: &str| json!({ "Type": "Task", "Resource": resource });
        for (state, what) in [
            (json!({ "Type": "Map" }), "a Map state"),
            (json!({ "Type": "Parallel" }), "a Parallel state"),
            (
                task("arn:aws:states:us-east-1:123456789012:activity:a"),
                "the task of an activity",
            ),
            (
                task("arn:aws:states:::glue:startJobRun.sync"),
                "a task that waits for a job",
            ),
            (
                task("arn:aws:states:::sqs:sendMessage.waitForTaskToken"),
                "a task that waits for its token",
            ),
        ] {
            let message = format!("`S` is {what}, which can only be tested with a mock");
            assert_eq!(refused(state), Some(message));
        }
        for state in [
            json!({ "Type": "Pass" }),
            task("${buy}"),
            task("arn:aws:states:::lambda:invoke"),
            task("arn:aws:lambda:us-east-1:123456789012:function:f"),
        ] {
            assert_eq!(refused(state.clone()), None, "{state}");
        }
    }

    #[test]
    fn a_mock_is_written_as_in_deploy_toml() {
        let state = |resource: &str| json!({ "Type": "Task", "Resource": resource });
        let invoke = state("arn:aws:states:::lambda:invoke");
        let mock = mocked(&invoke, json!({ "result": { "a": 1 } })).unwrap();
        let result: Value = serde_json::from_str(mock.result().unwrap()).unwrap();
        assert_eq!(result["Payload"], json!({ "a": 1 }));
        let get = state("arn:aws:states:::dynamodb:getItem");
        let mock = mocked(&get, json!({ "result": {} })).unwrap();
        assert_eq!(mock.result(), Some("{}"));
        assert_eq!(
            mock.field_validation_mode(),
            Some(&MockResponseValidationMode::Present)
        );
        let mock = mocked(&get, json!({ "error": "Busy" })).unwrap();
        assert_eq!(mock.error_output().unwrap().error(), Some("Busy"));
        for bad in [
            json!({}),
            json!({ "result": 1, "error": "Busy" }),
            json!({ "reslt": 1 }),
            json!([]),
        ] {
            assert!(mocked(&get, bad.clone()).is_err(), "{bad}");
        }
    }
}
