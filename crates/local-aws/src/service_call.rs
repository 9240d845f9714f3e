//! A call of any service here by a process that shares the server, without HTTP as an SDK speaks it: what sets up a stack,
//! and what looks at it after a test. No policy is asked, since whoever has the server's token has its data as well.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::http::call::Scope;
use crate::peers::{PeerCall, Peers};

/// One call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceCall {
    /// The prefix of the service's IAM actions: `dynamodb`, `events`.
    pub service: String,
    /// As AWS spells it: `PutItem`.
    pub operation: String,
    /// The members of the request as the API's model has them.
    pub input: Value,
    pub account: String,
    pub region: String,
}

/// Why a call has no output.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ServiceCallError {
    #[error("the local AWS does not serve `{0}`")]
    NotServed(String),
    #[error("{code}: {message}")]
    Refused { code: String, message: String },
    #[error("the local AWS did not answer: {0}")]
    Unanswered(String),
}

impl ServiceCall {
    /// The output, as the API's model has it.
    pub(crate) async fn make(
        self,
        peers: &Peers,
        request_id: String,
    ) -> Result<Value, ServiceCallError> {
        let service = peers.get(&self.service);
        let service = service.ok_or_else(|| ServiceCallError::NotServed(self.service.clone()))?;
        let called = service.call(PeerCall {
            operation: self.operation,
            input: self.input,
            scope: Scope {
                account: self.account,
                region: self.region,
            },
            request_id,
        });
        called.await.map_err(|fault| ServiceCallError::Refused {
            code: fault.code.to_owned(),
            message: fault.message,
        })
    }
}

/// The answer on the wire: `{"output": …}`, `{"refused": {"code": …, "message": …}}` or `{"notServed": …}`.
pub(crate) fn to_json(answer: Result<Value, ServiceCallError>) -> Value {
    match answer {
        Ok(output) => json!({ "output": output }),
        Err(ServiceCallError::NotServed(service)) => json!({ "notServed": service }),
        Err(ServiceCallError::Refused { code, message }) => {
            json!({ "refused": { "code": code, "message": message } })
        }
        Err(ServiceCallError::Unanswered(cause)) => json!({ "unanswered": cause }),
    }
}

pub(crate) fn from_json(mut answer: Value) -> Result<Value, ServiceCallError> {
    if let Some(output) = answer.get_mut("output") {
        return Ok(output.take());
    }
    let text = |pointer: &str| {
        let text = answer.pointer(pointer).and_then(Value::as_str);
        text.map(str::to_owned)
    };
    Err(match (text("/notServed"), text("/refused/code")) {
        (Some(service), _) => ServiceCallError::NotServed(service),
        (None, Some(code)) => ServiceCallError::Refused {
            code,
            message: text("/refused/message").unwrap_or_default(),
        },
        (None, None) => {
            let cause = text("/unanswered");
            ServiceCallError::Unanswered(cause.unwrap_or_else(|| "it sent no output".to_owned()))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_the_same_on_the_other_side() {
        let refused = ServiceCallError::Refused {
            code: "ResourceNotFoundException".to_owned(),
            message: "no".to_owned(),
        };
        for answer in [
            Ok(json!({ "Items": [] })),
            Ok(Value::Null),
            Err(ServiceCallError::NotServed("ec2".to_owned())),
            Err(refused),
            Err(ServiceCallError::Unanswered("late".to_owned())),
        ] {
            assert_eq!(from_json(to_json(answer.clone())), answer);
        }
    }
}
