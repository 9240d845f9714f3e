//! The `Authorization` header of a call. The signature itself is not checked, since any key is accepted here. But the
//! header is required, because a web page cannot send it without a preflight request.
//!
//! A presigned URL of S3 stands for the header. A page could make a browser read one, but browsers say that a page asks
//! (`Sec-Fetch-Site`), and then the guard has refused the request before.

use hyper::header::AUTHORIZATION;
use hyper::{HeaderMap, Uri};

use super::api::{Api, Protocol};
use super::query::Form;
use crate::clock::{self, Millis};
use crate::fault::Fault;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What the `Credential=` of the header says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Credential {
    pub(crate) access_key: String,
    pub(crate) region: String,
    pub(crate) service: String,
}

/// A presigned URL.
pub(crate) struct Presigned {
    pub(crate) credential: Credential,
    /// Of a role's session; empty if there is none.
    pub(crate) token: String,
    expires: Millis,
}

/// Reads what a presigned URL has in its query, in version 4 of AWS's signatures or in version 2, of which boto3 makes some.
/// `None` if the URL is not one of S3.
pub(crate) fn presigned(uri: &Uri) -> Option<Presigned> {
    let query = Form::parse(uri.query()?.as_bytes());
    let get = |name: &str| query.get(name);
    if let Some(access_key) = get("AWSAccessKeyId") {
        get("Signature")?;
        return Some(Presigned {
            credential: Credential {
                access_key: access_key.to_owned(),
                region: "us-east-1".to_owned(),
                service: "s3".to_owned(),
            },
            token: get("x-amz-security-token").unwrap_or_default().to_owned(),
            expires: get("Expires")?.parse::<Millis>().ok()?.saturating_mul(1000),
        });
    }
    get("X-Amz-Signature").filter(|_| get("X-Amz-Algorithm") == Some(ALGORITHM))?;
    let credential = of_scope(get("X-Amz-Credential")?)?;
    let signed = clock::parse_compact(get("X-Amz-Date")?)?;
    let seconds = get("X-Amz-Expires")?.parse::<Millis>().ok()?;
    (credential.service == "s3").then(|| Presigned {
        credential,
        token: get("X-Amz-Security-Token").unwrap_or_default().to_owned(),
        expires: signed.saturating_add(seconds.saturating_mul(1000)),
    })
}

impl Presigned {
    pub(crate) fn check(&self, now: Millis) -> Result<(), Fault> {
        match self.expires < now {
            false => Ok(()),
            true => Err(Fault::new(403, "AccessDenied", "Request has expired")
                .with("Expires", clock::iam(self.expires))
                .with("ServerTime", clock::iam(now))),
        }
    }
}

/// Reads a call's credential. A refusal takes the form of `api`.
pub(crate) fn credential(headers: &HeaderMap, api: Option<&Api>) -> Result<Credential, Fault> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Err(missing(api));
    };
    let text = match (value.to_str(), values.next()) {
        (Ok(text), None) => text.trim(),
        _ => return Err(incomplete(api, "Authorization header is not one text")),
    };
    if text.is_empty() {
        return Err(missing(api));
    }
    let parameters = text
        .strip_prefix(ALGORITHM)
        .filter(|rest| rest.starts_with([' ', '\t']))
        .unwrap_or_default();
    let parameter = |name: &str| {
        let all = parameters
            .split(',')
            .filter_map(|part| part.split_once('='));
        let mut found = all.filter(|(key, _)| key.trim() == name);
        found
            .next()
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    };
    let required = ["Credential", "Signature", "SignedHeaders"];
    let lacking: Vec<_> = required
        .into_iter()
        .filter(|name| parameter(name).is_none())
        .map(|name| format!("Authorization header requires '{name}' parameter."))
        .collect();
    if !lacking.is_empty() {
        return Err(incomplete(api, &lacking.join(" ")));
    }
    of_scope(parameter("Credential").unwrap_or_default()).ok_or_else(|| {
        incomplete(
            api,
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/aws4_request.",
        )
    })
}

fn of_scope(scope: &str) -> Option<Credential> {
    match scope.split('/').collect::<Vec<_>>().as_slice() {
        [access_key, date, region, service, "aws4_request"]
            if ![access_key, date, region, service].contains(&&"") =>
        {
            Some(Credential {
                access_key: (*access_key).to_owned(),
                region: (*region).to_owned(),
                service: (*service).to_owned(),
            })
        }
        _ => None,
    }
}

fn missing(api: Option<&Api>) -> Fault {
    let (status, code) = match api.map(|api| &api.protocol) {
        Some(Protocol::Query { .. }) => (403, "MissingAuthenticationToken"),
        Some(Protocol::Json { .. }) => (400, "MissingAuthenticationTokenException"),
        Some(Protocol::RestXml { .. }) => (403, "AccessDenied"),
        Some(Protocol::Rest { .. }) | None => (403, "MissingAuthenticationTokenException"),
    };
    // AWS's text, and what to do about it here.
    let text = "Request is missing Authentication Token. The local AWS serves only signed calls; any access key will do.";
    Fault::new(status, code, text)
}

fn incomplete(api: Option<&Api>, text: &str) -> Fault {
    let (status, code) = match api.map(|api| &api.protocol) {
        Some(Protocol::Query { .. }) => (403, "IncompleteSignature"),
        Some(Protocol::Json { .. }) => (400, "IncompleteSignatureException"),
        Some(Protocol::RestXml { .. }) => (400, "AuthorizationHeaderMalformed"),
        Some(Protocol::Rest { .. }) | None => (403, "IncompleteSignatureException"),
    };
    Fault::new(status, code, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: Api = Api {
        name: "iam",
        protocol: Protocol::Query {
            version: "2010-05-08",
            namespace: "",
            dialect: crate::http::api::Dialect::Common,
        },
    };

    fn read(values: &[&str]) -> Result<String, &'static str> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        let credential = credential(&headers, Some(&QUERY)).map_err(|fault| fault.code)?;
        let Credential {
            access_key,
            region,
            service,
        } = credential;
        Ok(format!("{access_key} {region} {service}"))
    }

    #[test]
    fn a_signed_call_says_who_calls_and_where() {
        let good = [
            "AWS4-HMAC-SHA256 Credential=k/20260101/eu-west-1/iam/aws4_request, SignedHeaders=host, Signature=0",
            "AWS4-HMAC-SHA256 Credential=k/20260101/eu-west-1/iam/aws4_request,SignedHeaders=host,Signature=0",
            "AWS4-HMAC-SHA256 Signature=0, SignedHeaders=host;x, Credential=k/20260101/eu-west-1/iam/aws4_request",
        ];
        for header in good {
            assert_eq!(
                read(&[header]).as_deref(),
                Ok("k eu-west-1 iam"),
                "{header}"
            );
        }
    }

    #[test]
    fn what_is_not_signed_is_refused_as_aws_does() {
        assert_eq!(read(&[]), Err("MissingAuthenticationToken"));
        assert_eq!(read(&[""]), Err("MissingAuthenticationToken"));
        let good =
            "AWS4-HMAC-SHA256 Credential=k/d/r/iam/aws4_request, SignedHeaders=host, Signature=0";
        for bad in [
            &["Basic dXNlcjpwYXNzd29yZA=="][..],
            &["Bearer token"],
            &["AWS4-HMAC-SHA256"],
            &["Credential=k/d/r/iam/aws4_request, SignedHeaders=host, Signature=0"],
            &["AWS4-HMAC-SHA256Credential=k/d/r/iam/aws4_request, SignedHeaders=host, Signature=0"],
            &["AWS4-HMAC-SHA256 Credential=k/d/r/iam/aws4_request, SignedHeaders=host, Signature="],
            &["AWS4-HMAC-SHA256 Credential=k/d/r/iam/aws4_request, Signature=0"],
            &["AWS4-HMAC-SHA256 Credential=k/d/r/iam, SignedHeaders=host, Signature=0"],
            &["AWS4-HMAC-SHA256 Credential=k/d//iam/aws4_request, SignedHeaders=host, Signature=0"],
            &[
                "AWS4-HMAC-SHA256 Credential=k/d/r/iam/aws5_request, SignedHeaders=host, Signature=0",
            ],
            &[good, good],
        ] {
            assert_eq!(read(bad), Err("IncompleteSignature"), "{bad:?}");
        }
    }
}
