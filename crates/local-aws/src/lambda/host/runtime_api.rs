//! Lambda's Runtime API for one process: on a port of its own, so that no call can reach another process.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::{JoinHandle, JoinSet};

use super::Invocation;
use super::outcome::MAX_RESPONSE;
use crate::http::accept::accept;
use crate::http::answer::build;
use crate::http::guard;

/// A request of the process.
#[derive(Debug)]
pub(super) enum RuntimeCall {
    /// It asks for the next call: it has finished its initialization or the last call.
    Next,
    Response {
        request_id: String,
        body: Bytes,
    },
    ResponseTooLarge {
        request_id: String,
    },
    Error {
        request_id: String,
        body: Bytes,
    },
    InitError {
        body: Bytes,
    },
}

/// One process's Runtime API. Dropping it closes its port.
pub(super) struct RuntimeApi {
    pub(super) address: SocketAddr,
    /// The next call, for when the process asks for it.
    pub(super) next: mpsc::Sender<Invocation>,
    pub(super) calls: mpsc::Receiver<RuntimeCall>,
    server: JoinHandle<()>,
}

struct Shared {
    address: SocketAddr,
    calls: mpsc::Sender<RuntimeCall>,
    next: Mutex<mpsc::Receiver<Invocation>>,
    /// The call that the process has received and not answered.
    current: Mutex<Option<String>>,
    /// Held while a body is read and passed on: however many connections a process opens, only one of its bodies is in
    /// memory.
    reading: Mutex<()>,
}

/// The result of reading a body.
enum Body {
    Whole(Bytes),
    TooLarge,
    CutOff,
}

impl RuntimeApi {
    pub(super) async fn open() -> std::io::Result<RuntimeApi> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (next, waiting) = mpsc::channel(1);
        let (sender, calls) = mpsc::channel(1);
        let shared = Arc::new(Shared {
            address,
            calls: sender,
            next: Mutex::new(waiting),
            current: Mutex::default(),
            reading: Mutex::default(),
        });
        Ok(RuntimeApi {
            address,
            next,
            calls,
            server: tokio::spawn(serve(listener, shared)),
        })
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    // Connections end with this task.
    let mut connections = JoinSet::new();
    loop {
        let stream = accept(&listener).await;
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(|request| handle(Arc::clone(&shared), request));
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn handle(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    // A page that could ask for the next call would get it instead of the function.
    if let Err(why) = guard::check(&request, shared.address) {
        return Ok(build(403, "text/plain", Bytes::from(why)));
    }
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    Ok(match (method, parts.as_slice()) {
        (Method::GET, ["2018-06-01", "runtime", "invocation", "next"]) => next(&shared).await,
        (Method::POST, ["2018-06-01", "runtime", "invocation", id, "response"]) => {
            answer(&shared, id, request, |request_id, body| match body {
                Some(body) => RuntimeCall::Response { request_id, body },
                None => RuntimeCall::ResponseTooLarge { request_id },
            })
            .await
        }
        (Method::POST, ["2018-06-01", "runtime", "invocation", id, "error"]) => {
            answer(&shared, id, request, |request_id, body| match body {
                Some(body) => RuntimeCall::Error { request_id, body },
                None => RuntimeCall::ResponseTooLarge { request_id },
            })
            .await
        }
        (Method::POST, ["2018-06-01", "runtime", "init", "error"]) => {
            let _alone = shared.reading.lock().await;
            let body = match body(request).await {
                Body::Whole(body) => body,
                Body::TooLarge | Body::CutOff => Bytes::new(),
            };
            pass_on(&shared, RuntimeCall::InitError { body }).await
        }
        _ => build(404, "text/plain", Bytes::from_static(b"404 page not found")),
    })
}

/// Accepts what the process reports about a call, if that is its current one. The body is `None` if it is too large.
async fn answer(
    shared: &Shared,
    id: &str,
    request: Request<Incoming>,
    call: impl FnOnce(String, Option<Bytes>) -> RuntimeCall,
) -> Response<Full<Bytes>> {
    let _alone = shared.reading.lock().await;
    if shared.current.lock().await.as_deref() != Some(id) {
        return refuse(400, "InvalidRequestID", "Invalid request ID");
    }
    let (body, accepted) = match body(request).await {
        Body::Whole(body) => (Some(body), true),
        Body::TooLarge => (None, false),
        // It may try again.
        Body::CutOff => return refuse(400, "InvalidRequest", "The body was cut off"),
    };
    *shared.current.lock().await = None;
    let response = pass_on(shared, call(id.to_owned(), body)).await;
    if accepted {
        return response;
    }
    let message = format!("Exceeded maximum allowed payload size ({MAX_RESPONSE} bytes).");
    refuse(413, "RequestEntityTooLarge", &message)
}

fn refuse(status: u16, error_type: &str, message: &str) -> Response<Full<Bytes>> {
    let error = json!({ "errorMessage": message, "errorType": error_type });
    build(status, "application/json", error.to_string().into())
}

async fn pass_on(shared: &Shared, call: RuntimeCall) -> Response<Full<Bytes>> {
    // Fails only if the process is being ended.
    let _ = shared.calls.send(call).await;
    build(
        202,
        "application/json",
        Bytes::from_static(br#"{"status":"OK"}"#),
    )
}

/// Hands over the next call, whenever it comes.
async fn next(shared: &Shared) -> Response<Full<Bytes>> {
    let _ = shared.calls.send(RuntimeCall::Next).await;
    let Some(invocation) = shared.next.lock().await.recv().await else {
        return build(410, "text/plain", Bytes::new());
    };
    *shared.current.lock().await = Some(invocation.request_id.clone());
    let mut response = build(200, "application/json", invocation.payload);
    let mut header = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    };
    header("lambda-runtime-aws-request-id", &invocation.request_id);
    header(
        "lambda-runtime-deadline-ms",
        &invocation.deadline.to_string(),
    );
    header(
        "lambda-runtime-invoked-function-arn",
        &invocation.invoked_arn,
    );
    header("lambda-runtime-trace-id", &invocation.trace_id);
    if let Some(context) = &invocation.client_context {
        header("lambda-runtime-client-context", context);
    }
    response
}

/// The body. A body that is too large is not read to its end.
async fn body(request: Request<Incoming>) -> Body {
    let body = request.into_body();
    if body.size_hint().lower() > MAX_RESPONSE as u64 {
        return Body::TooLarge;
    }
    match Limited::new(body, MAX_RESPONSE).collect().await {
        Ok(whole) => Body::Whole(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Body::TooLarge,
        Err(_) => Body::CutOff,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    const NEXT: &str = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nConnection: close";

    #[tokio::test(flavor = "multi_thread")]
    async fn a_page_gets_no_call_and_answers_none() {
        let mut api = RuntimeApi::open().await.unwrap();
        let address = api.address;
        for headers in [
            format!("Host: evil.example:{}", address.port()),
            format!("Host: {address}\r\nOrigin: https://evil.example"),
            format!("Host: {address}\r\nSec-Fetch-Site: cross-site"),
        ] {
            let mut stream = TcpStream::connect(address).unwrap();
            write!(stream, "{NEXT}\r\n{headers}\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 403"), "{headers}: {answer}");
            assert!(api.calls.try_recv().is_err(), "{headers}");
        }
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "{NEXT}\r\nHost: {address}\r\n\r\n").unwrap();
        assert!(matches!(api.calls.recv().await, Some(RuntimeCall::Next)));
    }
}
