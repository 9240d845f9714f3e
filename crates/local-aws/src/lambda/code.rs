//! The code that CreateFunction and UpdateFunctionCode are given: a zip in the request, or one that was handed over before.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::function::Code;
use super::{Lambda, invalid, package};
use crate::fault::Fault;
use crate::http::call::Call;

/// Takes a zip from a process of the project, as it is. In a call it would be base64 in JSON, and at most 50 MB.
pub(crate) const HANDOVER_PATH: &str = "/_txflow/handover";
/// In a call that creates a function or updates its code: the SHA-256, in hex, of the zip that was handed over for it, which counts
/// instead of the one in the request.
pub const HANDED_OVER_HEADER: &str = "x-txflow-handed-over";

/// The sizes of what was handed over, by SHA-256. All of it stays in the store for as long as the server runs.
#[derive(Default)]
pub(super) struct HandedOver(Mutex<BTreeMap<[u8; 32], u64>>);

/// Where the code comes from. Only a zip inside the request is implemented.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CodeInput {
    zip_file: Option<String>,
    s3_bucket: Option<String>,
    image_uri: Option<String>,
}

/// Code that was checked.
pub(super) enum Checked {
    Sent(Vec<u8>),
    HandedOver(Code),
}

impl Lambda {
    /// The code that a call means, checked.
    pub(super) fn read_code(&self, call: &Call, input: CodeInput) -> Result<Checked, Fault> {
        if let Some(hash) = call.headers.get(HANDED_OVER_HEADER) {
            return match self.handed_over.find(hash.as_bytes()) {
                Some(code) => Ok(Checked::HandedOver(code)),
                None => Err(invalid("The zip was not handed over to this server.")),
            };
        }
        match input {
            CodeInput {
                s3_bucket: Some(_), ..
            } => Err(Fault::not_implemented(
                "lambda",
                "functions with code in S3",
            )),
            CodeInput {
                image_uri: Some(_), ..
            } => Err(Fault::not_implemented("lambda", "functions with an image")),
            CodeInput { zip_file: None, .. } => {
                Err(invalid("Please provide a source for function code."))
            }
            CodeInput {
                zip_file: Some(text),
                ..
            } => {
                let zip = STANDARD.decode(text).map_err(|_| {
                    Fault::bad("SerializationException", "`ZipFile` is not valid base64")
                })?;
                package::check_sent(&zip)?;
                Ok(Checked::Sent(zip))
            }
        }
    }

    /// Checks a zip and stores it for the call that is to come. Returns its SHA-256 in hex.
    pub(crate) async fn hand_over(&self, zip: Bytes) -> Result<String, Fault> {
        package::check(&zip)?;
        let code = self.store_code(zip).await?;
        self.handed_over.add(&code);
        Ok(hex::encode(code.sha256))
    }

    /// A stored zip, by its SHA-256 in hex.
    pub(crate) async fn zip(&self, hash: &str) -> Option<Bytes> {
        let mut digest = [0; 32];
        hex::decode_to_slice(hash, &mut digest).ok()?;
        let zip = self.store.blobs.get(&digest).await;
        zip.ok()
    }

    /// Stores what is not stored yet.
    pub(super) async fn keep_code(&self, code: Checked) -> Result<Code, Fault> {
        match code {
            Checked::Sent(zip) => self.store_code(zip.into()).await,
            Checked::HandedOver(code) => Ok(code),
        }
    }

    async fn store_code(&self, zip: Bytes) -> Result<Code, Fault> {
        let size = zip.len() as u64;
        let sha256 = self.store.blobs.put(zip).await.map_err(Fault::storage)?;
        Ok(Code { sha256, size })
    }
}

impl HandedOver {
    fn add(&self, code: &Code) {
        let mut sizes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sizes.insert(code.sha256, code.size);
    }

    fn find(&self, hash: &[u8]) -> Option<Code> {
        let mut sha256 = [0; 32];
        hex::decode_to_slice(hash, &mut sha256).ok()?;
        let sizes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let size = *sizes.get(&sha256)?;
        Some(Code { sha256, size })
    }
}
