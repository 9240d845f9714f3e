//! The code that CreateFunction and UpdateFunctionCode are given: a zip in the request, or one that was handed over before.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use tokio::sync::{RwLock, RwLockReadGuard};

use super::function::Code;
use super::{Lambda, invalid, package};
use crate::fault::Fault;
use crate::http::call::Call;

/// Takes a zip from a process of the project, as it is. In a call it would be base64 in JSON, and at most 50 MB.
pub(crate) const HANDOVER_PATH: &str = "/_txflow/handover";
/// In a call that creates a function or updates its code: the SHA-256, in hex, of the zip that was handed over for it, which counts
/// instead of the one in the request.
pub const HANDED_OVER_HEADER: &str = "x-txflow-handed-over";

/// Code that was stored, and that no function may have yet.
#[derive(Default)]
pub(super) struct Arrivals {
    /// Read while code arrives, written while what nobody uses is removed.
    lock: RwLock<()>,
    handed_over: Mutex<BTreeMap<[u8; 32], HandedOver>>,
}

struct HandedOver {
    size: u64,
    /// How many calls are still to come for it: functions may have the same code.
    calls: usize,
}

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
            return match self.handed_over(hash.as_bytes()) {
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

    /// The code with this hash. A call that is repeated after its success finds that of its function.
    fn handed_over(&self, hash: &[u8]) -> Option<Code> {
        let mut sha256 = [0; 32];
        hex::decode_to_slice(hash, &mut sha256).ok()?;
        self.arrivals.find(sha256).or_else(|| {
            let functions = self.functions.list("");
            let mut codes = functions.iter().flat_map(|(_, function)| function.codes());
            codes.find(|code| code.sha256 == sha256).cloned()
        })
    }

    /// Checks a zip and stores it for the call that is to come. Returns its SHA-256 in hex.
    pub(crate) async fn hand_over(&self, zip: Bytes) -> Result<String, Fault> {
        package::check(&zip)?;
        let _arriving = self.arrivals.begin().await;
        let code = self.store_code(zip).await?;
        self.arrivals.add(&code);
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

    /// A function has the code of this call, so it goes with the functions that have it.
    pub(super) fn took_code(&self, call: &Call, code: &Code) {
        if call.headers.contains_key(HANDED_OVER_HEADER) {
            self.arrivals.take(code);
        }
    }

    /// Removes code that no version has any more. While other code arrives nothing is removed: a later change does it, or the next
    /// start.
    pub(super) fn remove_unused_code(&self) {
        let Ok(_nothing_arrives) = self.arrivals.lock.try_write() else {
            return;
        };
        let mut used = self.arrivals.expected();
        for (_, function) in self.functions.list("") {
            used.extend(function.code_digests().map(hex::encode));
        }
        // What stays behind is removed at the next start.
        let _ = self.store.blobs.keep_only(&used);
        self.runner.keep_only(&used);
    }
}

impl Arrivals {
    /// Keeps what arrives until the returned value is dropped, by when a function has it.
    pub(super) async fn begin(&self) -> RwLockReadGuard<'_, ()> {
        self.lock.read().await
    }

    fn add(&self, code: &Code) {
        let mut handed_over = self.handed_over();
        let arrived = handed_over.entry(code.sha256).or_insert(HandedOver {
            size: code.size,
            calls: 0,
        });
        arrived.calls += 1;
    }

    fn find(&self, sha256: [u8; 32]) -> Option<Code> {
        let size = self.handed_over().get(&sha256)?.size;
        Some(Code { sha256, size })
    }

    fn take(&self, code: &Code) {
        let mut handed_over = self.handed_over();
        if let Some(arrived) = handed_over.get_mut(&code.sha256) {
            arrived.calls -= 1;
            if arrived.calls == 0 {
                handed_over.remove(&code.sha256);
            }
        }
    }

    /// What a call is still to come for.
    fn expected(&self) -> HashSet<String> {
        self.handed_over().keys().map(hex::encode).collect()
    }

    fn handed_over(&self) -> MutexGuard<'_, BTreeMap<[u8; 32], HandedOver>> {
        self.handed_over
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
