//! The token of a connection with OAuth.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Uri};
use serde_json::Value;
use txflow_asl::{TaskError, TaskRequest};

use super::endpoint::loopback;
use super::{answered, elsewhere, failure, invalid};
use crate::events::OAuth;

/// A token for the client that the connection names. EventBridge gets one when the connection is made and when it is refused;
/// here each task gets its own.
pub(super) async fn token(oauth: &OAuth, request: &TaskRequest) -> Result<String, TaskError> {
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
