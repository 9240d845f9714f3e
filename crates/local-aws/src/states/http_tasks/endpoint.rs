//! What a task that calls an endpoint sends, and to where.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Request, Uri};
use serde_json::{Value, json};
use txflow_asl::TaskError;

use super::{Form, LONGEST_ANSWER, invalid};
use crate::events::Credentials;

/// What a task calls, and with what.
#[derive(Clone, Copy)]
pub(super) struct Endpoint<'a> {
    pub parameters: &'a Value,
    pub form: Form,
    pub credentials: &'a Credentials,
    pub region: &'a str,
}

impl Endpoint<'_> {
    /// Its address, with the query parameters.
    pub fn uri(&self) -> Result<Uri, TaskError> {
        let text = |member: &str| self.parameters[member].as_str();
        let endpoint = text("ApiEndpoint");
        let endpoint = endpoint.ok_or_else(|| invalid("The task names no `ApiEndpoint`"))?;
        let mut endpoint = match self.form {
            Form::Http => endpoint.to_owned(),
            Form::Gateway => {
                let stage = text("Stage")
                    .map(|stage| format!("/{stage}"))
                    .unwrap_or_default();
                let path = text("Path").unwrap_or_default().trim_start_matches('/');
                // It names a host, which AWS reaches over TLS; a server on this computer has none.
                let host = endpoint.trim_start_matches("http://");
                format!("http://{host}{stage}/{path}")
            }
        };
        let mut query = form_urlencoded::Serializer::new(String::new());
        let parameters = self.parameters["QueryParameters"].as_object();
        for (name, value) in parameters.into_iter().flatten() {
            for value in several(value) {
                query.append_pair(name, &value);
            }
        }
        query.extend_pairs(&self.credentials.query);
        let query = query.finish();
        if !query.is_empty() {
            endpoint.push(if endpoint.contains('?') { '&' } else { '?' });
            endpoint.push_str(&query);
        }
        let invalid = |_| invalid(&format!("`{endpoint}` is not a valid URL"));
        endpoint.parse().map_err(invalid)
    }

    pub fn method(&self) -> &str {
        self.parameters["Method"].as_str().unwrap_or("GET")
    }

    /// The headers of the definition and of the connection, and those that Step Functions sets itself.
    pub fn headers(&self) -> Vec<(String, String)> {
        let own = self.parameters["Headers"].as_object().into_iter().flatten();
        let own = own.map(|(name, value)| (name.clone(), several(value).join(",")));
        let mut headers: Vec<_> = own.collect();
        headers.extend(self.credentials.headers.iter().cloned());
        if self.form == Form::Http {
            let agent = format!("Amazon|StepFunctions|HttpInvoke|{}", self.region);
            headers.push(("User-Agent".to_owned(), agent));
            headers.push(("Range".to_owned(), format!("bytes=0-{LONGEST_ANSWER}")));
        }
        headers
    }

    pub fn request(&self, uri: &Uri) -> Result<Request<Full<Bytes>>, TaskError> {
        let method: Method =
            { self.method().parse() }.map_err(|_| invalid("`Method` is not valid"))?;
        let (kind, body) = body(self.parameters, self.credentials);
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = method;
        *request.uri_mut() = path
            .parse()
            .map_err(|_| invalid("`ApiEndpoint` is not valid"))?;
        let mut headers: Vec<(String, String)> = Vec::new();
        headers.extend(
            uri.authority()
                .map(|host| ("Host".to_owned(), host.to_string())),
        );
        headers.extend(kind.map(|kind| ("Content-Type".to_owned(), kind.to_owned())));
        headers.extend(self.headers());
        for (name, value) in headers {
            let parsed = (HeaderName::try_from(&name), HeaderValue::try_from(value));
            let (Ok(key), Ok(value)) = parsed else {
                return Err(invalid(&format!("The header `{name}` is not valid")));
            };
            request.headers_mut().insert(key, value);
        }
        Ok(request)
    }
}

/// The address of a server on this computer.
pub(super) fn loopback(uri: &Uri) -> Option<SocketAddr> {
    if uri.scheme_str() != Some("http") {
        return None;
    }
    let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
    let address: IpAddr = match host {
        "localhost" => Ipv4Addr::LOCALHOST.into(),
        host => host.parse().ok()?,
    };
    let port = uri.port_u16().unwrap_or(80);
    address
        .is_loopback()
        .then(|| SocketAddr::new(address, port))
}

/// The body, and its type if there is one.
pub(super) fn body(
    parameters: &Value,
    credentials: &Credentials,
) -> (Option<&'static str>, String) {
    let mut body = parameters["RequestBody"].clone();
    if !credentials.body.is_empty() {
        let own = body.as_object().cloned().unwrap_or_default();
        let more = credentials.body.iter();
        let more = more.map(|(name, value)| (name.clone(), json!(value)));
        body = Value::Object(own.into_iter().chain(more).collect());
    }
    let transform = &parameters["Transform"];
    match body {
        Value::Null => (None, String::new()),
        body if transform["RequestBodyEncoding"] == "URL_ENCODED" => {
            let array = transform["RequestEncodingOptions"]["ArrayFormat"].as_str();
            let kind = "application/x-www-form-urlencoded";
            (Some(kind), url_encoded(&body, array.unwrap_or("INDICES")))
        }
        Value::String(text) => (Some("text/plain"), text),
        body => (Some("application/json"), body.to_string()),
    }
}

fn url_encoded(body: &Value, array: &str) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in body.as_object().into_iter().flatten() {
        encode(&mut form, name, value, array);
    }
    form.finish()
}

fn encode(
    form: &mut form_urlencoded::Serializer<'_, String>,
    name: &str,
    value: &Value,
    array: &str,
) {
    match value {
        Value::Array(items) if array == "COMMAS" => {
            let items: Vec<String> = items.iter().map(text).collect();
            form.append_pair(name, &items.join(","));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let name = match array {
                    "REPEAT" => name.to_owned(),
                    "BRACKETS" => format!("{name}[]"),
                    _ => format!("{name}[{index}]"),
                };
                encode(form, &name, item, array);
            }
        }
        Value::Object(members) => {
            for (member, value) in members {
                encode(form, &format!("{name}[{member}]"), value, array);
            }
        }
        value => _ = form.append_pair(name, &text(value)),
    }
}

/// Values of a header or a query parameter.
fn several(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().map(text).collect(),
        value => vec![text(value)],
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_computer_are_called() {
        let called = |uri: &str| loopback(&uri.parse().unwrap());
        for uri in [
            "http://127.0.0.1:80/a",
            "http://localhost",
            "http://[::1]:80/",
        ] {
            assert_eq!(called(uri).map(|address| address.port()), Some(80), "{uri}");
        }
        for uri in [
            "https://127.0.0.1/",
            "http://example.com/",
            "http://10.0.0.1/",
            "/a",
        ] {
            assert_eq!(called(uri), None, "{uri}");
        }
    }

    /// The examples of the developer guide, "Call HTTPS APIs in Step Functions workflows".
    #[test]
    fn arrays_are_encoded_in_the_form_that_is_asked_for() {
        let body = json!({ "a": ["b", "c"], "d": { "e": 1 } });
        for (array, encoded) in [
            ("INDICES", "a[0]=b&a[1]=c&d[e]=1"),
            ("REPEAT", "a=b&a=c&d[e]=1"),
            ("COMMAS", "a=b,c&d[e]=1"),
            ("BRACKETS", "a[]=b&a[]=c&d[e]=1"),
        ] {
            let found = url_encoded(&body, array);
            let decoded = found
                .replace("%5B", "[")
                .replace("%5D", "]")
                .replace("%2C", ",");
            assert_eq!(decoded, encoded);
        }
    }
}
