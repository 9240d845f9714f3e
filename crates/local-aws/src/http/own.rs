//! What this server serves beside AWS: for the processes that share it. Nothing of it goes to whoever cannot show a
//! secret: what is in the endpoint file, which only this user can read, or what GetFunction told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue, UPGRADE};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncReadExt;
use tokio::sync::Notify;

use super::answer::build;
use super::query::Form;
use crate::aws::Aws;
use crate::discovery::{INSTANCE_HEADER, JOIN_PATH, MOCKS_PATH, POLICY_PATH, TOKEN_HEADER};
use crate::mocks::Mocks;

/// Where a function's zip is, followed by its SHA-256 in hex.
const CODE_PATH: &str = "/_txflow/code/";

/// Where GetFunction says that a function's zip is. As on AWS, whoever has the URL needs nothing else.
pub(crate) fn code_url(aws: &Aws, hash: &str) -> String {
    let (endpoint, key) = (aws.endpoint_url(), &aws.code_key);
    format!("{endpoint}{CODE_PATH}{hash}?key={key}")
}

/// Far more than mocks take.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// How many other processes use the server.
#[derive(Default)]
pub(crate) struct Joiners {
    count: AtomicUsize,
    fewer: Notify,
}

impl Joiners {
    /// Waits until nobody else uses the server.
    pub(crate) async fn gone(&self) {
        loop {
            let fewer = self.fewer.notified();
            if self.count.load(Ordering::Acquire) == 0 {
                return;
            }
            fewer.await;
        }
    }
}

/// The answer, where the request is none of AWS's.
pub(crate) async fn serve(
    aws: &Arc<Aws>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Request<Incoming>> {
    let path = request.uri().path();
    if let Some(hash) = path.strip_prefix(CODE_PATH) {
        let query = Form::parse(request.uri().query().unwrap_or_default().as_bytes());
        if query.get("key") != Some(&aws.code_key) {
            return Ok(refused("its URL is not one that GetFunction tells"));
        }
        return Ok(match aws.lambda.zip(hash).await {
            Some(zip) => build(200, "application/zip", zip),
            None => build(404, "text/plain", Bytes::new()),
        });
    }
    let policy = path.strip_prefix(POLICY_PATH).map(str::to_owned);
    let joins = path == JOIN_PATH;
    if !joins && path != MOCKS_PATH && policy.is_none() {
        return Err(request);
    }
    let token = request.headers().get(TOKEN_HEADER);
    if token.is_none_or(|token| token != aws.identity.token.as_str()) {
        return Ok(refused(
            "it does not hold the token of this server's endpoint file",
        ));
    }
    Ok(match (policy, request.method()) {
        (Some(arn), &Method::PUT) => put_policy(aws, &arn, request).await,
        (None, &Method::GET) if joins => join(aws, request),
        (None, &Method::PUT) if !joins => put_mocks(aws, request).await,
        _ => build(405, "text/plain", Bytes::new()),
    })
}

fn refused(why: &str) -> Response<Full<Bytes>> {
    let text = format!("The local AWS refused this request: {why}.");
    build(403, "text/plain", Bytes::from(text))
}

fn join(aws: &Arc<Aws>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    // Counted before the answer, so that who has read it is safe.
    aws.joiners.count.fetch_add(1, Ordering::AcqRel);
    // Not the whole server, which would stay open for as long as others use it.
    let joiners = Arc::clone(&aws.joiners);
    tokio::spawn(async move {
        if let Ok(upgraded) = hyper::upgrade::on(request).await {
            // The other side sends nothing; reading ends when it has gone.
            let _ = TokioIo::new(upgraded).read_u8().await;
        }
        joiners.count.fetch_sub(1, Ordering::AcqRel);
        joiners.fewer.notify_waiters();
    });
    let mut response = build(101, "text/plain", Bytes::new());
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("txflow"));
    if let Ok(instance) = HeaderValue::from_str(&aws.identity.instance) {
        headers.insert(INSTANCE_HEADER, instance);
    }
    response
}

/// A managed policy of the account's own. If callers are limited, only IAM makes policies.
async fn put_policy(aws: &Aws, arn: &str, request: Request<Incoming>) -> Response<Full<Bytes>> {
    if aws.caller_policy.is_some() {
        return build(403, "text/plain", Bytes::new());
    }
    let Ok(body) = Limited::new(request.into_body(), MAX_BODY).collect().await else {
        return build(413, "text/plain", Bytes::new());
    };
    let document = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    match aws.iam.put_policy(arn, &document).await {
        Ok(()) => build(204, "text/plain", Bytes::new()),
        Err(fault) => build(400, "text/plain", Bytes::from(fault.message)),
    }
}

async fn put_mocks(aws: &Aws, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let Ok(body) = Limited::new(request.into_body(), MAX_BODY).collect().await else {
        return build(413, "text/plain", Bytes::new());
    };
    match Mocks::from_file_text(&String::from_utf8_lossy(&body.to_bytes())) {
        Ok(mocks) => {
            aws.states.mocks.merge(mocks);
            build(204, "text/plain", Bytes::new())
        }
        Err(error) => build(400, "text/plain", Bytes::from(error.to_string())),
    }
}
