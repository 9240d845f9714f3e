//! Lambda's Runtime API, as far as one handler needs it: events out, answers in.

use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};

/// Serves one handler until it is dropped.
pub struct RuntimeApi {
    pub address: SocketAddr,
    events: mpsc::UnboundedSender<Value>,
    answers: mpsc::UnboundedReceiver<Answer>,
    server: tokio::task::JoinHandle<()>,
}

/// What the handler posted for an event.
#[derive(Debug, PartialEq)]
pub enum Answer {
    Response(Value),
    Error(Value),
}

struct Queues {
    events: Mutex<mpsc::UnboundedReceiver<Value>>,
    answers: mpsc::UnboundedSender<Answer>,
}

impl RuntimeApi {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (events, waiting) = mpsc::unbounded_channel();
        let (posted, answers) = mpsc::unbounded_channel();
        let queues = Arc::new(Queues {
            events: Mutex::new(waiting),
            answers: posted,
        });
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let queues = queues.clone();
                let service = service_fn(move |request| serve(queues.clone(), request));
                let connection = hyper::server::conn::http1::Builder::new();
                tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
            }
        });
        Self {
            address,
            events,
            answers,
            server,
        }
    }

    /// Gives the event to the handler and waits for its answer.
    pub async fn invoke(&mut self, event: Value) -> Answer {
        self.events.send(event).unwrap();
        self.answers.recv().await.expect("an answer")
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(
    queues: Arc<Queues>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let path = request.uri().path().to_owned();
    if request.method() == Method::GET && path == "/2018-06-01/runtime/invocation/next" {
        let event = queues.events.lock().await.recv().await.unwrap_or_default();
        let response = Response::builder()
            .header(
                "lambda-runtime-aws-request-id",
                "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
            )
            .header("lambda-runtime-deadline-ms", "4102444800000")
            .header(
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:eu-central-1:123456789012:function:f",
            );
        return Ok(response.body(event.to_string().into()).unwrap());
    }
    let body = request.into_body().collect().await?.to_bytes();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let answer = if path.ends_with("/response") {
        Answer::Response(body)
    } else {
        Answer::Error(body)
    };
    let _ = queues.answers.send(answer);
    Ok(Response::builder()
        .status(StatusCode::ACCEPTED)
        .body(Full::default())
        .unwrap())
}
