//! What a person sees who opens the server's address: what it is, how to use it, and what is deployed there.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::AUTHORIZATION;
use hyper::{Method, Request, Response};

use super::answer::build;
use crate::service::Service;

/// Whether a person asks, and not a client of S3, whose list of buckets is there as well and is signed.
pub(crate) fn is_asked_for<B>(request: &Request<B>) -> bool {
    let uri = request.uri();
    request.method() == Method::GET
        && uri.path() == "/"
        && uri.query().is_none()
        && !request.headers().contains_key(AUTHORIZATION)
}

/// The page, in plain text.
pub(crate) fn page(services: &[Arc<dyn Service>], local: SocketAddr) -> Response<Full<Bytes>> {
    let names: Vec<&str> = services.iter().map(|service| service.api().name).collect();
    let mut text = format!(
        "txflow {}: a local AWS\n\n\
         The AWS CLI and SDKs use it with AWS_ENDPOINT_URL=http://{local} and any credentials.\n\
         Services: {}\n\n",
        env!("CARGO_PKG_VERSION"),
        names.join(", ")
    );
    let deployed: Vec<String> = { services.iter() }
        .flat_map(|service| service.deployed())
        .collect();
    match deployed.is_empty() {
        true => text.push_str("Nothing is deployed. `txflow deploy --local` deploys a project.\n"),
        false => text.push_str("Deployed:\n"),
    }
    for line in deployed {
        let _ = writeln!(text, "  {line}");
    }
    build(200, "text/plain; charset=utf-8", Bytes::from(text))
}
