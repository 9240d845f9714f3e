//! A local AWS in memory: without files, sockets, threads and processes.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Response};

use crate::conditions::Conditions;
use crate::discovery::Identity;
use crate::http::server::{Cut, Ingredients, Server};
use crate::lambda::{Handlers, Running};
use crate::mocks::{MockStore, Mocks};
use crate::options::Behavior;
use crate::services::{self, Parts};
use crate::store::{Store, StoreError};
use crate::weather::Weather;

/// Where requests are to be addressed; nobody listens there.
const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4566);

/// A local AWS that keeps nothing once it is dropped. With a seed and a clock that follows Tokio, on a runtime with one
/// thread, the same calls in the same order get the same answers at the same times.
pub struct InMemoryAws {
    server: Arc<Server>,
}

impl InMemoryAws {
    /// `handlers` answers the calls of all functions.
    pub fn start(behavior: Behavior, handlers: Handlers) -> Result<InMemoryAws, StoreError> {
        let Behavior {
            weather,
            time,
            clock,
            random,
            mocks,
            caller_policy,
            call_log,
            on_end,
            on_undelivered,
        } = behavior;
        let conditions = Conditions::new(clock, random, weather);
        let mocks = Arc::new(MockStore::new(mocks));
        let store = Store::in_memory();
        let services = services::load(Parts {
            store: &store,
            conditions: &conditions,
            time,
            on_end,
            on_undelivered,
            mocks: &mocks,
            endpoint_url: &InMemoryAws::endpoint_url(),
            running: Running::Answers(handlers),
            limited: caller_policy.is_some(),
        })?;
        let server = Server::new(Ingredients {
            services,
            store,
            conditions,
            mocks,
            identity: Identity::new(),
            time,
            caller_policy,
            call_log,
        });
        Ok(InMemoryAws { server })
    }

    /// What clients are given as the endpoint URL.
    pub fn endpoint_url() -> String {
        format!("http://{ADDRESS}")
    }

    /// Answers a request as a server does that has read it from a connection. `Err` if the weather cuts that.
    pub async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Cut> {
        let mut request = request.map(Full::new);
        // What a client's connection adds.
        let host = request.uri().authority().map(|host| host.as_str());
        let host = HeaderValue::from_str(host.unwrap_or("127.0.0.1:4566"));
        if let Ok(host) = host {
            request.headers_mut().entry(HOST).or_insert(host);
        }
        let (head, body) = self.server.handle(ADDRESS, request).await?.into_parts();
        let Ok(body) = body.collect().await;
        Ok(Response::from_parts(head, body.to_bytes()))
    }

    /// Changes the weather. What was remembered of the past in bad weather stays, what is still under way takes as long
    /// as it would have.
    pub fn set_weather(&self, weather: Weather) {
        self.server.conditions.set_weather(weather);
    }

    /// Adds mocks.
    pub fn add_mocks(&self, mocks: Mocks) {
        self.server.own.mocks.merge(mocks);
    }

    /// Creates or replaces a customer managed policy, such as a permissions boundary.
    pub async fn put_policy(&self, arn: &str, document: &str) -> io::Result<()> {
        let put = self.server.own.iam.put_policy(arn, document).await;
        put.map_err(|fault| io::Error::other(fault.message))
    }
}

impl Drop for InMemoryAws {
    /// Abandons the executions that still run.
    fn drop(&mut self) {
        self.server.aws.stop();
    }
}
