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
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::accept::accept;
use super::answer::respond;
use super::authorization::credential;
use super::call::{Call, NotServed, apparent_service};
use super::{guard, own};
use crate::aws::Aws;
use crate::fault::Fault;
use crate::options::CallRecord;
use crate::permissions;

/// The largest request of any service here: a zip of 50 MB as base64 inside JSON.
const MAX_BODY: usize = 70 * 1024 * 1024;

/// Serves until `stop` says so; then ends after the requests under way.
pub(crate) async fn serve(aws: Arc<Aws>, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let stopping = stop.clone();
    loop {
        tokio::select! {
            stream = accept(&listener) => {
                connections.spawn(connection(Arc::clone(&aws), stream, stopping.clone()));
            }
            _ = connections.join_next(), if !connections.is_empty() => {}
            _ = stop.wait_for(|stop| *stop) => break,
        }
    }
    while connections.join_next().await.is_some() {}
}

async fn connection(aws: Arc<Aws>, stream: tokio::net::TcpStream, mut stop: watch::Receiver<bool>) {
    // It is gone already.
    let Ok(local) = stream.local_addr() else {
        return;
    };
    let service = service_fn(|request| handle(Arc::clone(&aws), local, request));
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
    aws: Arc<Aws>,
    local: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let service = apparent_service(request.uri(), request.headers());
    let refused = |fault| {
        let id = uuid::Uuid::new_v4().to_string();
        Ok(respond(service, "", &id, Err(fault)))
    };
    if let Err(why) = guard::check(&request, local) {
        return refused(Fault::new(403, "AccessDeniedException", why));
    }
    let request = match own::serve(&aws, request).await {
        Ok(response) => return Ok(response),
        Err(request) => request,
    };
    // A page could send an unsigned call, so not even its body is read.
    let credential = match credential(request.headers(), service) {
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
    let call = match Call::read(head.method, &head.uri, head.headers, body, credential) {
        Ok(call) => Arc::new(call),
        Err(NotServed { service, operation }) => {
            let fault = Fault::not_implemented(&service, &operation);
            log(&aws, || CallRecord {
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
    let needed = match aws.caller_policy {
        Some(_) => permissions::needed(&aws, &call),
        None => Vec::new(),
    };
    let told = needed.iter().map(ToString::to_string).collect();
    // A task of its own, so that a client that hangs up does not leave a change half done.
    let outcome = tokio::spawn({
        let (aws, call) = (Arc::clone(&aws), Arc::clone(&call));
        async move { aws.serve(&call, &needed).await }
    })
    .await
    .unwrap_or_else(|_| {
        Err(Fault::new(
            500,
            "InternalFailure",
            "The local AWS failed; this is a fault of its own.",
        ))
    });
    let operation = match call.service {
        super::service::Service::Lambda => crate::lambda::operation(&call),
        _ => call.operation.clone(),
    };
    log(&aws, || CallRecord {
        service: call.service.name().to_owned(),
        operation: operation.clone(),
        status: outcome
            .as_ref()
            .map_or_else(|fault| fault.status, |answer| answer.status),
        error: outcome.as_ref().err().map(|fault| fault.code),
        duration: started.elapsed(),
        needed: told,
    });
    Ok(respond(
        Some(call.service),
        &operation,
        &call.request_id,
        outcome,
    ))
}

fn log(aws: &Aws, record: impl FnOnce() -> CallRecord) {
    if let Some(log) = &aws.call_log {
        log(&record());
    }
}
