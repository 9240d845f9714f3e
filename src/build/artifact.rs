//! What a build produces for one handler.

use std::fmt;
use std::sync::Arc;

use super::zip::code_sha256;

/// The zip of one handler and the hash that Lambda reports for it.
#[derive(Clone)]
pub struct Artifact {
    /// The name of the handler's crate.
    pub function: String,
    /// At most 50 MB; shared, since a step and the build's summary both hold it.
    pub zip: Arc<[u8]>,
    /// Base64 of SHA-256, compared with Lambda's `CodeSha256`.
    pub sha256: String,
}

impl Artifact {
    pub fn new(function: &str, zip: Arc<[u8]>) -> Self {
        Self {
            function: function.to_owned(),
            sha256: code_sha256(&zip),
            zip,
        }
    }
}

impl fmt::Debug for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Artifact")
            .field("function", &self.function)
            .field("size", &self.zip.len())
            .field("sha256", &self.sha256)
            .finish()
    }
}
