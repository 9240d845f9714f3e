//! `txflow test-state`.

mod request;
mod tested;

pub(super) use tested::Tested;

use anyhow::Result;
use aws_sdk_sfn::operation::test_state::TestStateError;
use aws_sdk_sfn::types::InspectionLevel;
use clap::{Args, ValueEnum};
use txflow_local_aws::Time;

use self::request::Request;
use super::completions::Names;
use super::context::{Context, Session};
use super::json_argument::json_argument;
use super::state_machine::StateMachineOption;
use super::upstreams::UpstreamOption;
use crate::aws::{AtMostOnce, failed, limits};
use crate::exit::Exit;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow test-state 'Transaction Type' --input '{\"type\": \"REFUND\"}'
  txflow test-state 'Purchase Handler' --local --input @purchase.json
  txflow test-state Each/Charge --mock '{\"result\": {\"paid\": true}}'
  txflow test-state Charge --mock '{\"error\": \"Busy\"}' --retries 1

The state is that of the definition in the project, as it is now; functions are those of the live release. With a \
mock nothing needs to be deployed. Exits with 1 if the state fails and no Catch leads on.")]
pub struct TestStateOptions {
    /// The state; one inside others also by its path, such as `Each/Charge`
    #[arg(value_name = "STATE", add = Names::States)]
    pub state: String,
    /// The state's input: JSON, `@` and the path of a file, or `-` for standard input
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub input: String,
    /// The variables that are set before it: a JSON object, `@` and a path, or `-`
    #[arg(long, value_name = "JSON")]
    pub variables: Option<String>,
    /// Its response, as in the mocks of tests, instead of calling anything: `{"result": …}`, or `{"error": …}` with a
    /// `cause`; also `@` and a path, or `-`
    #[arg(long, value_name = "JSON")]
    pub mock: Option<String>,
    /// How often the state was retried before
    #[arg(long, value_name = "N")]
    pub retries: Option<u16>,
    /// How much of the data flow to show: nothing, each step, or also the request of an HTTP task
    #[arg(long, value_name = "LEVEL", default_value = "debug")]
    pub inspection_level: Level,
    /// The role to use [default: that of the state machine]
    #[arg(long, value_name = "ARN")]
    pub role_arn: Option<String>,
    #[command(flatten)]
    pub machine: StateMachineOption,
    #[command(flatten)]
    pub upstreams: UpstreamOption,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Level {
    Info,
    Debug,
    Trace,
}

impl From<Level> for InspectionLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::Info => Self::Info,
            Level::Debug => Self::Debug,
            Level::Trace => Self::Trace,
        }
    }
}

/// Runs one state of the definition once, and shows what became of its data.
pub async fn test_state(context: &Context, options: &TestStateOptions) -> Result<Exit> {
    context.connection.send_on(&options.upstreams);
    let argument = |option, text: &Option<String>| {
        let text = text.as_deref();
        text.map(|text| json_argument(&context.world, option, text))
            .transpose()
    };
    let input = json_argument(&context.world, "--input", &options.input)?;
    let variables = argument("--variables", &options.variables)?;
    let mock = argument("--mock", &options.mock)?;
    let deployment = context.project.load_names()?;
    let session = Session::open(&context.connection, deployment, Time::Real).await?;
    let request = Request::new(context, &session, options, mock).await?;
    let once = aws_sdk_sfn::Config::builder()
        .timeout_config(limits::of_executions())
        .retry_classifier(AtMostOnce::<TestStateError>::default());
    let answer = session
        .aws
        .sfn
        .test_state()
        .definition(request.definition.to_string())
        .state_name(&request.state)
        .set_role_arn(request.role_arn)
        .input(input.to_string())
        .set_variables(variables.map(|variables| variables.to_string()))
        .set_mock(request.mock)
        .set_state_configuration(request.configuration)
        .inspection_level(options.inspection_level.into())
        .customize()
        .config_override(once)
        .send()
        .await
        .map_err(failed("TestState"))?;
    let tested = Tested::new(request.state, &answer);
    context.printer.answer(&tested)?;
    Ok(tested.exit())
}
