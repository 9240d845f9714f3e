//! The services, for those of them that call others: a task, a schedule, a rule or a topic calls without HTTP.

use std::sync::{Arc, OnceLock, Weak};

use crate::service::Service;

/// Empty until all services are there: what calls others is made before what calls it.
#[derive(Default)]
pub(crate) struct Peers(OnceLock<Vec<Weak<dyn Service>>>);

impl Peers {
    /// Tells who is there. Only the first call counts.
    pub(crate) fn introduce(&self, all: &[Arc<dyn Service>]) {
        self.0
            .get_or_init(|| all.iter().map(Arc::downgrade).collect());
    }

    /// The service whose IAM actions have this prefix.
    pub(crate) fn get(&self, prefix: &str) -> Option<Arc<dyn Service>> {
        let mut services = self.0.get()?.iter().filter_map(Weak::upgrade);
        services.find(|service| service.api().name == prefix)
    }
}
