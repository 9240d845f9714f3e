//! An AWS in memory, and the line to it that a test cuts.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_sdk_lambda::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::Instant;
use txflow_local_aws::{Behavior, Clock, HandlerCall, Handlers, InMemoryAws, Random, Weather};

/// The account of everything in a simulation.
pub struct Cloud {
    pub aws: Arc<InMemoryAws>,
    /// `12.345 lambda:CreateFunction 201`: when, what and how it ended.
    pub calls: Arc<Mutex<Vec<String>>>,
}

impl Cloud {
    pub fn new(seed: u64, weather: Weather) -> Self {
        let handlers = |call: &HandlerCall<'_>| Ok(json!({ "version": call.version }));
        Self::answering(seed, weather, Arc::new(handlers))
    }

    /// With functions of its own.
    pub fn answering(seed: u64, weather: Weather, handlers: Handlers) -> Self {
        let calls: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&calls);
        let began = Instant::now();
        let behavior = Behavior {
            weather,
            clock: Clock::following_tokio(start()),
            random: Random::seeded(seed),
            call_log: Some(Arc::new(move |call| {
                let error = call.error.unwrap_or_default();
                let line = format!(
                    "{:.3} {}:{} {} {error}",
                    began.elapsed().as_secs_f64(),
                    call.service,
                    call.operation,
                    call.status
                );
                log.lock().unwrap().push(line);
            })),
            ..Behavior::default()
        };
        Self {
            aws: Arc::new(InMemoryAws::start(behavior, handlers).unwrap()),
            calls,
        }
    }

    /// A line to this AWS.
    pub fn line(&self) -> Line {
        Line(Arc::new(self.wire()))
    }

    /// A line that rings at a call.
    pub fn line_with_alarm(&self, call: usize) -> Line {
        let alarm = Some(call);
        Line(Arc::new(Wire {
            alarm,
            ..self.wire()
        }))
    }

    /// A line on which the first request of an operation waits for another call.
    pub fn line_that_waits(&self, wait: Wait) -> Line {
        Line(Arc::new(Wire {
            wait: Mutex::new(Some(wait)),
            ..self.wire()
        }))
    }

    /// How many network interfaces Lambda has there.
    pub async fn network_interfaces(&self) -> usize {
        const CREDENTIAL: &str = "AWS4-HMAC-SHA256 Credential=simulated/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0";
        let request = hyper::Request::post(InMemoryAws::endpoint_url())
            .header("authorization", CREDENTIAL)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from_static(
                b"Action=DescribeNetworkInterfaces&Version=2016-11-15",
            ));
        let answer = self.aws.call(request.unwrap()).await.ok().unwrap();
        let text = String::from_utf8_lossy(answer.body());
        text.matches("<networkInterfaceId>").count()
    }

    fn wire(&self) -> Wire {
        Wire {
            aws: Arc::clone(&self.aws),
            calls: AtomicUsize::new(0),
            alarm: None,
            rung: Notify::new(),
            calls_made: Arc::clone(&self.calls),
            wait: Mutex::default(),
        }
    }

    /// Returns when a call has ended so from now on, such as `iam:PutRolePolicy 200`.
    pub async fn until_called(&self, call: &str) {
        until_called(&self.calls, call).await;
    }
}

async fn until_called(calls: &Mutex<Vec<String>>, call: &str) {
    let before = calls.lock().unwrap().len();
    let is_made = || {
        let calls = calls.lock().unwrap();
        calls[before..].iter().any(|made| made.contains(call))
    };
    while !is_made() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// What a request waits for.
#[derive(Debug, Clone, Copy)]
pub struct Wait {
    /// The operation.
    pub before: &'static str,
    /// The call, and how it ends.
    pub until: &'static str,
}

impl Wait {
    /// The JSON services name the operation in a header, and IAM in the form.
    fn is_for(&self, request: &HttpRequest) -> bool {
        let target = request.headers().get("x-amz-target");
        let form = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
        let action = form.strip_prefix("Action=");
        let action = action.and_then(|rest| rest.split('&').next());
        let named = target.and_then(|target| target.rsplit('.').next());
        named.or(action) == Some(self.before)
    }
}

/// When each simulation begins.
pub fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

/// Sends the requests of one command.
#[derive(Clone)]
pub struct Line(Arc<Wire>);

struct Wire {
    aws: Arc<InMemoryAws>,
    calls: AtomicUsize,
    alarm: Option<usize>,
    rung: Notify,
    calls_made: Arc<Mutex<Vec<String>>>,
    wait: Mutex<Option<Wait>>,
}

impl Line {
    pub fn client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }

    /// Returns at the call that the alarm is set to; never without one.
    pub async fn rings(&self) {
        self.0.rung.notified().await;
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

impl HttpClient for Line {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let wire = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            let number = wire.calls.fetch_add(1, Ordering::Relaxed);
            if wire.alarm == Some(number) {
                wire.rung.notify_one();
            }
            let wait = { wire.wait.lock().unwrap() }.take_if(|wait| wait.is_for(&request));
            if let Some(wait) = wait {
                until_called(&wire.calls_made, wait.until).await;
            }
            let aws = Arc::clone(&wire.aws);
            // A command that is cut off does not stop AWS from doing what it was asked for.
            let answer = tokio::spawn(async move { send(&aws, request).await });
            answer
                .await
                .map_err(|panic| ConnectorError::other(panic.into(), None))?
        })
    }
}

async fn send(aws: &InMemoryAws, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let other =
        |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::other(error, None);
    let request = request
        .try_into_http1x()
        .map_err(|error| other(error.into()))?;
    let request = request.map(|body| Bytes::copy_from_slice(body.bytes().unwrap_or_default()));
    match aws.call(request).await {
        Ok(answer) => {
            let answer = answer.map(SdkBody::from);
            HttpResponse::try_from(answer).map_err(|error| other(error.into()))
        }
        Err(_) => Err(ConnectorError::io("the connection was cut".into())),
    }
}
