//! What the wire knows about a service: how its calls are recognized, and how its answers and errors look.

use std::fmt;

use hyper::{HeaderMap, Method};

use super::query::Form;

/// A service as the wire sees it.
#[derive(Debug)]
pub(crate) struct Api {
    /// The prefix of the service's IAM actions, which is also its name in ARNs and in the call log.
    pub(crate) name: &'static str,
    pub(crate) protocol: Protocol,
}

/// One of AWS's protocols, with what differs between the services that use it.
pub(crate) enum Protocol {
    /// AWS query: a form with `Action` and `Version`. Answers are XML.
    Query {
        version: &'static str,
        /// The XML namespace of the answers.
        namespace: &'static str,
        dialect: Dialect,
    },
    /// AWS JSON: a header `X-Amz-Target: <target>.<operation>`.
    Json {
        target: &'static str,
        content_type: &'static str,
        /// The `__type` of an error code. SDKs read what follows a `#`.
        error_type: fn(&str) -> String,
    },
    /// REST with XML, whose service owns all paths: the service that the signature names.
    RestXml {
        /// The operation of a request.
        route: fn(&Request<'_>) -> Option<&'static str>,
    },
    /// REST with JSON: the method and the path.
    Rest {
        /// Whether a path belongs to this service.
        owns: fn(&str) -> bool,
        /// The operation of a method and a path. The path is decoded and has no empty segments.
        route: fn(&Method, &[&str]) -> Option<&'static str>,
    },
}

/// How the answers of the query protocol are wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// In an element for the result.
    Common,
    /// As EC2 has it: the members of the result stand in the answer itself.
    Ec2,
}

/// What tells the operations of REST with XML apart.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a Method,
    /// The first segment of the path, and all that follows it. Empty if there is none.
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    pub(crate) query: &'a Form,
    pub(crate) headers: &'a HeaderMap,
}

/// The APIs that a server serves, in the order of its services.
#[derive(Debug, Clone)]
pub(crate) struct Apis(Vec<&'static Api>);

impl Apis {
    pub(crate) fn new(apis: impl IntoIterator<Item = &'static Api>) -> Apis {
        Apis(apis.into_iter().collect())
    }

    pub(crate) fn by_target(&self, name: &str) -> Option<&'static Api> {
        self.find(|protocol| matches!(protocol, Protocol::Json { target, .. } if *target == name))
    }

    pub(crate) fn by_version(&self, text: &str) -> Option<&'static Api> {
        self.find(
            |protocol| matches!(protocol, Protocol::Query { version, .. } if *version == text),
        )
    }

    pub(crate) fn by_path(&self, path: &str) -> Option<&'static Api> {
        self.find(|protocol| matches!(protocol, Protocol::Rest { owns, .. } if owns(path)))
    }

    /// The service that a signature names, if its protocol has no better sign.
    pub(crate) fn by_signature(&self, service: &str) -> Option<&'static Api> {
        let mut apis = self.0.iter().copied();
        apis.find(|api| api.name == service && matches!(api.protocol, Protocol::RestXml { .. }))
    }

    /// Whether a service of that name is served, in whatever protocol.
    pub(crate) fn is_served(&self, service: &str) -> bool {
        self.0.iter().any(|api| api.name == service)
    }

    /// The service that a form is taken for until its body has been read.
    pub(crate) fn first_of_query(&self) -> Option<&'static Api> {
        self.find(|protocol| matches!(protocol, Protocol::Query { .. }))
    }

    fn find(&self, fits: impl Fn(&Protocol) -> bool) -> Option<&'static Api> {
        self.0.iter().copied().find(|api| fits(&api.protocol))
    }
}

impl fmt::Debug for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protocol::Query { .. } => "Query",
            Protocol::Json { .. } => "Json",
            Protocol::Rest { .. } => "Rest",
            Protocol::RestXml { .. } => "RestXml",
        })
    }
}
