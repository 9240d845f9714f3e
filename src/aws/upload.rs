//! The code of a function on its way to Lambda.

use std::sync::Arc;

use aws_sdk_lambda::config::http::HttpRequest;
use aws_sdk_lambda::primitives::Blob;
use bytes::Bytes;
use txflow_local_aws::{DirectError, HANDED_OVER_HEADER};

use super::{Aws, AwsError};

/// What a call that carries code carries.
pub struct Upload {
    pub zip: Blob,
    pub header: HandedOver,
}

/// Names a zip that was handed over, and counts instead of the one in the call.
#[derive(Clone)]
pub struct HandedOver(Option<String>);

impl Aws {
    /// Prepares a call. The embedded AWS is handed the zip as it is: in the call it would be encoded, signed and decoded, and AWS takes
    /// 50 MB there, which a build without optimization may exceed.
    ///
    /// # Errors
    ///
    /// If the embedded AWS refuses the zip or cannot store it.
    pub async fn upload(
        &self,
        operation: &'static str,
        zip: &Arc<[u8]>,
    ) -> Result<Upload, AwsError> {
        if let Some(embedded) = &self.handover {
            let zip = Bytes::from_owner(Arc::clone(zip));
            match embedded.hand_over(zip).await {
                Ok(hash) => {
                    return Ok(Upload {
                        zip: Blob::new([]),
                        header: HandedOver(Some(hash)),
                    });
                }
                Err(DirectError::Refused { code, message }) => {
                    return Err(AwsError::reported(operation, Some(&code), Some(&message)));
                }
                // The call itself says what is wrong with the connection. The server of an older txflow takes the zip in it.
                Err(DirectError::NotServed { .. } | DirectError::Unreachable(_)) => {}
            }
        }
        Ok(Upload {
            zip: Blob::new(Arc::as_ref(zip)),
            header: HandedOver(None),
        })
    }
}

impl HandedOver {
    pub fn add_to(&self, request: &mut HttpRequest) {
        if let Some(hash) = &self.0 {
            request
                .headers_mut()
                .insert(HANDED_OVER_HEADER, hash.clone());
        }
    }
}
