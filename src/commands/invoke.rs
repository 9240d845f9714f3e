//! `txflow invoke`.

use anyhow::Result;
use aws_sdk_lambda::operation::RequestId as _;
use aws_sdk_lambda::operation::invoke::{InvokeError, InvokeOutput};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::LogType;
use aws_smithy_types::base64;
use clap::Args;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::completions::Names;
use super::context::{Context, Session};
use super::error::CommandError;
use super::json_argument::json_argument;
use super::release;
use super::upstreams::UpstreamOption;
use crate::aws::{AtMostOnce, failed, limits};
use crate::executions::json;
use crate::exit::Exit;
use crate::logs::{self, LogGroup, Window};
use crate::report::{Answer, Event};
use crate::world::{one_line, unbroken};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow invoke purchase-handler --payload '{\"amount\": \"19.99\"}'
  txflow invoke purchase-handler --local --payload @purchase.json
  txflow invoke refund-handler --qualifier '$LATEST' --json

The response is printed on stdout, and what the handler logged on stderr: on AWS its last 4 KB.")]
pub struct InvokeOptions {
    /// The function, by its name under `[functions]`
    #[arg(value_name = "FUNCTION", add = Names::Functions)]
    pub function: String,
    /// The payload: JSON, `@` and the path of a file, or `-` for standard input
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub payload: String,
    /// A version, or an alias of the function [default: the version that the live release pins]
    #[arg(long, value_name = "QUALIFIER")]
    pub qualifier: Option<String>,
    #[command(flatten)]
    pub upstreams: UpstreamOption,
}

/// Calls a handler, and prints what it returned.
pub async fn invoke(context: &Context, options: &InvokeOptions) -> Result<Exit> {
    context.connection.send_on(&options.upstreams);
    let payload = json_argument(&context.world, "--payload", &options.payload)?;
    let deployment = context.project.load_names()?;
    if !deployment.functions.contains_key(&options.function) {
        return Err(CommandError::UnknownFunction {
            name: options.function.clone(),
            known: deployment.functions.keys().cloned().collect(),
        }
        .into());
    }
    let session = Session::open(
        &context.connection,
        deployment,
        txflow_local_aws::Time::Real,
    )
    .await?;
    let qualifier = match &options.qualifier {
        Some(qualifier) => Some(qualifier.clone()),
        None => pinned(context, &session, &options.function).await?,
    };
    let began = (context.world.now)();
    let once = aws_sdk_lambda::Config::builder()
        .timeout_config(limits::of_invocations())
        .retry_classifier(AtMostOnce::<InvokeError>::default());
    let answer = session
        .aws
        .lambda
        .invoke()
        .function_name(session.stack.function_arn(&options.function))
        .set_qualifier(qualifier)
        .payload(Blob::new(payload.to_string()))
        .log_type(LogType::Tail)
        .customize()
        .config_override(once)
        .send()
        .await
        .map_err(failed("Invoke"))?;
    for line in log_lines(context, &session, &options.function, &answer, began).await {
        context.printer.report(&Event::Logged {
            function: options.function.clone(),
            line,
        });
    }
    let invoked = Invoked::of(&options.function, &answer);
    context.printer.answer(&invoked)?;
    match invoked.failure() {
        None => Ok(Exit::Done),
        Some(failure) => Err(failure.into()),
    }
}

/// The version that the live release pins. One that no state calls is in no release, and its newest code counts.
async fn pinned(context: &Context, session: &Session, function: &str) -> Result<Option<String>> {
    let release = release::live_version(context, session).await?;
    let pinned = release::pinned(session, &release).await?;
    let version = release::pinned_function(&pinned, function);
    if version.is_none() {
        context.printer.note(&format!(
            "no state of the release calls `{function}`, so its newest code is called"
        ));
    }
    Ok(version)
}

/// What the handler logged: the tail that Lambda gives. The embedded AWS has all of it at once.
async fn log_lines(
    context: &Context,
    session: &Session,
    function: &str,
    answer: &InvokeOutput,
    began: Timestamp,
) -> Vec<String> {
    if context.global.local
        && let Some(request_id) = answer.request_id()
    {
        let group = LogGroup {
            function: function.to_owned(),
            name: session.stack.function_log_group(function),
        };
        let read = logs::of_request(&session.aws, group, Window::since(began), request_id).await;
        // Whoever limits the embedded AWS need not allow it.
        if let Ok(lines) = read
            && !lines.is_empty()
        {
            return lines.into_iter().map(|line| line.message).collect();
        }
    }
    let tail = answer
        .log_result()
        .and_then(|tail| base64::decode(tail).ok());
    let tail = String::from_utf8_lossy(&tail.unwrap_or_default()).into_owned();
    tail.lines().map(str::to_owned).collect()
}

/// What a function responded with.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Invoked {
    function: String,
    version: Option<String>,
    /// `Unhandled` or `Handled`, if it failed.
    function_error: Option<String>,
    response: Value,
}

impl Invoked {
    fn of(function: &str, answer: &InvokeOutput) -> Self {
        let payload = answer.payload().map(Blob::as_ref).unwrap_or_default();
        Self {
            function: function.to_owned(),
            version: answer.executed_version().map(str::to_owned),
            function_error: answer.function_error().map(str::to_owned),
            response: json(&String::from_utf8_lossy(payload)),
        }
    }

    fn failure(&self) -> Option<CommandError> {
        let kind = self.function_error.as_ref()?;
        let text = |member: &str| self.response[member].as_str().map(str::to_owned);
        Some(CommandError::HandlerFailed {
            function: self.function.clone(),
            error: text("errorType").unwrap_or_else(|| kind.clone()),
            message: text("errorMessage").unwrap_or_default(),
        })
    }
}

impl Answer for Invoked {
    fn text(&self) -> String {
        unbroken(&one_line(&self.response.to_string()))
    }
}
