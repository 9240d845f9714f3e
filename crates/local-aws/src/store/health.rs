//! Whether the database still does what it is told. The first failure is final: what was acknowledged before it is on
//! disk, and what memory holds may not be.

use std::sync::OnceLock;

use super::StoreError;
use super::caught::Failure;
use crate::fault::Fault;

#[derive(Debug, Default)]
pub(crate) struct Health(OnceLock<String>);

impl Health {
    /// Refuses if anything has failed.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        match self.0.get() {
            None => Ok(()),
            Some(cause) => Err(Health::fault(cause)),
        }
    }

    /// What became of the store, for who ends it.
    pub(crate) fn verdict(&self) -> Result<(), StoreError> {
        match self.0.get() {
            None => Ok(()),
            Some(cause) => Err(StoreError::Failed(cause.clone())),
        }
    }

    /// Notes a failure.
    pub(super) fn failed(&self, failure: &Failure) -> Fault {
        Health::fault(self.0.get_or_init(|| failure.to_string()))
    }

    fn fault(cause: &str) -> Fault {
        // Status 507, because SDKs retry 500 to 504, and nothing gets better until the server is started again.
        let text = format!(
            "The local AWS could not use its database: {cause}. It serves nothing more until it is started again."
        );
        Fault::new(507, "InternalFailure", text)
    }
}
