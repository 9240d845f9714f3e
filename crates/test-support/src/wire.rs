//! An HTTP endpoint under the test's control.
//!
//! Alone it is a scripted AWS: each rule answers one operation with the given bytes. In front of an emulator it is a
//! proxy that records, delays, and lets a chosen call fail in a chosen way.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::gate::Gate;
use crate::operation;
use crate::reply::Reply;

/// A running endpoint. It stops when it is dropped.
pub struct Wire {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

/// What happens to a call that a rule matches.
#[derive(Debug, Clone)]
pub enum Act {
    /// These bytes, and the emulator never hears of it.
    Reply(Reply),
    /// An error of the operation's own service.
    Error(u16, &'static str, &'static str),
    /// An answer made from the calls so far, the one to be answered being the last.
    Answer(fn(&[Call]) -> Reply),
    /// The connection breaks before the call is done.
    Drop,
    /// The call is done, and the connection breaks before the answer: the caller cannot know.
    DropAnswer,
    /// The call is done and never answered, see [`Wire::held`].
    Hold,
    /// The call waits at the gate before it is done.
    Before(Gate),
    /// The call is done, and its answer waits at the gate.
    After(Gate),
}

/// One line of the script.
#[derive(Debug, Clone)]
pub struct Rule {
    matches: Match,
    skip: usize,
    times: usize,
    act: Act,
}

#[derive(Debug, Clone)]
enum Match {
    Operation(String),
    AnyWrite,
    Any,
}

/// A call as it was seen.
#[derive(Debug, Clone)]
pub struct Call {
    pub operation: String,
    pub path: String,
    pub body: String,
    pub status: Option<u16>,
    pub answer: String,
    /// Since the endpoint started.
    pub began: Duration,
    pub ended: Duration,
}

struct Shared {
    started: Instant,
    upstream: Option<String>,
    client: Client<HttpConnector, Full<Bytes>>,
    held: Notify,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    delay: Duration,
    tamper: Option<Tamper>,
    rules: Vec<Rule>,
    calls: Vec<Call>,
}

/// Makes another body of the emulator's answer to an operation.
pub type Tamper = fn(&str, &str) -> String;

/// The reason why a connection breaks.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken by the test")
    }
}

impl std::error::Error for Broken {}

impl Rule {
    pub fn on(operation: &str, act: Act) -> Self {
        Self {
            matches: Match::Operation(operation.into()),
            skip: 0,
            times: 1,
            act,
        }
    }

    pub fn on_any_write(act: Act) -> Self {
        Self {
            matches: Match::AnyWrite,
            skip: 0,
            times: 1,
            act,
        }
    }

    pub fn on_any(act: Act) -> Self {
        Self {
            matches: Match::Any,
            ..Self::on_any_write(act)
        }
    }

    /// Lets the first `calls` that match through.
    pub fn after(self, calls: usize) -> Self {
        Self {
            skip: calls,
            ..self
        }
    }

    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    fn claims(&self, operation: &str) -> bool {
        self.times > 0
            && match &self.matches {
                Match::Operation(name) => name == operation,
                Match::AnyWrite => operation::is_write(operation),
                Match::Any => true,
            }
    }
}

impl Wire {
    /// An endpoint of which only the script is known: any other call is answered with 501.
    pub async fn scripted() -> Self {
        Self::start(None).await
    }

    /// A proxy in front of `endpoint`, such as `http://127.0.0.1:4566`.
    pub async fn in_front_of(endpoint: &str) -> Self {
        Self::start(Some(endpoint.to_owned())).await
    }

    async fn start(upstream: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("bind to loopback");
        let address = listener.local_addr().expect("the listener's address");
        let shared = Arc::new(Shared {
            started: Instant::now(),
            upstream,
            client: Client::builder(TokioExecutor::new()).build_http(),
            held: Notify::new(),
            state: Mutex::default(),
        });
        let server = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Self {
            address,
            shared,
            server,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn rule(&self, rule: Rule) -> &Self {
        self.state().rules.push(rule);
        self
    }

    /// Adds `delay` to each call.
    pub fn delay(&self, delay: Duration) -> &Self {
        self.state().delay = delay;
        self
    }

    /// Changes what the emulator answers.
    pub fn tamper(&self, tamper: Tamper) -> &Self {
        self.state().tamper = Some(tamper);
        self
    }

    /// Forgets the rules and the calls.
    pub fn clear(&self) {
        let mut state = self.state();
        state.rules.clear();
        state.calls.clear();
    }

    /// Returns once a call is held.
    pub async fn held(&self) {
        self.shared.held.notified().await;
    }

    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// The calls that change something, in the order of their arrival.
    pub fn writes(&self) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| operation::is_write(&call.operation));
        calls
    }

    pub fn count(&self, operation: &str) -> usize {
        self.calls()
            .iter()
            .filter(|call| call.operation == operation)
            .count()
    }

    /// The longest chain of calls of which none began before the one before had ended.
    pub fn chain(&self) -> Vec<String> {
        let mut calls = self.calls();
        calls.sort_by_key(|call| call.ended);
        let mut last = None;
        let mut chain = Vec::new();
        for call in calls {
            if last.is_none_or(|ended| call.began >= ended) {
                last = Some(call.ended);
                chain.push(call.operation);
            }
        }
        chain
    }

    /// The time in which at least one call was under way.
    pub fn in_flight(&self) -> Duration {
        let mut calls = self.calls();
        calls.sort_by_key(|call| call.began);
        let mut total = Duration::ZERO;
        let mut busy_until = Duration::ZERO;
        for call in calls {
            total += call.ended.saturating_sub(call.began.max(busy_until));
            busy_until = busy_until.max(call.ended);
        }
        total
    }

    /// Fails where a rule was never needed or, without an emulator behind, a call had no rule.
    pub fn finish(&self) {
        let state = self.state();
        let unused: Vec<_> = state
            .rules
            .iter()
            .filter(|rule| rule.times > 0 && rule.times != usize::MAX)
            .collect();
        assert!(unused.is_empty(), "never called: {unused:#?}");
        let unexpected: Vec<_> = state
            .calls
            .iter()
            .filter(|call| call.status == Some(501))
            .map(|call| format!("{} {}", call.operation, call.path))
            .collect();
        assert!(unexpected.is_empty(), "no rule for: {unexpected:#?}");
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no test panics while it holds the lock")
    }

    /// Notes the arrival, and says what the script wants and after which delay.
    fn arrive(&self, parts: &Parts, body: &[u8]) -> (usize, Option<Act>, Duration) {
        let operation = operation::name(parts, body);
        let mut state = self.state();
        let act = claim(&mut state.rules, &operation);
        let now = self.started.elapsed();
        state.calls.push(Call {
            operation,
            path: parts.uri.to_string(),
            body: String::from_utf8_lossy(body).into_owned(),
            status: None,
            answer: String::new(),
            began: now,
            ended: now,
        });
        (state.calls.len() - 1, act, state.delay)
    }

    fn leave(&self, index: usize, answer: Option<&Response<Bytes>>) {
        let now = self.started.elapsed();
        // The calls may have been cleared in between.
        if let Some(call) = self.state().calls.get_mut(index) {
            call.ended = now;
            if let Some(answer) = answer {
                call.status = Some(answer.status().as_u16());
                call.answer = String::from_utf8_lossy(answer.body()).into_owned();
            }
        }
    }
}

/// The act of the first rule that claims the call. A rule that still skips has seen the call and leaves it to the next.
fn claim(rules: &mut [Rule], operation: &str) -> Option<Act> {
    for rule in rules.iter_mut().filter(|rule| rule.claims(operation)) {
        if rule.skip == 0 {
            rule.times -= 1;
            return Some(rule.act.clone());
        }
        rule.skip -= 1;
    }
    None
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(|request| handle(Arc::clone(&shared), request));
            let connection = hyper::server::conn::http1::Builder::new();
            // A broken connection is what the script asked for, or the caller's own end.
            let _ = connection
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn handle(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Broken> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
    let (index, act, delay) = shared.arrive(&parts, &body);
    tokio::time::sleep(delay).await;
    let answer = perform(&shared, act, &parts, body).await;
    shared.leave(index, answer.as_ref().ok());
    answer.map(|answer| answer.map(Full::new))
}

async fn perform(
    shared: &Shared,
    act: Option<Act>,
    parts: &Parts,
    body: Bytes,
) -> Result<Response<Bytes>, Broken> {
    match act {
        None => forward(shared, parts, body).await,
        Some(Act::Reply(reply)) => Ok(response(reply)),
        Some(Act::Error(status, code, message)) => {
            let operation = operation::name(parts, &body);
            Ok(response(Reply::error(&operation, status, code, message)))
        }
        Some(Act::Answer(make)) => Ok(response(make(&shared.state().calls))),
        Some(Act::Drop) => Err(Broken),
        Some(Act::DropAnswer) => {
            forward(shared, parts, body).await?;
            Err(Broken)
        }
        Some(Act::Hold) => {
            forward(shared, parts, body).await?;
            shared.held.notify_one();
            pending().await
        }
        Some(Act::Before(gate)) => {
            gate.pass().await;
            forward(shared, parts, body).await
        }
        Some(Act::After(gate)) => {
            let answer = forward(shared, parts, body).await;
            gate.pass().await;
            answer
        }
    }
}

async fn forward(shared: &Shared, parts: &Parts, body: Bytes) -> Result<Response<Bytes>, Broken> {
    let Some(upstream) = &shared.upstream else {
        let text = format!(
            "the script has no answer to {}",
            operation::name(parts, &body)
        );
        return Ok(response(Reply::json(501, text)));
    };
    let operation = operation::name(parts, &body);
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let uri: Uri = format!("{upstream}{path}").parse().map_err(|_| Broken)?;
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = parts.method.clone();
    *request.headers_mut() = parts.headers.clone();
    // The embedded AWS answers only for its own address, which the client puts in.
    request.headers_mut().remove(hyper::header::HOST);
    *request.uri_mut() = uri;
    let answer = shared.client.request(request).await.map_err(|_| Broken)?;
    let (mut parts, body) = answer.into_parts();
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
    // The body is whole now, so its framing is decided anew.
    parts.headers.remove("transfer-encoding");
    let Some(tamper) = shared.state().tamper else {
        return Ok(Response::from_parts(parts, body));
    };
    parts.headers.remove("content-length");
    let body = tamper(&operation, &String::from_utf8_lossy(&body));
    Ok(Response::from_parts(parts, Bytes::from(body)))
}

fn response(reply: Reply) -> Response<Bytes> {
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    response
        .body(Bytes::from(reply.body))
        .expect("the script's headers are valid")
}
