//! The refusal of a call to a service that is not served here, in the protocol in which it was made: a client reads no other.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{HeaderMap, Response};

use super::answer::{build, ec2_error, respond};
use super::api::{Api, Protocol};
use super::call::{NotServed, header};
use crate::fault::Fault;
use crate::models;

/// An API in REST with XML that has no operations.
const REST_XML: Api = Api {
    name: "",
    protocol: Protocol::RestXml { route: |_| None },
};

pub(crate) fn fault(missing: &NotServed, served: bool) -> Fault {
    let NotServed { service, operation } = missing;
    if served && service == "sqs" {
        let message = format!(
            "The local AWS serves `sqs:{operation}` in AWS JSON, as SDKs speak it since November 2023, and not in the query \
             protocol. Update the SDK, or use a real account."
        );
        return Fault::new(501, "NotImplemented", message);
    }
    Fault::not_implemented(service, operation)
}

/// `api` is what the request seems to be for, if that is known.
pub(crate) fn refuse(
    api: Option<&'static Api>,
    service: &str,
    headers: &HeaderMap,
    request_id: &str,
    fault: Fault,
) -> Response<Full<Bytes>> {
    if service == "ec2" {
        return ec2_error(request_id, &fault);
    }
    if header(headers, "smithy-protocol") == "rpc-v2-cbor" {
        return cbor(&fault);
    }
    let xml = api.is_none() && models::protocol(service) == Some(models::Protocol::RestXml);
    let api = if xml { Some(&REST_XML) } else { api };
    respond(api, "", request_id, Err(fault))
}

/// A map of two texts.
fn cbor(fault: &Fault) -> Response<Full<Bytes>> {
    const MAP_OF_TWO: u8 = 0xa2;
    let mut body = vec![MAP_OF_TWO];
    for text in ["__type", fault.code, "message", &fault.message] {
        // A text with a length of two bytes.
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        body.push(0x79);
        body.extend(length.to_be_bytes());
        body.extend(text.bytes().take(length.into()));
    }
    let mut response = build(fault.status, "application/cbor", Bytes::from(body));
    let name = hyper::header::HeaderName::from_static("smithy-protocol");
    let value = hyper::header::HeaderValue::from_static("rpc-v2-cbor");
    response.headers_mut().insert(name, value);
    response
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    /// RFC 8949: a map of two pairs of texts, each behind the two bytes of its length.
    #[tokio::test]
    async fn a_refusal_in_cbor_is_a_map_of_texts() {
        let response = cbor(&Fault::new(501, "NotImplemented", "no"));
        assert_eq!(header(response.headers(), "smithy-protocol"), "rpc-v2-cbor");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let expected = b"\xa2\x79\0\x06__type\x79\0\x0eNotImplemented\x79\0\x07message\x79\0\x02no";
        assert_eq!(&body[..], expected);
    }
}
