//! Accepts connections, and has their requests answered.

use std::convert::Infallible;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{RwLock, Semaphore};
use tokio::task::{LocalSet, spawn_local};

use super::access::Access;
use super::deadline::Deadline;
use super::guard::{self, Refusal, Verdict};
use super::kept::Kept;
use super::reply::{Reply, Sent};
use super::request::{Method, Request};
use super::silent::{Heard, Silent};
use super::view::Frame;
use super::view::problem::{Problem, refused};

/// What answers the requests that are let through.
pub trait Site {
    fn answer<'a>(&'a self, request: &'a Request) -> LocalBoxFuture<'a, Reply>;
}

/// How many connections are served at once. A new one takes the place of the oldest that has not asked for anything yet, since
/// anybody on the machine can open connections; others wait.
const CONNECTIONS: usize = 64;
/// How many of them are streams of events, so that pages can be read however many are open. A page without one is read again
/// from time to time.
const STREAMS: usize = CONNECTIONS / 2;
/// A message of a queue has up to 1 MiB, of which a form encodes each line end in six bytes, and another byte in up to three. An
/// input has 256 KiB, and what [`editable`](super::view::parts::editable) adds to it.
const MAX_BODY: usize = 8 * 1024 * 1024;
/// The head of a request.
const MAX_HEAD: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;
const HEAD_PATIENCE: Duration = Duration::from_secs(3);
/// Keeps a process that is out of file descriptors from trying again without a pause.
const AFTER_FAILURE: Duration = Duration::from_millis(10);

/// Serves on this thread until `stop` ends, and completes the actions that are begun.
pub async fn serve(
    listener: TcpListener,
    access: Rc<Access>,
    site: Rc<dyn Site>,
    stop: impl Future<Output = ()>,
) {
    let server = Server {
        access,
        site,
        kept: Rc::default(),
        actions: Arc::default(),
        streams: Arc::new(Semaphore::new(STREAMS)),
    };
    let actions = Arc::clone(&server.actions);
    let tasks = LocalSet::new();
    let work = async {
        tokio::select! {
            () = server.accept(listener) => {}
            () = stop => {}
        }
        drop(actions.write().await);
    };
    tasks.run_until(work).await;
}

#[derive(Clone)]
struct Server {
    access: Rc<Access>,
    site: Rc<dyn Site>,
    kept: Rc<Kept>,
    /// Each action reads it.
    actions: Arc<RwLock<()>>,
    /// The places for streams of events.
    streams: Arc<Semaphore>,
}

impl Server {
    /// Never ends.
    #[expect(clippy::disallowed_methods, reason = "pauses after a failure")]
    async fn accept(&self, listener: TcpListener) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let silent = Rc::new(Silent::default());
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    if places.available_permits() == 0 {
                        silent.drop_oldest();
                    }
                    // It is never closed.
                    let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                        return;
                    };
                    let server = self.clone();
                    let heard = silent.add();
                    spawn_local(async move {
                        server.connection(stream, &heard).await;
                        drop(place);
                    });
                }
                // It concerns the peer, or is temporary.
                Err(_) => tokio::time::sleep(AFTER_FAILURE).await,
            }
        }
    }

    /// A connection carries one request, so that none is kept without need.
    async fn connection(&self, stream: TcpStream, heard: &Heard) {
        // Otherwise answers wait for acknowledgements. If it cannot be set, only time is lost.
        let _ = stream.set_nodelay(true);
        let deadline = Deadline::new();
        let service = service_fn(|request| {
            heard.says_something();
            let (server, deadline) = (self.clone(), deadline.clone());
            async move { Ok::<_, Infallible>(server.respond(request, deadline).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_PATIENCE)
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEAD)
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), service);
        tokio::select! {
            // What went wrong is the client's to know.
            _ = connection => {}
            () = deadline.passed() => {}
            () = heard.is_dropped() => {}
        }
    }

    async fn respond(
        &self,
        request: hyper::Request<Incoming>,
        deadline: Deadline,
    ) -> Response<Sent> {
        let reply = match guard::check(&request, &self.access) {
            Err(Refusal { status, why }) => Reply::plain(status, why),
            Ok(Verdict::Admit) => {
                Reply::see_other(&self.access.root()).with_cookie(self.access.set_cookie())
            }
            Ok(Verdict::AdmitFromElsewhere) => {
                Reply::go_on(&self.access.root()).with_cookie(self.access.set_cookie())
            }
            Ok(Verdict::Serve) => match read(request, &self.access).await {
                Err(refused) => refused,
                Ok(request) => {
                    deadline.suspend();
                    self.answer(request).await
                }
            },
        };
        deadline.renew();
        reply.into_response(deadline)
    }

    /// An action is completed whatever becomes of the connection: a fork that is left half done would leave another definition
    /// behind.
    async fn answer(&self, request: Request) -> Reply {
        let site = Rc::clone(&self.site);
        if request.method == Method::Get {
            if let Some(reply) = self.kept.get(&request.target) {
                return reply;
            }
            let mut reply = site.answer(&request).await;
            self.kept.keep(&request.target, &mut reply);
            if !reply.is_stream() {
                return reply;
            }
            return match Arc::clone(&self.streams).try_acquire_owned() {
                Ok(place) => reply.in_place(place),
                Err(_) => Reply::plain(StatusCode::SERVICE_UNAVAILABLE, FULL),
            };
        }
        let begun = Arc::clone(&self.actions).read_owned().await;
        let kept = Rc::clone(&self.kept);
        let action = spawn_local(async move {
            let reply = site.answer(&request).await;
            kept.forget();
            drop(begun);
            reply
        });
        action
            .await
            .unwrap_or_else(|_| Reply::plain(StatusCode::INTERNAL_SERVER_ERROR, FAILED))
    }
}

const FULL: &str = "Too many pages listen to changes already.";
const FAILED: &str = "txflow failed. This is a bug in it.";

/// Reads what is left of a request.
async fn read(request: hyper::Request<Incoming>, access: &Access) -> Result<Request, Reply> {
    let (head, body) = request.into_parts();
    let refusal = |status, why| refusal(access, status, head.uri.path(), why);
    let bad = || {
        refusal(
            StatusCode::BAD_REQUEST,
            "This is not a request of this page.",
        )
    };
    let writes = head.method == hyper::Method::POST;
    let body = match writes {
        true => whole(body).await.ok_or_else(|| {
            let why = "The form holds more than 8 MiB, which no input or message may have, so nothing was done.";
            refusal(StatusCode::PAYLOAD_TOO_LARGE, why)
        })?,
        false => Bytes::new(),
    };
    let kind = head.headers.get(CONTENT_TYPE).map(|kind| kind.as_bytes());
    if writes && kind != Some(b"application/x-www-form-urlencoded") {
        return Err(bad());
    }
    let method = if writes { Method::Post } else { Method::Get };
    let within = access.within(head.uri.path()).unwrap_or_default();
    let request = Request::new(method, &head.uri, within, &body).ok_or_else(bad)?;
    let form = request.form.get("form").unwrap_or_default();
    if writes && !access.is_form(form) {
        let why = "This form is that of another start of txflow, so nothing was done. Open the page again, and send it from there.";
        return Err(refusal(StatusCode::FORBIDDEN, why));
    }
    Ok(request)
}

/// A page, since the browser is let in. The address of an action is also that of its form.
fn refusal(access: &Access, status: StatusCode, path: &str, why: &str) -> Reply {
    let why = Problem {
        message: why.to_owned(),
        ..Problem::default()
    };
    let frame = Frame {
        place: None,
        section: None,
        root: &access.root(),
        notices: Vec::new(),
        title: "Error",
        live: None,
        again: false,
    };
    Reply::problem(status, frame.around(&refused(&why, path)))
}

/// The whole body; `None` if it is too large, or cut off. A client that is still sending would not read why it is refused, so
/// some of what is too much is read as well.
async fn whole(mut body: Incoming) -> Option<Bytes> {
    const MOST: usize = 2 * MAX_BODY;
    let (mut whole, mut size) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else {
            continue;
        };
        size += data.len();
        if size <= MAX_BODY {
            whole.extend_from_slice(&data);
        }
        if size > MOST {
            break;
        }
    }
    (size <= MAX_BODY).then(|| whole.into())
}
