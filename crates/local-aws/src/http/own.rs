//! The server's own routes, besides AWS's: for the processes that share the server. Each needs a secret: the token in
//! the endpoint file, which only this user can read, or the URL that GetFunction returned.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper::body::Body;
use hyper::header::{CONNECTION, HeaderValue, UPGRADE};
use hyper::{Method, Request, Response, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::sync::Notify;

use super::answer::build;
use super::query::Form;
use crate::direct::{Answered, CALL_PATH, DirectCall};
use crate::discovery::{
    INSTANCE_HEADER, Identity, JOIN_PATH, MOCKS_PATH, POLICY_PATH, TOKEN_HEADER, UPSTREAMS_PATH,
};
use crate::iam::Iam;
use crate::lambda::{CODE_PATH, HANDOVER_PATH, Lambda, package};
use crate::mocks::{MockStore, Mocks};
use crate::peers::Peers;
use crate::random::Random;
use crate::timing::Time;

/// Far more than mocks need.
const MAX_BODY: usize = 64 * 1024 * 1024;
/// What Lambda takes, unpacked, and room for the zip around it.
const MAX_ZIP: usize = 256 * 1024 * 1024;

/// The other processes that use the server.
#[derive(Default)]
pub(crate) struct Joiners {
    count: AtomicUsize,
    fewer: Notify,
}

impl Joiners {
    /// Waits until no other process uses the server.
    pub(crate) async fn none_left(&self) {
        loop {
            let fewer = self.fewer.notified();
            if self.count.load(Ordering::Acquire) == 0 {
                return;
            }
            fewer.await;
        }
    }
}

/// The routes that need the token.
enum Route {
    Join,
    Mocks,
    Call,
    Handover,
    Upstreams,
    /// With the ARN of a managed policy.
    Policy(String),
}

/// What the own routes reach.
pub(crate) struct OwnRoutes {
    pub(crate) identity: Identity,
    pub(crate) joiners: Arc<Joiners>,
    pub(crate) lambda: Arc<Lambda>,
    pub(crate) iam: Arc<Iam>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) random: Random,
    pub(crate) mocks: Arc<MockStore>,
    /// How executions wait if nothing else is said.
    pub(crate) time: Time,
    /// Whether callers have a policy. If so, only calls to IAM create policies.
    pub(crate) limited: bool,
}

impl OwnRoutes {
    /// The answer. A request for AWS is handed back.
    pub(crate) async fn serve<B>(
        &self,
        request: Request<B>,
    ) -> Result<Response<Full<Bytes>>, Request<B>>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let path = request.uri().path();
        if let Some(hash) = path.strip_prefix(CODE_PATH) {
            return Ok(self.code(hash, request.uri()).await);
        }
        let route = match path {
            JOIN_PATH => Route::Join,
            MOCKS_PATH => Route::Mocks,
            CALL_PATH => Route::Call,
            HANDOVER_PATH => Route::Handover,
            UPSTREAMS_PATH => Route::Upstreams,
            path => match path.strip_prefix(POLICY_PATH) {
                Some(arn) => Route::Policy(arn.to_owned()),
                None => return Err(request),
            },
        };
        let token = request.headers().get(TOKEN_HEADER);
        if token.is_none_or(|token| token != self.identity.token.as_str()) {
            return Ok(refused(
                "it does not carry the token in this server's endpoint file",
            ));
        }
        Ok(match (route, request.method()) {
            (Route::Policy(arn), &Method::PUT) => self.put_policy(&arn, request).await,
            (Route::Join, &Method::GET) => self.join(request),
            (Route::Mocks, &Method::PUT) => self.put_mocks(request).await,
            (Route::Call, &Method::POST) => self.call(request).await,
            (Route::Handover, &Method::PUT) => self.take_over(request).await,
            (Route::Upstreams, &Method::PUT) => self.put_upstreams(request).await,
            _ => build(405, "text/plain", Bytes::new()),
        })
    }

    async fn code(&self, hash: &str, uri: &Uri) -> Response<Full<Bytes>> {
        let query = Form::parse(uri.query().unwrap_or_default().as_bytes());
        if !self.lambda.code_urls.admits(query.get("key")) {
            return refused("its URL is not one that GetFunction returned");
        }
        match self.lambda.zip(hash).await {
            Some(zip) => build(200, "application/zip", zip),
            None => build(404, "text/plain", Bytes::new()),
        }
    }

    fn join<B: Send + 'static>(&self, request: Request<B>) -> Response<Full<Bytes>> {
        // Counted before the answer, so that whoever has read the answer is counted.
        self.joiners.count.fetch_add(1, Ordering::AcqRel);
        // Not the whole server, which would stay open for as long as others use it.
        let joiners = Arc::clone(&self.joiners);
        tokio::spawn(async move {
            if let Ok(upgraded) = hyper::upgrade::on(request).await {
                // The other side sends nothing; reading ends when it closes the connection.
                let _ = TokioIo::new(upgraded).read_u8().await;
            }
            joiners.count.fetch_sub(1, Ordering::AcqRel);
            joiners.fewer.notify_waiters();
        });
        let mut response = build(101, "text/plain", Bytes::new());
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("txflow"));
        if let Ok(instance) = HeaderValue::from_str(&self.identity.instance) {
            headers.insert(INSTANCE_HEADER, instance);
        }
        headers.insert(Time::HEADER, self.time.header_value());
        response
    }

    /// A call of a service.
    async fn call<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let Ok(body) = text(request).await else {
            return build(413, "text/plain", Bytes::new());
        };
        let Ok(call) = serde_json::from_str::<DirectCall>(&body) else {
            return build(400, "text/plain", Bytes::new());
        };
        let (peers, random) = (Arc::clone(&self.peers), self.random.clone());
        // A task of its own, so that a client that hangs up does not leave a change half done.
        match tokio::spawn(async move { call.answer(&peers, &random).await }).await {
            Ok(answered) => answer(&answered),
            Err(_) => build(500, "text/plain", Bytes::new()),
        }
    }

    /// The zip of a function. The output is its SHA-256 in hex.
    async fn take_over<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let taken = match bytes(request, MAX_ZIP).await {
            Ok(zip) => self.lambda.hand_over(zip).await.map(Value::String),
            Err(()) => Err(package::too_large()),
        };
        answer(&Answered::of(taken))
    }

    /// A customer managed policy.
    async fn put_policy<B>(&self, arn: &str, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        if self.limited {
            return build(403, "text/plain", Bytes::new());
        }
        let Ok(document) = text(request).await else {
            return build(413, "text/plain", Bytes::new());
        };
        match self.iam.put_policy(arn, &document).await {
            Ok(()) => build(204, "text/plain", Bytes::new()),
            Err(fault) => build(400, "text/plain", Bytes::from(fault.message)),
        }
    }

    async fn put_upstreams<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let Ok(body) = text(request).await else {
            return build(413, "text/plain", Bytes::new());
        };
        match serde_json::from_str(&body) {
            Ok(urls) => {
                self.peers.upstreams.add(urls);
                build(204, "text/plain", Bytes::new())
            }
            Err(error) => build(400, "text/plain", Bytes::from(error.to_string())),
        }
    }

    async fn put_mocks<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let Ok(file) = text(request).await else {
            return build(413, "text/plain", Bytes::new());
        };
        match Mocks::from_file_text(&file) {
            Ok(mocks) => {
                self.mocks.merge(mocks);
                build(204, "text/plain", Bytes::new())
            }
            Err(error) => build(400, "text/plain", Bytes::from(error.to_string())),
        }
    }
}

fn answer(answered: &Answered) -> Response<Full<Bytes>> {
    match serde_json::to_vec(answered) {
        Ok(body) => build(200, "application/json", Bytes::from(body)),
        Err(_) => build(500, "text/plain", Bytes::new()),
    }
}

/// The body. Fails if it is too large or cut off.
async fn text<B>(request: Request<B>) -> Result<String, ()>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let bytes = bytes(request, MAX_BODY).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn bytes<B>(request: Request<B>, limit: usize) -> Result<Bytes, ()>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let body = Limited::new(request.into_body(), limit).collect().await;
    body.map(Collected::to_bytes).map_err(|_| ())
}

fn refused(why: &str) -> Response<Full<Bytes>> {
    let text = format!("The local AWS refused this request: {why}.");
    build(403, "text/plain", Bytes::from(text))
}
