//! The URLs that GetFunction returns for the code of functions. As on AWS, whoever has the URL needs nothing else.

use crate::random::Random;

/// Where a function's zip is, followed by its SHA-256 in hex.
pub(crate) const CODE_PATH: &str = "/_txflow/code/";

pub(crate) struct CodeUrls {
    endpoint_url: String,
    key: String,
}

impl CodeUrls {
    pub(super) fn new(endpoint_url: &str, random: &Random) -> CodeUrls {
        CodeUrls {
            endpoint_url: endpoint_url.to_owned(),
            key: random.uuid().to_string(),
        }
    }

    pub(super) fn url(&self, hash: &str) -> String {
        format!("{}{CODE_PATH}{hash}?key={}", self.endpoint_url, self.key)
    }

    /// Whether a URL with this key is one that GetFunction returned.
    pub(crate) fn admits(&self, key: Option<&str>) -> bool {
        key == Some(&self.key)
    }
}
