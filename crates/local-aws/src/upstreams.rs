//! Services that are elsewhere: their calls are sent on to another emulator.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use hyper::http::request;
use hyper::{Request, Response};
use serde_json::Value;
use tokio::net::lookup_host;
use tokio::time::timeout;

use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::api::{Api, Protocol};
use crate::http::call::{Call, PeerCall};
use crate::http::client::send;
use crate::models;
use crate::permission::Permission;
use crate::service::Operations;

/// Longer than a model takes to answer.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// The largest answer that is passed on.
const MAX_BODY: usize = 70 * 1024 * 1024;

/// What other services see of one that is elsewhere.
const API: Api = Api {
    name: "upstream",
    protocol: Protocol::Json {
        target: "(upstream)",
        content_type: "application/x-amz-json-1.1",
        error_type: str::to_owned,
    },
};

/// The emulators, by the name of the service: the prefix of its IAM actions, or the name that calls are signed with.
#[derive(Default)]
pub(crate) struct Upstreams(Mutex<BTreeMap<String, Arc<Upstream>>>);

/// A service of another emulator.
#[derive(Debug)]
pub(crate) struct Upstream {
    service: String,
    /// `http://<host>:<port>`.
    url: String,
}

impl Upstreams {
    /// Adds emulators. One that a service had before is replaced.
    pub(crate) fn add(&self, urls: BTreeMap<String, String>) {
        let mut upstreams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (service, url) in urls {
            let url = url.trim_end_matches('/').to_owned();
            let upstream = Upstream {
                service: service.clone(),
                url,
            };
            upstreams.insert(service, Arc::new(upstream));
        }
    }

    pub(crate) fn get(&self, service: &str) -> Option<Arc<Upstream>> {
        let upstreams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        upstreams.get(service).cloned()
    }
}

impl Upstream {
    /// Sends a request on as it is, so that its signature stays valid.
    pub(crate) async fn forward(
        &self,
        head: request::Parts,
        body: Bytes,
    ) -> Result<Response<Full<Bytes>>, Fault> {
        let mut request = Request::from_parts(head, Full::new(body));
        for header in [CONNECTION, TRANSFER_ENCODING] {
            request.headers_mut().remove(header);
        }
        let path = request.uri().path_and_query().cloned();
        let path = path.map_or_else(|| "/".to_owned(), |path| path.to_string());
        if let Ok(uri) = path.parse() {
            *request.uri_mut() = uri;
        }
        let (mut head, body) = self.send(request).await?.into_parts();
        for header in [CONNECTION, TRANSFER_ENCODING, CONTENT_LENGTH] {
            head.headers.remove(header);
        }
        Ok(Response::from_parts(head, Full::new(body)))
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, Fault> {
        let answered = timeout(PATIENCE, self.exchange(request)).await;
        let answered = answered.unwrap_or_else(|late| Err(late.into()));
        answered.map_err(|cause| {
            let Upstream { service, url } = self;
            let message = format!(
                "The upstream {url} of `{service}` cannot be reached: {cause}. Start it, or correct `upstream` in `[local]`."
            );
            // Status 501, which SDKs do not retry.
            Fault::new(501, "UpstreamUnreachable", message)
        })
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> io::Result<Response<Bytes>> {
        let (head, body) = send(self.address().await?, request).await?.into_parts();
        let body = Limited::new(body, MAX_BODY).collect().await;
        let body = body.map_err(io::Error::other)?.to_bytes();
        Ok(Response::from_parts(head, body))
    }

    async fn address(&self) -> io::Result<SocketAddr> {
        let authority = self.url.trim_start_matches("http://");
        let has_port = authority
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.bytes().all(|digit| digit.is_ascii_digit()));
        let authority = match has_port {
            true => authority.to_owned(),
            false => format!("{authority}:80"),
        };
        let mut addresses = lookup_host(authority).await?;
        addresses
            .next()
            .ok_or_else(|| io::Error::other("it has no address"))
    }

    /// Makes a call of a task in the protocol of the service.
    async fn call_api(&self, call: PeerCall) -> Result<Value, Fault> {
        let known = models::with_operation(&self.service, &call.operation);
        let request = known.and_then(|(model, operation)| {
            Some((
                model,
                operation,
                models::request(model, operation, &call.input)?,
            ))
        });
        let Some((model, operation, request)) = request else {
            let message = format!(
                "How to call `{}:{}` over HTTP is not known here. Mock the state, or make the call in a function.",
                self.service, call.operation
            );
            return Err(Fault::new(501, "UpstreamProtocol", message));
        };
        // Emulators read the account and the region from it, and do not check the signature.
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/20000101/{}/{}/aws4_request, SignedHeaders=host, Signature=0",
            call.scope.account, call.scope.region, model.signing
        );
        let mut sent = Request::builder()
            .method(request.method)
            .uri(&request.path)
            .header("host", self.url.trim_start_matches("http://"))
            .header("x-amz-date", "20000101T000000Z")
            .header("authorization", authorization);
        for (name, value) in &request.headers {
            sent = sent.header(name, value);
        }
        let sent = sent.body(Full::new(request.body)).map_err(|error| {
            let message = format!("The call cannot be sent to {}: {error}", self.url);
            Fault::new(501, "UpstreamUnreachable", message)
        })?;
        let (head, body) = self.send(sent).await?.into_parts();
        let status = head.status.as_u16();
        let answered = models::answered(model, operation, status, &head.headers, &body);
        answered.map_err(|(code, message)| Fault::new(status, kept(&code), message))
    }
}

impl Operations for Upstream {
    const API: &'static Api = &API;

    fn permissions(&self, _: &Call) -> Option<Vec<Permission>> {
        None
    }

    /// It is called by services only; requests are forwarded.
    async fn dispatch(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
        Err(Fault::not_implemented(call.api.name, &call.operation))
    }

    async fn dispatch_peer(self: &Arc<Self>, call: PeerCall) -> Result<Value, Fault> {
        self.call_api(call).await
    }
}

/// Error codes are few and known for as long as the process runs; what an emulator makes up is not kept without end.
fn kept(code: &str) -> &'static str {
    const MOST: usize = 1000;
    static CODES: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
    let mut codes = CODES.lock().unwrap_or_else(PoisonError::into_inner);
    let codes = codes.get_or_insert_default();
    if let Some(known) = codes.get(code) {
        return known;
    }
    if codes.len() >= MOST || code.len() > 100 {
        return "UnknownError";
    }
    let code: &'static str = Box::leak(code.to_owned().into_boxed_str());
    codes.insert(code);
    code
}
