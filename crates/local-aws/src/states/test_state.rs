//! TestState: runs a single state once. Functions are invoked unless they are mocked.

use txflow_asl::test_state::{InspectionLevel, TestState, TestStateRequest};
use txflow_asl::{StartOptions, TaskRequest, TaskResult, Timestamp};

use super::States;
use super::caller::Caller;
use super::create::check_size;
use super::executions::input;
use super::http_tasks::Exchange;
use super::map_data::parse_items;
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;

/// The name of executions of a single state.
const NAME: &str = "TestState";

impl States {
    pub(super) async fn test_state(&self, call: &Call) -> Result<Answer, Fault> {
        let mut request: TestStateRequest = call.json()?;
        check(&request)?;
        let traces = request.inspection_level() == InspectionLevel::Trace;
        let reveals_secrets = request.reveal_secrets == Some(true);
        let role = request.role_arn.clone().unwrap_or_default();
        let mut options = options(call, role.clone());
        options.input = input::read(request.input.take())?;
        let region = options.region.clone();
        let now = Timestamp::from_millis(i64::try_from(self.conditions.now()).unwrap_or(i64::MAX));
        let begun = self
            .evaluate(move || TestState::begin(request, options, now, parse_items))
            .await?
            .map_err(|refused| Fault::bad(refused.code.as_str(), refused.message))?;
        let answer = match begun {
            TestState::Done(answer) => answer,
            TestState::Task(task, pending) => {
                let source = self.testing_source(&role, call)?;
                let caller = Caller {
                    assumed_for: source.clone(),
                    source,
                    role,
                    execution: NAME.to_owned(),
                    region,
                    time: None,
                };
                let shows = traces.then_some(reveals_secrets);
                let (result, exchange) = self.perform(&caller, &task, shows).await;
                let mut answer = self.evaluate(move || pending.finish(result)).await?;
                let exchange = [
                    ("request", exchange.request),
                    ("response", exchange.response),
                ];
                for (name, shown) in exchange {
                    let shown = shown.map(|shown| (name.to_owned(), shown));
                    answer.inspection_data.extend(shown);
                }
                answer
            }
        };
        Ok(Answer::json(answer.to_json()))
    }

    /// Does the work of a Task. `shows` asks what an HTTP Task sends and gets, and says whether secrets are shown.
    async fn perform(
        &self,
        caller: &Caller,
        task: &TaskRequest,
        shows: Option<bool>,
    ) -> (TaskResult, Exchange) {
        let integrations = &self.integrations;
        if let Some(reveals_secrets) = shows {
            let exchanged = integrations.exchange(caller, task, reveals_secrets);
            if let Some(exchanged) = exchanged.await {
                return exchanged;
            }
        }
        let result = integrations.run(caller, task, None).await;
        (result, Exchange::default())
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

/// The constraints of the API's model.
fn check(request: &TestStateRequest) -> Result<(), Fault> {
    check_size(&request.definition)?;
    let data = [
        ("variables", &request.variables),
        ("context", &request.context),
        (
            "stateConfiguration.mapItemReaderData",
            &request.state_configuration.map_item_reader_data,
        ),
        (
            "mock.result",
            request.mock.as_ref().map_or(&None, |mock| &mock.result),
        ),
    ];
    for (member, text) in data {
        input::check_size(member, text.as_deref().unwrap_or_default())?;
    }
    let mut constraints = Constraints::default();
    let mut length = |member: &str, text: Option<&String>, least, most| {
        if let Some(text) = text {
            constraints.length(member, text, least, most);
        }
    };
    let configuration = &request.state_configuration;
    length("roleArn", request.role_arn.as_ref(), 1, 256);
    length("stateName", request.state_name.as_ref(), 1, 80);
    let cause = configuration.error_caused_by_state.as_ref();
    length("stateConfiguration.errorCausedByState", cause, 1, 80);
    let error = request.mock.as_ref();
    if let Some(error) = error.and_then(|mock| mock.error_output.as_ref()) {
        length("mock.errorOutput.error", error.error.as_ref(), 0, 256);
        length("mock.errorOutput.cause", error.cause.as_ref(), 0, 32_768);
    }
    for (member, count) in [
        ("retrierRetryCount", configuration.retrier_retry_count),
        (
            "mapIterationFailureCount",
            configuration.map_iteration_failure_count,
        ),
    ] {
        let member = format!("stateConfiguration.{member}");
        constraints.range(&member, count, 0, i64::from(i32::MAX));
    }
    if let Some(level) = &request.inspection_level {
        constraints.one_of("inspectionLevel", level, &["INFO", "DEBUG", "TRACE"]);
    }
    let mode = request.mock.as_ref();
    if let Some(mode) = mode.and_then(|mock| mock.field_validation_mode.as_ref()) {
        let modes = ["STRICT", "PRESENT", "NONE"];
        constraints.one_of("mock.fieldValidationMode", mode, &modes);
    }
    constraints.check("ValidationException")?;
    match &request.role_arn {
        Some(role) if !role.starts_with("arn:") => {
            Err(super::arn::invalid(&format!("Invalid ARN prefix: {role}")))
        }
        _ => Ok(()),
    }
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
