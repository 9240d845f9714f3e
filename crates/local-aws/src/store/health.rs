//! Whether the database still works. The first failure is final: what was acknowledged before it is on disk, but what
//! is in memory may not be.

use std::sync::OnceLock;

use super::StoreError;
use super::failure::Failure;
use crate::fault::Fault;

#[derive(Debug, Default)]
pub(crate) struct Health(OnceLock<String>);

impl Health {
    /// An error if anything has failed.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        match self.0.get() {
            None => Ok(()),
            Some(cause) => Err(Health::fault(cause)),
        }
    }

    /// The result for whoever closes the store.
    pub(crate) fn verdict(&self) -> Result<(), StoreError> {
        match self.0.get() {
            None => Ok(()),
            Some(cause) => Err(StoreError::Failed(cause.clone())),
        }
    }

    /// Records a failure.
    pub(super) fn failed(&self, failure: &Failure) -> Fault {
        Health::fault(self.0.get_or_init(|| failure.to_string()))
    }

    fn fault(cause: &str) -> Fault {
        // Status 507, because SDKs retry 500 to 504, and a retry cannot succeed until the server is restarted.
        let text = format!(
            "The local AWS could not use its database: {cause}. It serves no more calls until it is restarted."
        );
        Fault::new(507, "InternalFailure", text)
    }
}
