//! The embedded AWS behind `--local`: the one that runs, or one for as long as the command takes.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use txflow_local_aws::{
    Damaged, JoinedOrStarted, LocalAws, Mocks, Options, StartError, Time, private_folder,
};

/// Where a project keeps what its local stages hold. No other user can look into it, or put something there.
pub(super) fn data_dir(root: &Path) -> Result<PathBuf, StartError> {
    let path = root.join(".txflow");
    match private_folder(&path) {
        Ok(()) => Ok(path.join("local")),
        Err(source) => Err(StartError::DataDirectory { path, source }),
    }
}

/// A server that stays for as long as this value lives.
pub(super) struct Embedded(JoinedOrStarted);

impl Embedded {
    /// Of several txflow processes of a project the first serves, and the others use its server.
    pub async fn open(root: &Path, time: Time) -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .context("no port on 127.0.0.1 is free")?;
        let mut options = Options::new(data_dir(root)?, listener);
        options.time = time;
        Ok(Self(LocalAws::join_or_start(options).await?))
    }

    pub fn endpoint_url(&self) -> String {
        match &self.0 {
            JoinedOrStarted::Joined(joined) => joined.endpoint_url(),
            JoinedOrStarted::Started(aws) => aws.endpoint_url(),
        }
    }

    /// Whether another process serves.
    pub fn joined(&self) -> bool {
        matches!(self.0, JoinedOrStarted::Joined(_))
    }

    /// The damaged database that was moved aside, if this command found one.
    pub fn damaged(&self) -> Option<&Damaged> {
        match &self.0 {
            JoinedOrStarted::Joined(_) => None,
            JoinedOrStarted::Started(aws) => aws.damaged(),
        }
    }

    pub async fn add_mocks(&self, mocks: Mocks) -> Result<()> {
        match &self.0 {
            JoinedOrStarted::Joined(joined) => joined.add_mocks(&mocks)?,
            JoinedOrStarted::Started(aws) => aws.add_mocks(mocks),
        }
        Ok(())
    }

    /// Ends the server once no other process uses it. Fails if it could not keep everything.
    pub async fn close(self) -> Result<()> {
        if let JoinedOrStarted::Started(aws) = self.0 {
            aws.until_unused().await;
            aws.shutdown().await.map_err(StartError::from)?;
        }
        Ok(())
    }
}
