//! The code that CreateFunction and UpdateFunctionCode upload.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::function::Code;
use super::{Lambda, invalid, package};
use crate::fault::Fault;

/// Where the code comes from. Only a zip inside the request is implemented.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CodeInput {
    zip_file: Option<String>,
    s3_bucket: Option<String>,
    image_uri: Option<String>,
}

impl Lambda {
    /// The zip, checked and decoded.
    pub(super) fn read_code(&self, input: CodeInput) -> Result<Vec<u8>, Fault> {
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
                package::check(&zip)?;
                Ok(zip)
            }
        }
    }

    /// A stored zip, by its SHA-256 in hex.
    pub(crate) async fn zip(&self, hash: &str) -> Option<Bytes> {
        let mut digest = [0; 32];
        hex::decode_to_slice(hash, &mut digest).ok()?;
        let zip = self.store.blobs.get(&digest).await;
        zip.ok()
    }

    /// Stores the zip.
    pub(super) async fn keep_code(&self, zip: Vec<u8>) -> Result<Code, Fault> {
        let size = zip.len() as u64;
        let sha256 = self.store.blobs.put(zip).await.map_err(Fault::storage)?;
        Ok(Code { sha256, size })
    }
}
