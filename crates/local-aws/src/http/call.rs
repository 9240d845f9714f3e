//! A request, with everything that the services need to know about it.

use std::sync::Arc;

use bytes::Bytes;
use hyper::header::HeaderName;
use hyper::{HeaderMap, Method, Uri};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::api::{Api, Apis, Protocol, Request};
use super::authorization::{Credential, presigned};
use super::guard::bucket_of_host;
use super::query::Form;
use super::scope::{Scope, account};
use crate::conditions::View;
use crate::models::HttpRequest;
use crate::session::RoleSession;
use crate::timing::Time;

pub(crate) struct Call {
    pub(crate) api: &'static Api,
    pub(crate) operation: String,
    pub(crate) scope: Scope,
    /// The session of a role that calls. `None` for the user, and for services here.
    pub(crate) session: Option<Arc<RoleSession>>,
    /// The path's segments, decoded. Empty ones are left out.
    pub(crate) path: Vec<String>,
    pub(crate) query: Form,
    /// The body of a query protocol request.
    pub(crate) form: Form,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) request_id: String,
    /// What the call gets to see.
    pub(crate) view: View,
}

/// A call that one service makes to another. Whoever makes it has checked the rights of the role that it is made for.
#[derive(Debug)]
pub(crate) struct PeerCall {
    /// As AWS spells it: `PutItem`.
    pub(crate) operation: String,
    /// The members as the API's model has them.
    pub(crate) input: Value,
    pub(crate) scope: Scope,
    pub(crate) request_id: String,
    /// How the executions wait that it starts, if the caller says so.
    pub(crate) time: Option<Time>,
}

/// A call to a service that is not served here, as far as the request names it.
pub(crate) struct NotServed {
    pub(crate) service: String,
    pub(crate) operation: String,
}

impl Call {
    /// Finds the service and the operation.
    pub(crate) fn read(
        apis: &Apis,
        method: &Method,
        uri: &Uri,
        headers: HeaderMap,
        body: Bytes,
        credential: Credential,
        request_id: String,
    ) -> Result<Call, NotServed> {
        if let Some(api) = apis.by_signature(&credential.service) {
            return Ok(Call::of_rest_xml(
                api, method, uri, headers, body, credential, request_id,
            ));
        }
        let form = if is_form(&headers) {
            Form::parse(&body)
        } else {
            Form::default()
        };
        let mut path = segments(uri.path());
        let target = target(&headers);
        let action = form.get("Action");
        let by_target = target
            .and_then(|(name, operation)| Some((apis.by_target(name)?, operation.to_owned())));
        let by_action = || {
            let api = apis.by_version(form.get("Version")?)?;
            Some((api, action?.to_owned()))
        };
        let by_path = || {
            let unclaimed = target.is_none() && action.is_none();
            let api = unclaimed.then(|| apis.by_path(uri.path()))??;
            // The paths of other services begin with a date as well.
            (api.name == credential.service).then(|| (api, routed(api, method, &path)))
        };
        let found = by_target.or_else(by_action).or_else(by_path);
        let Some((api, operation)) = found else {
            let named = target.map(|(_, operation)| operation).or(action);
            return Err(NotServed {
                operation: named.map_or_else(|| format!("{method} {}", uri.path()), str::to_owned),
                service: credential.service,
            });
        };
        path.retain(|segment| !segment.is_empty());
        Ok(Call {
            api,
            operation,
            scope: Scope {
                account: account(&credential.access_key).to_owned(),
                region: credential.region,
            },
            session: None,
            path,
            query: Form::parse(uri.query().unwrap_or_default().as_bytes()),
            form,
            body,
            request_id,
            view: View::LATEST,
            headers,
        })
    }

    fn of_rest_xml(
        api: &'static Api,
        method: &Method,
        uri: &Uri,
        headers: HeaderMap,
        body: Bytes,
        credential: Credential,
        request_id: String,
    ) -> Call {
        let path = uri.path().trim_start_matches('/');
        let (bucket, key) = match bucket_of_host(header(&headers, "host")) {
            Some(bucket) => (bucket, path),
            None => path.split_once('/').unwrap_or((path, "")),
        };
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (bucket, key) = (decoded(bucket), decoded(key));
        let query = Form::parse(uri.query().unwrap_or_default().as_bytes());
        let operation = match api.protocol {
            Protocol::RestXml { route } => route(&Request {
                method,
                bucket: &bucket,
                key: &key,
                query: &query,
                headers: &headers,
            }),
            _ => None,
        };
        Call {
            api,
            operation: operation.map_or_else(|| format!("{method} {uri}"), str::to_owned),
            scope: Scope {
                account: account(&credential.access_key).to_owned(),
                region: credential.region,
            },
            path: vec![bucket, key],
            query,
            form: Form::default(),
            headers,
            body,
            request_id,
            view: View::LATEST,
            session: None,
        }
    }

    /// A call that came from another service here, as one in the AWS JSON protocol would be.
    pub(crate) fn of_peer(api: &'static Api, call: PeerCall) -> Call {
        let time = call.time.map(Time::header_value);
        let time = time.map(|time| (HeaderName::from_static(Time::HEADER), time));
        Call {
            api,
            operation: call.operation,
            scope: call.scope,
            session: None,
            path: Vec::new(),
            query: Form::default(),
            form: Form::default(),
            headers: time.into_iter().collect(),
            body: Bytes::from(call.input.to_string()),
            request_id: call.request_id,
            view: View::LATEST,
        }
    }

    /// A call that came from another service here, in the protocol of this one.
    pub(crate) fn of_request(api: &'static Api, call: PeerCall, request: &HttpRequest) -> Call {
        let headers = request.headers.iter().filter_map(|(name, value)| {
            let name: HeaderName = name.parse().ok()?;
            Some((name, value.parse().ok()?))
        });
        let headers: HeaderMap = headers.collect();
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let mut path = segments(path);
        path.retain(|segment| !segment.is_empty());
        let form = match is_form(&headers) {
            true => Form::parse(&request.body),
            false => Form::default(),
        };
        Call {
            path,
            query: Form::parse(query.as_bytes()),
            form,
            headers,
            body: request.body.clone(),
            ..Call::of_peer(api, call)
        }
    }

    /// How the executions wait that it starts, if the caller says so.
    pub(crate) fn time(&self) -> Option<Time> {
        Time::parse(self.header(Time::HEADER))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        header(&self.headers, name)
    }
}

/// The service that a request seems to be for, judging by its head. A refusal takes the form of that service.
pub(crate) fn apparent_api(apis: &Apis, uri: &Uri, headers: &HeaderMap) -> Option<&'static Api> {
    let signed = header(headers, "authorization").split('/').nth(3);
    let signed = signed.or_else(|| presigned(uri).map(|_| "s3"));
    if let Some(api) = signed.and_then(|service| apis.by_signature(service)) {
        return Some(api);
    }
    match target(headers) {
        Some((name, _)) => apis.by_target(name),
        None if is_form(headers) => apis.first_of_query(),
        None => { apis.by_path(uri.path()) }
            .filter(|api| signed.is_none_or(|service| service == api.name)),
    }
}

/// What `X-Amz-Target` names: a service and an operation.
fn target(headers: &HeaderMap) -> Option<(&str, &str)> {
    header(headers, "x-amz-target").split_once('.')
}

fn segments(path: &str) -> Vec<String> {
    path.split('/')
        .skip(1)
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect()
}

/// The operation of a method and a path, or the method and the path if the service has no such operation.
fn routed(api: &Api, method: &Method, segments: &[String]) -> String {
    let path: Vec<&str> = segments
        .iter()
        .map(String::as_str)
        .filter(|segment| !segment.is_empty())
        .collect();
    let operation = match api.protocol {
        Protocol::Rest { route, .. } => route(method, &path),
        _ => None,
    };
    operation.map_or_else(
        || format!("{method} /{}", segments.join("/")),
        str::to_owned,
    )
}

fn is_form(headers: &HeaderMap) -> bool {
    header(headers, "content-type").starts_with("application/x-www-form-urlencoded")
}

pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// One made-up service of each protocol.
    const QUERY: Api = Api {
        name: "query",
        protocol: Protocol::Query {
            version: "2000-01-01",
            namespace: "",
            dialect: crate::http::api::Dialect::Common,
        },
    };
    const JSON: Api = Api {
        name: "json",
        protocol: Protocol::Json {
            target: "Target",
            content_type: "",
            error_type: str::to_owned,
        },
    };
    const REST: Api = Api {
        name: "rest",
        protocol: Protocol::Rest {
            owns: |path| path.starts_with("/things"),
            route,
        },
    };

    static ROUTED: AtomicUsize = AtomicUsize::new(0);

    fn route(method: &Method, path: &[&str]) -> Option<&'static str> {
        ROUTED.fetch_add(1, Ordering::Relaxed);
        match path {
            ["things", _] if method == Method::GET => Some("GetThing"),
            _ => None,
        }
    }

    fn read(request: &str, headers: &[(&'static str, &str)], body: &'static str) -> String {
        read_signed("rest", request, headers, body)
    }

    fn read_signed(
        service: &str,
        request: &str,
        headers: &[(&'static str, &str)],
        body: &'static str,
    ) -> String {
        let apis = Apis::new([&QUERY, &JSON, &REST]);
        let (method, uri) = request.split_once(' ').unwrap();
        let (method, uri): (Method, Uri) = (method.parse().unwrap(), uri.parse().unwrap());
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let credential = Credential {
            access_key: "key".to_owned(),
            region: "eu-west-1".to_owned(),
            service: service.to_owned(),
        };
        let headers: HeaderMap = headers.collect();
        match Call::read(
            &apis,
            &method,
            &uri,
            headers,
            body.into(),
            credential,
            String::new(),
        ) {
            Ok(call) => format!(
                "{}:{} {}",
                call.api.name,
                call.operation,
                call.path.join(" ")
            ),
            Err(NotServed { service, operation }) => format!("not served: {service}:{operation}"),
        }
    }

    #[test]
    fn a_call_is_recognized_by_the_protocol_of_its_service() {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let target = |name| [("x-amz-target", name)];
        let of_query = read("POST /", &form, "Action=Do&Version=2000-01-01");
        assert_eq!(of_query.trim_end(), "query:Do");
        let of_json = read("POST /", &target("Target.Do"), "{}");
        assert_eq!(of_json.trim_end(), "json:Do");
        for foreign in [
            read("POST /", &form, "Action=Do&Version=2000-01-02"),
            read("POST /things/1", &target("Other.Do"), "{}"),
        ] {
            assert_eq!(foreign, "not served: rest:Do");
        }
        let foreign = read("GET /other", &[], "");
        assert_eq!(foreign, "not served: rest:GET /other");
        let foreign = read_signed("other", "GET /things/1", &[], "");
        assert_eq!(foreign, "not served: other:GET /things/1");
    }

    #[test]
    fn the_operation_of_a_path_is_worked_out_once() {
        let before = ROUTED.load(Ordering::Relaxed);
        assert_eq!(
            read("GET /things//a%20b/", &[], ""),
            "rest:GetThing things a b"
        );
        assert_eq!(
            read("PUT /things/1/", &[], ""),
            "rest:PUT /things/1/ things 1"
        );
        assert_eq!(ROUTED.load(Ordering::Relaxed), before + 2);
    }
}
