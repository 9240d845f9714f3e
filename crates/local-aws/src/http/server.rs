//! Accepts connections, reads requests, writes answers.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::accept::accept;
use super::answer::respond;
use super::api::Apis;
use super::authorization::credential;
use super::call::{Call, NotServed, apparent_api};
use super::guard;
use super::own::OwnRoutes;
use crate::aws::Aws;
use crate::call_log::{CallLog, CallRecord};
use crate::fault::Fault;

/// The largest request that any service here accepts: a zip of 50 MB as base64 inside JSON.
const MAX_BODY: usize = 70 * 1024 * 1024;

/// What requests are served with.
pub(crate) struct Server {
    pub(crate) apis: Apis,
    pub(crate) aws: Aws,
    pub(crate) own: OwnRoutes,
    pub(crate) call_log: Option<CallLog>,
}

impl Server {
    fn log(&self, record: impl FnOnce() -> CallRecord) {
        if let Some(log) = &self.call_log {
            log(&record());
        }
    }
}

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
    let service = service_fn(|request| handle(Arc::clone(&server), local, request));
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

async fn handle(
    server: Arc<Server>,
    local: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let api = apparent_api(&server.apis, request.uri(), request.headers());
    let refused = |fault| {
        let id = uuid::Uuid::new_v4().to_string();
        Ok(respond(api, "", &id, Err(fault)))
    };
    if let Err(why) = guard::check(&request, local) {
        return refused(Fault::new(403, "AccessDeniedException", why));
    }
    let request = match server.own.serve(request).await {
        Ok(response) => return Ok(response),
        Err(request) => request,
    };
    // A page could send an unsigned call, so not even its body is read.
    let credential = match credential(request.headers(), api) {
        Ok(credential) => credential,
        Err(fault) => return refused(fault),
    };
    let (head, body) = request.into_parts();
    let started = Instant::now();
    let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
        let message = format!("Request must be smaller than {MAX_BODY} bytes");
        return refused(Fault::new(413, "RequestEntityTooLargeException", message));
    };
    let body = body.to_bytes();
    let (method, uri) = (&head.method, &head.uri);
    let call = match Call::read(&server.apis, method, uri, head.headers, body, credential) {
        Ok(call) => Arc::new(call),
        Err(NotServed { service, operation }) => {
            let fault = Fault::not_implemented(&service, &operation);
            server.log(|| CallRecord {
                service,
                operation,
                status: fault.status,
                error: Some(fault.code),
                duration: started.elapsed(),
                needed: Vec::new(),
            });
            return refused(fault);
        }
    };
    let permissions = server.aws.permissions(&call);
    let needed = permissions.iter().map(ToString::to_string).collect();
    // A task of its own, so that a client that hangs up does not leave a change half done.
    let outcome = tokio::spawn({
        let (server, call) = (Arc::clone(&server), Arc::clone(&call));
        async move { server.aws.serve(call, &permissions).await }
    })
    .await
    .unwrap_or_else(|_| {
        Err(Fault::new(
            500,
            "InternalFailure",
            "The local AWS failed. This is a bug in it.",
        ))
    });
    server.log(|| CallRecord {
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
