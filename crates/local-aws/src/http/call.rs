//! A request, with all that the services need to know of it.

use bytes::Bytes;
use hyper::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use super::authorization::Credential;
use super::query::Form;
use super::service::Service;
use crate::fault::Fault;

/// The account of callers whose access key id does not name one.
pub const DEFAULT_ACCOUNT: &str = "000000000000";

/// Who calls, and where: from the SigV4 credential scope. The signature itself is not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) account: String,
    pub(crate) region: String,
}

impl Scope {
    /// Region and account of an ARN.
    pub(crate) fn of_arn(arn: &str) -> Scope {
        let mut parts = arn.split(':').skip(3).map(str::to_owned);
        let region = parts.next().unwrap_or_default();
        Scope {
            region,
            account: parts.next().unwrap_or_default(),
        }
    }
}

pub(crate) struct Call {
    pub(crate) service: Service,
    /// Empty for Lambda, whose operations are method and path.
    pub(crate) operation: String,
    pub(crate) scope: Scope,
    pub(crate) method: Method,
    /// The path's segments, decoded.
    pub(crate) path: Vec<String>,
    pub(crate) query: Form,
    /// The body of a query protocol request.
    pub(crate) form: Form,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) request_id: String,
}

/// A call of a service that is not here, as far as the request tells.
pub(crate) struct NotServed {
    pub(crate) service: String,
    pub(crate) operation: String,
}

impl Call {
    /// Finds service and operation.
    pub(crate) fn read(
        method: Method,
        uri: &hyper::Uri,
        headers: HeaderMap,
        body: Bytes,
        credential: Credential,
    ) -> Result<Call, NotServed> {
        let target = header(&headers, "x-amz-target");
        let form = if is_form(&headers) {
            Form::parse(&body)
        } else {
            Form::default()
        };
        let (service, operation) = match (target.split_once('.'), form.get("Action")) {
            (Some(("AWSStepFunctions", operation)), _) => (Service::States, operation),
            (Some(("Logs_20140328", operation)), _) => (Service::Logs, operation),
            (_, Some(action)) if form.get("Version") == Some("2010-05-08") => {
                (Service::Iam, action)
            }
            (_, Some(action)) if form.get("Version") == Some("2011-06-15") => {
                (Service::Sts, action)
            }
            (None, None) if is_lambda_path(uri.path()) => (Service::Lambda, ""),
            (Some((_, operation)), _) => {
                return Err(NotServed {
                    service: credential.service,
                    operation: operation.to_owned(),
                });
            }
            (None, action) => {
                let operation =
                    action.map_or_else(|| format!("{method} {}", uri.path()), str::to_owned);
                return Err(NotServed {
                    service: credential.service,
                    operation,
                });
            }
        };
        Ok(Call {
            service,
            operation: operation.to_owned(),
            scope: Scope {
                account: account(&credential.access_key).to_owned(),
                region: credential.region,
            },
            method,
            path: uri
                .path()
                .split('/')
                .skip(1)
                .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
                .collect(),
            query: Form::parse(uri.query().unwrap_or_default().as_bytes()),
            form,
            body,
            request_id: uuid::Uuid::new_v4().to_string(),
            headers,
        })
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        header(&self.headers, name)
    }

    /// The body as `T`. Absent bodies count as `{}`, as AWS takes them.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        let body: &[u8] = if self.body.is_empty() {
            b"{}"
        } else {
            &self.body
        };
        serde_json::from_slice(body).map_err(|error| {
            let message = if error.is_data() {
                error.to_string()
            } else {
                "Could not parse request body into json".to_owned()
            };
            match self.service {
                Service::Lambda => Fault::bad(
                    "InvalidRequestContentException",
                    format!("Could not parse request body into json: {error}"),
                ),
                _ => Fault::bad("SerializationException", message),
            }
        })
    }
}

/// An access key id of twelve digits names its account; any other belongs to the default account.
fn account(access_key: &str) -> &str {
    let names_account =
        access_key.len() == 12 && access_key.bytes().all(|byte| byte.is_ascii_digit());
    if names_account {
        access_key
    } else {
        DEFAULT_ACCOUNT
    }
}

/// The service that a request seems to be for, as far as its head tells: whose words a refusal takes.
pub(crate) fn apparent_service(uri: &hyper::Uri, headers: &HeaderMap) -> Option<Service> {
    match header(headers, "x-amz-target").split_once('.') {
        Some(("AWSStepFunctions", _)) => Some(Service::States),
        Some(("Logs_20140328", _)) => Some(Service::Logs),
        Some(_) => None,
        None if is_form(headers) => Some(Service::Iam),
        None if is_lambda_path(uri.path()) => Some(Service::Lambda),
        None => None,
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    header(headers, "content-type").starts_with("application/x-www-form-urlencoded")
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// Lambda's paths start with the date of an API version.
fn is_lambda_path(path: &str) -> bool {
    let first = path
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default();
    first.len() == 10 && first.starts_with("20") && first.split('-').count() == 3
}
