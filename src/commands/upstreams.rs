//! `--upstream`: other emulators for the services of the embedded AWS.

use std::collections::BTreeMap;

use clap::Args;

#[derive(Debug, Clone, Default, Args)]
pub struct UpstreamOption {
    /// Send the calls of a service to another emulator; may be given several times (with --local)
    #[arg(long = "upstream", value_name = "SERVICE=URL", value_parser = upstream, requires = "local")]
    upstreams: Vec<(String, String)>,
}

impl UpstreamOption {
    /// URLs by service.
    pub fn urls(&self) -> BTreeMap<String, String> {
        self.upstreams.iter().cloned().collect()
    }
}

/// A service and its URL.
pub fn upstream(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(service, url)| {
        let authority = url.strip_prefix("http://").unwrap_or_default();
        !service.is_empty() && !authority.trim_end_matches('/').is_empty()
    });
    let (service, url) = parts.ok_or("it must be such as `bedrock=http://127.0.0.1:5000`")?;
    Ok((service.to_owned(), url.to_owned()))
}
