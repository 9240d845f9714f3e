//! Accepts connections, and answers requests.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Body;
use hyper::header::{AUTHORIZATION, REFERER};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::accept::accept;
use super::answer::{Answer, respond};
use super::api::{Api, Apis};
use super::authorization::{Credential, credential, presigned};
use super::call::{Call, NotServed, apparent_api, header};
use super::own::OwnRoutes;
use super::{elsewhere, guard, index};
use crate::aws::Aws;
use crate::call_log::{CallLog, CallRecord};
use crate::conditions::Conditions;
use crate::discovery::Identity;
use crate::fault::Fault;
use crate::iam::CallerPolicy;
use crate::mocks::MockStore;
use crate::permission::Permission;
use crate::quotas::Buckets;
use crate::services::Services;
use crate::store::Store;
use crate::subject::subject;
use crate::timing::Time;
use crate::trouble::{Trouble, trouble};

/// The largest request that any service here accepts: a zip of 50 MB as base64 inside JSON.
const MAX_BODY: usize = 70 * 1024 * 1024;

/// A body that is larger is refused before it is read, so that it is not held in memory.
fn too_large(api: Option<&Api>) -> Fault {
    match api.map(|api| api.name) {
        Some("s3") => {
            let message = format!(
                "Your proposed upload exceeds the maximum allowed size. The local AWS accepts {} MB in one request; upload \
                 the object in parts, as `aws s3 cp` does by itself",
                MAX_BODY / 1024 / 1024
            );
            Fault::bad("EntityTooLarge", message).with("MaxSizeAllowed", MAX_BODY.to_string())
        }
        _ => {
            let message = format!("Request must be smaller than {MAX_BODY} bytes");
            Fault::new(413, "RequestEntityTooLargeException", message)
        }
    }
}

/// What requests are served with.
pub(crate) struct Server {
    pub(crate) apis: Apis,
    pub(crate) aws: Aws,
    pub(crate) own: OwnRoutes,
    pub(crate) conditions: Arc<Conditions>,
    /// How many calls of each kind it still takes, if the weather counts them.
    buckets: Buckets,
    pub(crate) call_log: Option<CallLog>,
}

/// What a server is made from.
pub(crate) struct Ingredients {
    pub(crate) services: Services,
    pub(crate) store: Arc<Store>,
    pub(crate) conditions: Arc<Conditions>,
    pub(crate) mocks: Arc<MockStore>,
    pub(crate) identity: Identity,
    pub(crate) time: Time,
    pub(crate) caller_policy: Option<CallerPolicy>,
    pub(crate) call_log: Option<CallLog>,
}

/// The connection was cut instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection was cut")]
pub struct Cut;

/// Serves until `stop` is set, then finishes the requests in progress and returns.
pub(crate) async fn serve(
    server: Arc<Server>,
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    let stopping = stop.clone();
    loop {
        tokio::select! {
            stream = accept(&listener) => {
                connections.spawn(connection(Arc::clone(&server), stream, stopping.clone()));
            }
            _ = connections.join_next(), if !connections.is_empty() => {}
            _ = stop.wait_for(|stop| *stop) => break,
        }
    }
    while connections.join_next().await.is_some() {}
}

async fn connection(server: Arc<Server>, stream: TcpStream, mut stop: watch::Receiver<bool>) {
    // The peer has closed it already.
    let Ok(local) = stream.local_addr() else {
        return;
    };
    let service = service_fn(|request| {
        let server = Arc::clone(&server);
        async move { server.handle(local, request).await }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

impl Server {
    pub(crate) fn new(ingredients: Ingredients) -> Arc<Server> {
        let Services {
            all,
            iam,
            lambda,
            peers,
        } = ingredients.services;
        let own = OwnRoutes {
            identity: ingredients.identity,
            joiners: Arc::default(),
            lambda,
            iam,
            peers,
            random: ingredients.conditions.random.clone(),
            mocks: ingredients.mocks,
            time: ingredients.time,
            limited: ingredients.caller_policy.is_some(),
        };
        let aws = Aws {
            iam: Arc::clone(&own.iam),
            services: all,
            store: ingredients.store,
            caller_policy: ingredients.caller_policy,
        };
        Arc::new(Server {
            apis: aws.apis(),
            aws,
            own,
            conditions: ingredients.conditions,
            buckets: Buckets::default(),
            call_log: ingredients.call_log,
        })
    }

    /// Answers a request that was received at `local`.
    pub(crate) async fn handle<B>(
        self: &Arc<Self>,
        local: SocketAddr,
        request: Request<B>,
    ) -> Result<Response<Full<Bytes>>, Cut>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let api = apparent_api(&self.apis, request.uri(), request.headers());
        let new_id = || self.conditions.random.uuid().to_string();
        let refused = |fault| Ok(respond(api, "", &new_id(), Err(fault)));
        if let Err(why) = guard::check(&request, local) {
            return refused(Fault::new(403, "AccessDeniedException", why));
        }
        if index::is_asked_for(&request) {
            return Ok(index::page(&self.aws.services, local));
        }
        let request = match self.own.serve(request).await {
            Ok(response) => return Ok(response),
            Err(request) => request,
        };
        let (credential, token) = match self.caller(&request, api) {
            Ok(caller) => caller,
            Err(fault) => return refused(fault),
        };
        let session = match self.own.iam.session_of(&credential, &token, api) {
            Ok(session) => session,
            Err(fault) => return refused(fault),
        };
        let (head, body) = request.into_parts();
        let started = Instant::now();
        if body.size_hint().lower() > MAX_BODY as u64 {
            return refused(too_large(api));
        }
        let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
            return refused(too_large(api));
        };
        let body = body.to_bytes();
        if let Some(upstream) = self.own.peers.upstreams.get(&credential.service) {
            let forwarded = upstream.forward(head, body).await;
            return forwarded.or_else(refused);
        }
        let (method, uri) = (&head.method, &head.uri);
        let (apis, headers, id) = (&self.apis, head.headers.clone(), new_id());
        let mut call = match Call::read(apis, method, uri, headers, body, credential, id) {
            Ok(call) => call,
            Err(missing) => {
                let served = self.apis.is_served(&missing.service);
                let fault = elsewhere::fault(&missing, served);
                let NotServed { service, operation } = missing;
                let asked = service.clone();
                self.log(|| CallRecord {
                    service,
                    operation,
                    status: fault.status,
                    error: Some(fault.code),
                    duration: started.elapsed(),
                    needed: Vec::new(),
                });
                let id = new_id();
                return Ok(elsewhere::refuse(api, &asked, &head.headers, &id, fault));
            }
        };
        if let Some(session) = session {
            call.scope.account = session.account.clone();
            call.session = Some(session);
        }
        let permissions = self.aws.permissions(&call);
        let needed = permissions.iter().map(ToString::to_string).collect();
        let (call, outcome) = self.serve(call, permissions).await;
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(cut) => {
                self.log(|| CallRecord {
                    service: call.api.name.to_owned(),
                    operation: call.operation.clone(),
                    status: 0,
                    error: Some("ConnectionCut"),
                    duration: started.elapsed(),
                    needed,
                });
                return Err(cut);
            }
        };
        self.log(|| CallRecord {
            service: call.api.name.to_owned(),
            operation: call.operation.clone(),
            status: outcome
                .as_ref()
                .map_or_else(|fault| fault.status, |answer| answer.status),
            error: outcome.as_ref().err().map(|fault| fault.code),
            duration: started.elapsed(),
            needed,
        });
        Ok(respond(
            Some(call.api),
            &call.operation,
            &call.request_id,
            outcome,
        ))
    }

    /// Who calls, and the token of a session. A page could send an unsigned call, so not even its body is read.
    fn caller<B>(
        &self,
        request: &Request<B>,
        api: Option<&'static Api>,
    ) -> Result<(Credential, String), Fault> {
        let headers = request.headers();
        let presigned = presigned(request.uri());
        // A browser that does not say that a page asks still says which page led to the URL.
        let stands = !headers.contains_key(AUTHORIZATION) && !headers.contains_key(REFERER);
        if let Some(presigned) = presigned.filter(|_| stands) {
            presigned.check(self.conditions.now())?;
            return Ok((presigned.credential, presigned.token));
        }
        let token = header(headers, "x-amz-security-token").to_owned();
        Ok((credential(headers, api)?, token))
    }

    /// Serves a call in the weather that there is.
    async fn serve(
        self: &Arc<Self>,
        mut call: Call,
        permissions: Vec<Permission>,
    ) -> (Arc<Call>, Result<Result<Answer, Fault>, Cut>) {
        let conditions = &self.conditions;
        let mut trouble = None;
        if conditions.weather().varies() {
            let subject = subject(&call);
            call.view = conditions.view(&subject);
            trouble = self::trouble(conditions, &call, &subject);
            let latency = conditions.weather().latency;
            tokio::time::sleep(conditions.duration("latency", &subject, latency)).await;
            if conditions.weather().throttling
                && let Err(fault) = self.buckets.take(&call, conditions.now())
            {
                return (Arc::new(call), Ok(Err(fault)));
            }
        }
        let call = Arc::new(call);
        match trouble {
            Some(Trouble::Before(fault)) => return (call, Ok(Err(fault))),
            Some(Trouble::CutBefore) => return (call, Err(Cut)),
            _ => {}
        }
        // A task of its own, so that a client that hangs up does not leave a change half done.
        let served = tokio::spawn({
            let (server, call) = (Arc::clone(self), Arc::clone(&call));
            async move { server.aws.serve(call, &permissions).await }
        });
        let outcome = served.await.unwrap_or_else(|_| {
            Err(Fault::new(
                500,
                "InternalFailure",
                "The local AWS failed. This is a bug in it.",
            ))
        });
        match trouble {
            Some(Trouble::After(fault)) => (call, Ok(Err(fault))),
            Some(Trouble::CutAfter) => (call, Err(Cut)),
            _ => (call, Ok(outcome)),
        }
    }

    fn log(&self, record: impl FnOnce() -> CallRecord) {
        if let Some(log) = &self.call_log {
            log(&record());
        }
    }
}
