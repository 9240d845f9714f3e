//! The calls of other services here: a topic, a rule, a schedule or a task invokes a function.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::name::FunctionName;
use super::{Lambda, Origin, invalid};
use crate::fault::Fault;
use crate::http::call::PeerCall;
use crate::service::served_to_peer;

impl Lambda {
    pub(super) async fn serve_peer(self: &Arc<Self>, call: PeerCall) -> Result<Value, Fault> {
        if call.operation != "Invoke" {
            return served_to_peer(self, call).await;
        }
        let text = |member: &str| call.input[member].as_str();
        let function = text("FunctionName").unwrap_or_default();
        let mut name = FunctionName::parse(function, &call.scope)?;
        name.qualifier = name.qualifier.or(text("Qualifier").map(str::to_owned));
        let payload = STANDARD.decode(text("Payload").unwrap_or_default());
        let payload = payload.map_err(|_| invalid("Payload is not valid base64."))?;
        let payload = Bytes::from(payload);
        if text("InvocationType") == Some("Event") {
            self.invoke_event(&name, payload, Origin::default()).await?;
            return Ok(json!({ "StatusCode": 202 }));
        }
        let invoked = self.invoke(&name, payload, Origin::default()).await?;
        let mut answer = json!({
            "ExecutedVersion": invoked.version,
            "Payload": STANDARD.encode(&invoked.outcome.payload),
            "StatusCode": 200,
        });
        if let Some(error) = invoked.outcome.error {
            answer["FunctionError"] = json!(error);
        }
        Ok(answer)
    }
}
