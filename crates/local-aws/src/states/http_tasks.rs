//! The tasks that call an HTTP endpoint: `http:invoke` and `apigateway:invoke`. Only servers on this computer are called.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Request, Response, Uri};
use serde_json::{Map, Value, json};
use tokio::time::timeout;
use txflow_asl::definition::ResourceKind;
use txflow_asl::{Payload, TaskError, TaskRequest, TaskResult};

use super::caller::Caller;
use super::integrations::Integrations;
use crate::events::{Credentials, OAuth};
use crate::http::client;

/// As long as AWS waits for an answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// The most that AWS reads of an answer.
const LONGEST_ANSWER: usize = 256 * 1024;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Http,
    Gateway,
}

impl Integrations {
    /// Runs a task that calls an endpoint. `None` if it is another task.
    pub(super) async fn call_endpoint(
        &self,
        caller: &Caller,
        request: &TaskRequest,
    ) -> Option<TaskResult> {
        let ResourceKind::Service {
            resource_type,
            resource,
            ..
        } = &request.resource.kind
        else {
            return None;
        };
        let form = match (resource_type.as_str(), resource.split('.').next()) {
            ("http", Some("invoke")) => Form::Http,
            ("apigateway", Some("invoke")) => Form::Gateway,
            _ => return None,
        };
        Some(self.invoke_endpoint(caller, request, form).await)
    }

    async fn invoke_endpoint(
        &self,
        caller: &Caller,
        request: &TaskRequest,
        form: Form,
    ) -> TaskResult {
        self.authorize(caller, request)?;
        let parameters = request.parameters.value();
        let mut credentials = match form {
            Form::Http => self.credentials(parameters)?,
            Form::Gateway => Credentials::default(),
        };
        if let Some(oauth) = credentials.oauth.take() {
            let token = token(&oauth, request).await?;
            let header = ("Authorization".to_owned(), format!("Bearer {token}"));
            credentials.headers.push(header);
        }
        let uri = uri(parameters, form, &credentials)?;
        let address = loopback(&uri).ok_or_else(|| elsewhere(&uri, request))?;
        let sent = http_request(parameters, form, &credentials, &uri, caller)?;
        let answer = answered(address, sent).await;
        let answer = answer.map_err(|cause| match form {
            Form::Http => failure("States.Http.Socket", cause),
            Form::Gateway => failure("ApiGateway.SocketException", cause),
        });
        result(&answer?, form)
    }

    fn credentials(&self, parameters: &Value) -> Result<Credentials, TaskError> {
        let holders = ["Authentication", "InvocationConfig"].into_iter();
        let mut arns = holders.filter_map(|holder| parameters[holder]["ConnectionArn"].as_str());
        let arn = arns.next().ok_or_else(|| {
            failure(
                "States.Runtime",
                "The task names no `ConnectionArn`".to_owned(),
            )
        })?;
        self.connections.credentials(arn).ok_or_else(|| {
            let cause = format!(
                "The connection `{arn}` does not exist in the local AWS. Create it with `aws events create-connection`."
            );
            failure("States.Runtime", cause)
        })
    }
}

/// The answer to a request, or why there is none.
async fn answered(
    address: SocketAddr,
    request: Request<Full<Bytes>>,
) -> Result<Response<Bytes>, String> {
    let answered = timeout(PATIENCE, async {
        let answer = client::send(address, request).await;
        let (head, body) = answer.map_err(|error| error.to_string())?.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await;
        let body = body.map_err(|error| error.to_string())?;
        Ok(Response::from_parts(head, body.to_bytes()))
    });
    let late = |_| Err(format!("No answer came within {} s", PATIENCE.as_secs()));
    answered.await.unwrap_or_else(late)
}

/// A token for the client that the connection names. EventBridge gets one when the connection is made and when it is refused;
/// here each task gets its own.
async fn token(oauth: &OAuth, request: &TaskRequest) -> Result<String, TaskError> {
    let mut endpoint = oauth.endpoint.clone();
    if !oauth.query.is_empty() {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let query = query.extend_pairs(&oauth.query).finish();
        endpoint = format!("{endpoint}?{query}");
    }
    let uri: Uri =
        { endpoint.parse() }.map_err(|_| invalid(&format!("`{endpoint}` is not a valid URL")))?;
    let address = loopback(&uri).ok_or_else(|| elsewhere(&uri, request))?;
    let body = token_form(oauth);
    let pair = STANDARD.encode(format!("{}:{}", oauth.client_id, oauth.client_secret));
    let mut sent = Request::builder()
        .method(oauth.method.as_str())
        .uri(uri.path_and_query().map_or("/", |path| path.as_str()))
        .header("Host", uri.authority().map_or("", |host| host.as_str()))
        .header("Authorization", format!("Basic {pair}"))
        .header("Content-Type", "application/x-www-form-urlencoded");
    for (name, value) in &oauth.headers {
        sent = sent.header(name, value);
    }
    let sent = sent.body(Full::new(Bytes::from(body)));
    let sent = sent.map_err(|_| invalid("The connection's OAuth parameters are not valid"))?;
    let refused = |why: String| {
        let endpoint = &oauth.endpoint;
        failure(
            "States.Runtime",
            format!("The connection got no token from `{endpoint}`: {why}"),
        )
    };
    let answer = answered(address, sent).await.map_err(&refused)?;
    let given: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let token = given["access_token"].as_str();
    let token = token.filter(|_| answer.status().is_success());
    let why = || refused(format!("it answered {}", answer.status()));
    token.map(str::to_owned).ok_or_else(why)
}

fn token_form(oauth: &OAuth) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    let usual = [
        ("grant_type", "client_credentials"),
        ("client_id", &oauth.client_id),
        ("client_secret", &oauth.client_secret),
    ];
    let own = |name: &str| oauth.body.iter().any(|(known, _)| known == name);
    form.extend_pairs(usual.iter().filter(|(name, _)| !own(name)));
    form.extend_pairs(&oauth.body).finish()
}

fn failure(error: &str, cause: String) -> TaskError {
    TaskError {
        error: error.to_owned(),
        cause,
    }
}

fn invalid(what: &str) -> TaskError {
    failure("States.Runtime", what.to_owned())
}

fn elsewhere(uri: &Uri, request: &TaskRequest) -> TaskError {
    let cause = format!(
        "The local AWS calls only `http://` addresses of this computer, such as `http://127.0.0.1:8080`, and `{uri}` is \
         not one. Give the state `{}` such an address, mock it, or run it in a real account.",
        request.state_name
    );
    failure("States.Runtime", cause)
}

/// The endpoint, with the query parameters.
fn uri(parameters: &Value, form: Form, credentials: &Credentials) -> Result<Uri, TaskError> {
    let text = |member: &str| parameters[member].as_str();
    let endpoint = text("ApiEndpoint").ok_or_else(|| invalid("The task names no `ApiEndpoint`"))?;
    let mut endpoint = match form {
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
    for (name, value) in parameters["QueryParameters"]
        .as_object()
        .into_iter()
        .flatten()
    {
        for value in several(value) {
            query.append_pair(name, &value);
        }
    }
    query.extend_pairs(&credentials.query);
    let query = query.finish();
    if !query.is_empty() {
        endpoint.push(if endpoint.contains('?') { '&' } else { '?' });
        endpoint.push_str(&query);
    }
    let invalid = |_| invalid(&format!("`{endpoint}` is not a valid URL"));
    endpoint.parse().map_err(invalid)
}

/// The address of a server on this computer.
fn loopback(uri: &Uri) -> Option<SocketAddr> {
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

fn http_request(
    parameters: &Value,
    form: Form,
    credentials: &Credentials,
    uri: &Uri,
    caller: &Caller,
) -> Result<Request<Full<Bytes>>, TaskError> {
    let method = parameters["Method"].as_str().unwrap_or("GET");
    let method: Method = method
        .parse()
        .map_err(|_| invalid("`Method` is not valid"))?;
    let (kind, body) = body(parameters, credentials);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = method;
    *request.uri_mut() = path
        .parse()
        .map_err(|_| invalid("`ApiEndpoint` is not valid"))?;
    let agent = format!("Amazon|StepFunctions|HttpInvoke|{}", caller.region);
    let mut headers: Vec<(String, String)> = Vec::new();
    headers.extend(
        uri.authority()
            .map(|host| ("Host".to_owned(), host.to_string())),
    );
    headers.extend(kind.map(|kind| ("Content-Type".to_owned(), kind.to_owned())));
    if form == Form::Http {
        headers.push(("User-Agent".to_owned(), agent));
        headers.push(("Range".to_owned(), format!("bytes=0-{LONGEST_ANSWER}")));
    }
    for (name, value) in parameters["Headers"].as_object().into_iter().flatten() {
        headers.push((name.clone(), several(value).join(",")));
    }
    headers.extend(credentials.headers.iter().cloned());
    for (name, value) in headers {
        let parsed = (HeaderName::try_from(&name), HeaderValue::try_from(value));
        let (Ok(key), Ok(value)) = parsed else {
            return Err(invalid(&format!("The header `{name}` is not valid")));
        };
        request.headers_mut().insert(key, value);
    }
    Ok(request)
}

/// The body, and its type if there is one.
fn body(parameters: &Value, credentials: &Credentials) -> (Option<&'static str>, String) {
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

fn result(answer: &Response<Bytes>, form: Form) -> TaskResult {
    let status = answer.status();
    let body = String::from_utf8_lossy(answer.body());
    let reason = status.canonical_reason().unwrap_or_default();
    if !status.is_success() {
        let cause = if body.is_empty() { reason } else { &body };
        let error = match form {
            Form::Http => format!("States.Http.StatusCode.{}", status.as_u16()),
            Form::Gateway => format!("ApiGateway.{}", status.as_u16()),
        };
        return Err(failure(&error, cause.to_owned()));
    }
    let mut headers = Map::new();
    for (name, value) in answer.headers() {
        let values = headers.entry(name.as_str()).or_insert_with(|| json!([]));
        if let Value::Array(values) = values {
            values.push(json!(String::from_utf8_lossy(value.as_bytes())));
        }
    }
    let parsed = serde_json::from_str(&body);
    Ok(Payload::from(json!({
        "Headers": headers,
        "ResponseBody": parsed.unwrap_or_else(|_| json!(body)),
        "StatusCode": status.as_u16(),
        "StatusText": reason,
    })))
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
