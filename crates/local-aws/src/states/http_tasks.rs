//! The tasks that call an HTTP endpoint: `http:invoke` and `apigateway:invoke`. Only servers on this computer are called.

mod endpoint;
mod exchange;
mod token;

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, Response, Uri};
use serde_json::{Map, Value, json};
use tokio::time::timeout;
use txflow_asl::definition::ResourceKind;
use txflow_asl::{Payload, TaskError, TaskRequest, TaskResult};

use self::endpoint::{Endpoint, loopback};
pub(super) use self::exchange::Exchange;
use self::token::token;
use super::caller::Caller;
use super::integrations::Integrations;
use crate::events::Credentials;
use crate::http::client;

/// As long as AWS waits for an answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// The most that AWS reads of an answer.
const LONGEST_ANSWER: usize = 256 * 1024;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Http,
    Gateway,
}

impl Form {
    fn of(request: &TaskRequest) -> Option<Form> {
        let ResourceKind::Service {
            resource_type,
            resource,
            ..
        } = &request.resource.kind
        else {
            return None;
        };
        match (resource_type.as_str(), resource.split('.').next()) {
            ("http", Some("invoke")) => Some(Form::Http),
            ("apigateway", Some("invoke")) => Some(Form::Gateway),
            _ => None,
        }
    }
}

impl Integrations {
    /// Runs a task that calls an endpoint. `None` if it is another task.
    pub(super) async fn call_endpoint(
        &self,
        caller: &Caller,
        request: &TaskRequest,
    ) -> Option<TaskResult> {
        let form = Form::of(request)?;
        let mut exchange = Exchange::default();
        Some(
            self.invoke_endpoint(caller, request, form, &mut exchange)
                .await,
        )
    }

    /// Runs an HTTP Task, and shows what is sent and what comes back. `None` if it is another task.
    pub(super) async fn exchange(
        &self,
        caller: &Caller,
        request: &TaskRequest,
        reveals_secrets: bool,
    ) -> Option<(TaskResult, Exchange)> {
        let form = Form::of(request).filter(|form| *form == Form::Http)?;
        let mut exchange = Exchange {
            reveals_secrets,
            ..Exchange::default()
        };
        let result = self.invoke_endpoint(caller, request, form, &mut exchange);
        Some((result.await, exchange))
    }

    async fn invoke_endpoint(
        &self,
        caller: &Caller,
        request: &TaskRequest,
        form: Form,
        exchange: &mut Exchange,
    ) -> TaskResult {
        self.authorize(caller, request)?;
        let parameters = request.parameters.value();
        let mut credentials = match form {
            Form::Http => self.credentials(parameters)?,
            Form::Gateway => Credentials::default(),
        };
        if let Some(oauth) = credentials.oauth.take() {
            let token = token(&oauth, request).await?;
            let header = ("Authorization".to_owned(), format!("Bearer {token}"));
            credentials.headers.push(header);
        }
        let endpoint = Endpoint {
            parameters,
            form,
            credentials: &credentials,
            region: &caller.region,
        };
        let uri = endpoint.uri()?;
        let address = loopback(&uri).ok_or_else(|| elsewhere(&uri, request))?;
        let sent = endpoint.request(&uri)?;
        exchange.sends(endpoint)?;
        let answer = answered(address, sent).await;
        let answer = answer.map_err(|cause| match form {
            Form::Http => failure("States.Http.Socket", cause),
            Form::Gateway => failure("ApiGateway.SocketException", cause),
        })?;
        exchange.gets(&answer);
        result(&answer, form)
    }

    fn credentials(&self, parameters: &Value) -> Result<Credentials, TaskError> {
        let holders = ["Authentication", "InvocationConfig"].into_iter();
        let mut arns = holders.filter_map(|holder| parameters[holder]["ConnectionArn"].as_str());
        let arn = arns.next().ok_or_else(|| {
            failure(
                "States.Runtime",
                "The task names no `ConnectionArn`".to_owned(),
            )
        })?;
        self.connections.credentials(arn).ok_or_else(|| {
            let cause = format!(
                "The connection `{arn}` does not exist in the local AWS. Create it with `aws events create-connection`."
            );
            failure("States.Runtime", cause)
        })
    }
}

/// The answer to a request, or why there is none.
async fn answered(
    address: SocketAddr,
    request: Request<Full<Bytes>>,
) -> Result<Response<Bytes>, String> {
    let answered = timeout(PATIENCE, async {
        let answer = client::send(address, request).await;
        let (head, body) = answer.map_err(|error| error.to_string())?.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await;
        let body = body.map_err(|error| error.to_string())?;
        Ok(Response::from_parts(head, body.to_bytes()))
    });
    let late = |_| Err(format!("No answer came within {} s", PATIENCE.as_secs()));
    answered.await.unwrap_or_else(late)
}

fn failure(error: &str, cause: String) -> TaskError {
    TaskError {
        error: error.to_owned(),
        cause,
    }
}

fn invalid(what: &str) -> TaskError {
    failure("States.Runtime", what.to_owned())
}

fn elsewhere(uri: &Uri, request: &TaskRequest) -> TaskError {
    let cause = format!(
        "The local AWS calls only `http://` addresses of this computer, such as `http://127.0.0.1:8080`, and `{uri}` is \
         not one. Give the state `{}` such an address, mock it, or run it in a real account.",
        request.state_name
    );
    failure("States.Runtime", cause)
}

fn result(answer: &Response<Bytes>, form: Form) -> TaskResult {
    let status = answer.status();
    let body = String::from_utf8_lossy(answer.body());
    let reason = status.canonical_reason().unwrap_or_default();
    if !status.is_success() {
        let cause = if body.is_empty() { reason } else { &body };
        let error = match form {
            Form::Http => format!("States.Http.StatusCode.{}", status.as_u16()),
            Form::Gateway => format!("ApiGateway.{}", status.as_u16()),
        };
        return Err(failure(&error, cause.to_owned()));
    }
    let mut headers = Map::new();
    for (name, value) in answer.headers() {
        let values = headers.entry(name.as_str()).or_insert_with(|| json!([]));
        if let Value::Array(values) = values {
            values.push(json!(String::from_utf8_lossy(value.as_bytes())));
        }
    }
    let parsed = serde_json::from_str(&body);
    Ok(Payload::from(json!({
        "Headers": headers,
        "ResponseBody": parsed.unwrap_or_else(|_| json!(body)),
        "StatusCode": status.as_u16(),
        "StatusText": reason,
    })))
}
