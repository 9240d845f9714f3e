//! Calls of services by the processes of a project, such as the one that makes what `[local]` asks for. They need the token
//! of the endpoint file and no role: whoever has it could as well change the database.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::timeout;

use crate::discovery::{Joined, TOKEN_HEADER};
use crate::fault::Fault;
use crate::http::call::PeerCall;
use crate::http::client::send;
use crate::http::scope::Scope;
use crate::lambda::HANDOVER_PATH;
use crate::peers::Peers;
use crate::random::Random;

/// Takes the calls.
pub(crate) const CALL_PATH: &str = "/_txflow/call";

/// Longer than any call takes that waits for nothing.
const PATIENCE: Duration = Duration::from_secs(60);

/// Calls the services of a running server.
#[derive(Debug, Clone)]
pub struct Direct {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
    pub(crate) account: String,
    pub(crate) region: String,
}

/// Why a call did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum DirectError {
    #[error("the local AWS does not serve `{service}:{operation}`")]
    NotServed { service: String, operation: String },
    #[error("{message} ({code})")]
    Refused { code: String, message: String },
    #[error("the local AWS cannot be reached: {0}")]
    Unreachable(#[from] io::Error),
}

impl Direct {
    /// The same in another account and region.
    #[must_use]
    pub fn within(&self, account: &str, region: &str) -> Direct {
        Direct {
            account: account.to_owned(),
            region: region.to_owned(),
            ..self.clone()
        }
    }
}

impl Joined {
    /// Calls its services directly, in an account and a region.
    pub fn direct(&self, account: &str, region: &str) -> Direct {
        Direct {
            address: self.address,
            token: self.token.clone(),
            account: account.to_owned(),
            region: region.to_owned(),
        }
    }
}

impl DirectError {
    /// The code of an error that the service returned.
    pub fn code(&self) -> Option<&str> {
        match self {
            DirectError::Refused { code, .. } => Some(code),
            DirectError::NotServed { .. } | DirectError::Unreachable(_) => None,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct DirectCall {
    /// The prefix of the service's IAM actions.
    service: String,
    operation: String,
    account: String,
    region: String,
    input: Value,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Answered {
    Done(Value),
    Refused { code: String, message: String },
}

impl Answered {
    pub(crate) fn of(outcome: Result<Value, Fault>) -> Answered {
        match outcome {
            Ok(output) => Answered::Done(output),
            Err(fault) => Answered::Refused {
                code: fault.code.to_owned(),
                message: fault.message,
            },
        }
    }
}

impl Direct {
    /// Calls an operation with the members that the API's model has.
    pub async fn call(
        &self,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, DirectError> {
        let call = DirectCall {
            service: service.to_owned(),
            operation: operation.to_owned(),
            account: self.account.clone(),
            region: self.region.clone(),
            input,
        };
        let body = serde_json::to_vec(&call).map_err(io::Error::other)?;
        let request = Request::post(CALL_PATH)
            .header("host", self.address.to_string())
            .header(TOKEN_HEADER, &self.token)
            .body(Full::new(Bytes::from(body)))
            .map_err(io::Error::other)?;
        match self.answered(request).await? {
            Answered::Done(output) => Ok(output),
            Answered::Refused { code, .. } if code == "NotImplemented" => {
                Err(DirectError::NotServed {
                    service: call.service,
                    operation: call.operation,
                })
            }
            Answered::Refused { code, message } => Err(DirectError::Refused { code, message }),
        }
    }

    /// Hands the zip of a function over. What it returns names the zip in [`HANDED_OVER_HEADER`](crate::HANDED_OVER_HEADER).
    pub async fn hand_over(&self, zip: Bytes) -> Result<String, DirectError> {
        let request = Request::put(HANDOVER_PATH)
            .header("host", self.address.to_string())
            .header(TOKEN_HEADER, &self.token)
            .body(Full::new(zip))
            .map_err(io::Error::other)?;
        match self.answered(request).await? {
            Answered::Done(hash) => Ok(hash.as_str().unwrap_or_default().to_owned()),
            Answered::Refused { code, message } => Err(DirectError::Refused { code, message }),
        }
    }

    /// Puts an object into a bucket. Its bytes need not be text, as in a call they must.
    pub async fn put_object(
        &self,
        bucket: &str,
        key: &str,
        body: Vec<u8>,
    ) -> Result<(), DirectError> {
        let path: Vec<String> = { key.split('/') }
            .map(|part| utf8_percent_encode(part, NON_ALPHANUMERIC).to_string())
            .collect();
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/20000101/{}/s3/aws4_request, SignedHeaders=host, Signature=0",
            self.account, self.region
        );
        let request = Request::put(format!("/{bucket}/{}", path.join("/")))
            .header("host", self.address.to_string())
            .header("authorization", authorization)
            .header("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
            .body(Full::new(Bytes::from(body)))
            .map_err(io::Error::other)?;
        let (status, body) = self.exchange(request).await?;
        if status.is_success() {
            return Ok(());
        }
        Err(DirectError::Refused {
            code: status.to_string(),
            message: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    async fn answered(&self, request: Request<Full<Bytes>>) -> io::Result<Answered> {
        let (_, body) = self.exchange(request).await?;
        serde_json::from_slice(&body).map_err(io::Error::other)
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> io::Result<(StatusCode, Bytes)> {
        let answer = timeout(PATIENCE, send(self.address, request)).await;
        let (head, body) = answer??.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?;
        Ok((head.status, body.to_bytes()))
    }
}

impl DirectCall {
    /// Makes the call on this side of the connection.
    pub(crate) async fn answer(self, peers: &Arc<Peers>, random: &Random) -> Answered {
        let Some(service) = peers.get(&self.service) else {
            return Answered::Refused {
                code: "NotImplemented".to_owned(),
                message: String::new(),
            };
        };
        let called = service.call(PeerCall {
            operation: self.operation,
            input: self.input,
            scope: Scope {
                account: self.account,
                region: self.region,
            },
            request_id: random.uuid().to_string(),
            time: None,
        });
        Answered::of(called.await)
    }
}
