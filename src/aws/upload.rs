//! The code of a function on its way to Lambda.

use std::sync::Arc;

use aws_sdk_lambda::config::http::HttpRequest;
use aws_sdk_lambda::primitives::Blob;
use bytes::Bytes;
use txflow_local_aws::HANDED_OVER_HEADER;

use super::Aws;

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
    pub async fn upload(&self, zip: &Arc<[u8]>) -> Upload {
        if let Some(embedded) = &self.handover {
            let zip = Bytes::from_owner(Arc::clone(zip));
            // A server that cannot take it says why when it is called.
            if let Ok(hash) = embedded.hand_over(zip).await {
                return Upload {
                    zip: Blob::new([]),
                    header: HandedOver(Some(hash)),
                };
            }
        }
        Upload {
            zip: Blob::new(Arc::as_ref(zip)),
            header: HandedOver(None),
        }
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
