//! TestState: runs a single state once. Functions are invoked unless they are mocked.

use serde::Deserialize;
use serde_json::Value;
use txflow_asl::source::Source;
use txflow_asl::test_state::{
    FieldValidationMode, InspectionLevel, Mock, TestState, TestStateRequest,
};
use txflow_asl::{Payload, StartOptions, Timestamp};

use super::States;
use super::caller::Caller;
use super::create::check_size;
use super::definition::invalid;
use super::executions::input;
use super::machine::validation;
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;

/// The name of executions of a single state.
const NAME: &str = "TestState";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    #[serde(default)]
    definition: String,
    role_arn: Option<String>,
    input: Option<String>,
    inspection_level: Option<String>,
    variables: Option<String>,
    state_name: Option<String>,
    mock: Option<MockInput>,
    context: Option<String>,
    #[serde(default)]
    state_configuration: Configuration,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MockInput {
    result: Option<String>,
    error_output: Option<ErrorOutput>,
    field_validation_mode: Option<String>,
}

#[derive(Deserialize)]
struct ErrorOutput {
    error: Option<String>,
    cause: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Configuration {
    retrier_retry_count: Option<u64>,
    map_iteration_failure_count: Option<usize>,
    map_item_reader_data: Option<String>,
}

impl States {
    pub(super) async fn test_state(&self, call: &Call) -> Result<Answer, Fault> {
        let request = read(call.json()?)?;
        let role = request.role_arn.clone();
        let options = options(call, role.clone().unwrap_or_default());
        let region = options.region.clone();
        let now = Timestamp::from_millis(i64::try_from(self.conditions.now()).unwrap_or(i64::MAX));
        let begun = self
            .evaluate(move || TestState::begin(request, options, now))
            .await?
            .map_err(|refused| Fault::bad(refused.code.as_str(), refused.message))?;
        let answer = match begun {
            TestState::Done(answer) => answer,
            TestState::Task(task, pending) => {
                let role = role.unwrap_or_default();
                let caller = Caller {
                    source: self.testing_source(&role, call)?,
                    role,
                    execution: NAME.to_owned(),
                    region,
                };
                let result = self.integrations.perform(&caller, &task, None).await;
                self.evaluate(move || pending.finish(result)).await?
            }
        };
        Ok(Answer::json(answer.to_json()))
    }

    /// What a role is assumed for. A state that is tested belongs to no state machine, and a trust policy names some; so a
    /// role that Step Functions may assume for a state machine that has it will do as well.
    fn testing_source(&self, role: &str, call: &Call) -> Result<String, Fault> {
        let own = super::arn::machine(&call.scope, NAME);
        let machines = self.machines.list("").into_iter();
        let having = machines.filter(|(_, machine)| machine.current.role == role);
        let mut sources = having.map(|(_, machine)| machine.arn.clone());
        let assumable = |source: &String| self.check_role(role, source, call).is_ok();
        match sources.find(assumable) {
            Some(source) => Ok(source),
            None => self.check_role(role, &own, call).map(|()| own),
        }
    }

    /// Runs on a blocking thread: an expression may take seconds, during which the server must serve other calls.
    async fn evaluate<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        if self.conditions.clock.is_virtual() {
            return Ok(work());
        }
        let evaluated = tokio::task::spawn_blocking(work).await;
        evaluated.map_err(Fault::storage)
    }
}

fn read(given: Input) -> Result<TestStateRequest, Fault> {
    check_size(&given.definition)?;
    let level = given.inspection_level.as_deref().unwrap_or("INFO");
    Constraints::default()
        .one_of("inspectionLevel", level, &["INFO", "DEBUG", "TRACE"])
        .check("ValidationException")?;
    let source = Source::from_json(given.definition)
        .map_err(|error| invalid(&format!("INVALID_JSON_DESCRIPTION: {}", error.message)))?;
    let mut request = TestStateRequest::new(source.value().clone());
    request.input = input::read(given.input)?;
    request.state_name = given.state_name;
    request.role_arn = given.role_arn;
    request.context = json("context", given.context)?;
    request.variables = match json("variables", given.variables)? {
        None => serde_json::Map::new(),
        Some(Value::Object(variables)) => variables,
        Some(_) => return Err(validation("The variables must be a JSON object")),
    };
    request.inspection_level = match level {
        "DEBUG" => InspectionLevel::Debug,
        "TRACE" => InspectionLevel::Trace,
        _ => InspectionLevel::Info,
    };
    request.mock = given.mock.map(mock).transpose()?;
    let configuration = given.state_configuration;
    request.configuration.retrier_retry_count =
        configuration.retrier_retry_count.unwrap_or_default();
    request.configuration.map_iteration_failure_count = configuration.map_iteration_failure_count;
    request.configuration.map_item_reader_data =
        json("mapItemReaderData", configuration.map_item_reader_data)?;
    Ok(request)
}

fn mock(given: MockInput) -> Result<Mock, Fault> {
    match (given.result, given.error_output) {
        (Some(result), None) => Ok(Mock::Result {
            result: Payload::from_text(result).map_err(|error| {
                validation(format!("The mock's result is not valid JSON: {error}"))
            })?,
            field_validation: match given.field_validation_mode.as_deref() {
                Some("NONE") => FieldValidationMode::None,
                Some("PRESENT") => FieldValidationMode::Present,
                _ => FieldValidationMode::Strict,
            },
        }),
        (None, Some(output)) => Ok(Mock::Error {
            error: output.error,
            cause: output.cause,
        }),
        _ => Err(validation(
            "A test mock should have only one of the following fields: [result, errorOutput].",
        )),
    }
}

fn json(member: &str, text: Option<String>) -> Result<Option<Value>, Fault> {
    let value = text.as_deref().map(serde_json::from_str).transpose();
    value.map_err(|error| {
        validation(format!(
            "The value of '{member}' is not valid JSON: {error}"
        ))
    })
}

fn options(call: &Call, role_arn: String) -> StartOptions {
    let state_machine_arn = super::arn::machine(&call.scope, NAME);
    StartOptions {
        execution_arn: super::arn::execution(&state_machine_arn, "express", NAME),
        name: NAME.to_owned(),
        role_arn,
        state_machine_name: NAME.to_owned(),
        region: call.scope.region.clone(),
        state_machine_arn,
        ..StartOptions::default()
    }
}
