//! How many calls each service takes, in one table, and the wait of those that would be too many.
//!
//! AWS refuses calls beyond these rates, and retries then slow down everything. So a call is sent when its service takes it.
//! A stack of a few functions never waits.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_async::rt::sleep::{AsyncSleep as _, SharedAsyncSleep};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use jiff::Timestamp;
use tokio::sync::Semaphore;

use crate::world::Clock;

/// A service's budget for some operations.
struct Line {
    service: &'static str,
    operations: Operations,
    /// Calls a second.
    rate: f64,
    /// How many calls may come at once after a pause. Less than AWS takes, since calls arrive closer together than they
    /// were sent.
    burst: f64,
}

enum Operations {
    /// Each of these has the budget for itself.
    Each(&'static [&'static str]),
    /// All of the service but those that other lines name share it.
    Others,
}

use Operations::{Each, Others};

/// How many calls of a line are under way at once, and so how many connections they need.
const AT_ONCE: usize = 20;

/// The calls by which executions and handlers are run have no line: their number is the user's choice, and they may take
/// minutes.
///
/// - Lambda: "Lambda quotas" in its developer guide. The control plane takes 15 calls a second in an account and region, and
///   100 of GetFunction.
/// - IAM documents no rate. Operators report throttling from about twenty calls a second on.
/// - CloudWatch Logs: "CloudWatch Logs quotas" in its user guide: ten a second for most operations.
/// - EventBridge: "Amazon EventBridge quotas" in its user guide: 50 calls a second for most operations in most regions, and
///   as few as five for some. EventBridge Scheduler: "Quotas for Amazon EventBridge Scheduler" in its user guide: 10
///   for groups, and at least 250 for schedules.
/// - Step Functions: "Quotas related to API action throttling" in its developer guide. The buckets are large and fill slowly.
static LINES: [Line; 9] = [
    line("lambda", Each(&["GetFunction"]), 100.0, 50.0),
    line("lambda", Others, 15.0, 12.0),
    line("iam", Others, 20.0, 19.0),
    line(
        "logs",
        Each(&[
            "CreateLogGroup",
            "DeleteLogGroup",
            "DeleteRetentionPolicy",
            "DescribeLogGroups",
            "ListTagsForResource",
            "PutRetentionPolicy",
            "TagResource",
            "UntagResource",
        ]),
        10.0,
        8.0,
    ),
    line("events", Others, 5.0, 5.0),
    line("scheduler", Others, 10.0, 8.0),
    line("states", Each(&["DescribeStateMachine"]), 20.0, 150.0),
    line("states", Each(&["ListExecutions"]), 2.0, 90.0),
    line(
        "states",
        Each(&["DescribeStateMachineForExecution"]),
        1.0,
        150.0,
    ),
];

const fn line(service: &'static str, operations: Operations, rate: f64, burst: f64) -> Line {
    Line {
        service,
        operations,
        rate,
        burst,
    }
}

/// Lambda's calls that are not of its control plane.
const INVOKE: &str = "Invoke";

type NamedBuckets = Vec<(String, Arc<Bucket>)>;

/// Sends the calls of one service through `inner`, each when the service takes it.
#[derive(Clone)]
pub(super) struct Budgeted {
    inner: SharedHttpClient,
    service: &'static str,
    now: Clock,
    sleep: SharedAsyncSleep,
    buckets: Arc<Mutex<NamedBuckets>>,
}

impl Budgeted {
    pub fn new(
        service: &'static str,
        inner: SharedHttpClient,
        now: Clock,
        sleep: SharedAsyncSleep,
    ) -> Self {
        Self {
            inner,
            service,
            now,
            sleep,
            buckets: Arc::default(),
        }
    }

    /// The bucket that an operation takes from, if it has a budget.
    fn bucket(&self, operation: &str) -> Option<Arc<Bucket>> {
        let (line, name) = find(self.service, operation)?;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bucket)) = buckets.iter().find(|(known, _)| known == name) {
            return Some(Arc::clone(bucket));
        }
        let bucket = Arc::new(Bucket::new(line, (self.now)()));
        buckets.push((name.to_owned(), Arc::clone(&bucket)));
        Some(bucket)
    }
}

/// The line of an operation, and the name of its bucket.
fn find<'a>(service: &str, operation: &'a str) -> Option<(&'static Line, &'a str)> {
    if operation == INVOKE {
        return None;
    }
    let mut lines = LINES.iter().filter(|line| line.service == service);
    lines.find_map(|line| match &line.operations {
        Each(named) => named.contains(&operation).then_some((line, operation)),
        Others => Some((line, "")),
    })
}

impl fmt::Debug for Budgeted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Budgeted")
    }
}

impl HttpClient for Budgeted {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            budget: self.clone(),
            inner: self.inner.http_connector(settings, components),
        })
    }
}

#[derive(Debug)]
struct Connector {
    budget: Budgeted,
    inner: SharedHttpConnector,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(bucket) = self.budget.bucket(operation(&request)) else {
            return self.inner.call(request);
        };
        let (budget, inner) = (self.budget.clone(), self.inner.clone());
        HttpConnectorFuture::new(async move {
            let turn = bucket.at_once.acquire().await;
            let _turn = turn.map_err(|closed| ConnectorError::other(closed.into(), None))?;
            let wait = bucket.take((budget.now)());
            if !wait.is_zero() {
                budget.sleep.sleep(wait).await;
            }
            inner.call(request).await
        })
    }
}

/// The operation of a request, as far as budgets depend on it.
fn operation(request: &HttpRequest) -> &str {
    if let Some(target) = request.headers().get("x-amz-target") {
        return target.rsplit('.').next().unwrap_or_default();
    }
    let path = request.uri().split('?').next().unwrap_or_default();
    let mut segments = path.rsplit('/');
    match (request.method(), segments.next(), segments.next()) {
        (_, Some("invocations"), _) => INVOKE,
        ("GET", Some(_), Some("functions")) => "GetFunction",
        _ => "",
    }
}

struct Bucket {
    rate: f64,
    burst: f64,
    at_once: Semaphore,
    /// The calls that may be sent, and when that was so. Negative if calls wait for their turn.
    level: Mutex<(f64, Timestamp)>,
}

impl Bucket {
    fn new(line: &Line, now: Timestamp) -> Self {
        Self {
            rate: line.rate,
            burst: line.burst,
            at_once: Semaphore::new(AT_ONCE),
            level: Mutex::new((line.burst, now)),
        }
    }

    /// Takes a call, and gives how long it has to wait.
    fn take(&self, now: Timestamp) -> Duration {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let (calls, at) = *level;
        // A clock that was set back adds nothing.
        let passed = now.duration_since(at).as_secs_f64().max(0.0);
        let calls = (calls + passed * self.rate).min(self.burst) - 1.0;
        *level = (calls, now);
        Duration::from_secs_f64((-calls).max(0.0) / self.rate)
    }
}

#[cfg(test)]
mod tests;
