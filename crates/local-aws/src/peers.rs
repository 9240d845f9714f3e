//! The services, for those of them that call others: a task, a schedule, a rule or a topic calls without HTTP.

use std::sync::{Arc, OnceLock, Weak};

use crate::service::Service;
use crate::upstreams::Upstreams;

/// Empty until all services are there: what calls others is made before what calls it.
#[derive(Default)]
pub(crate) struct Peers {
    here: OnceLock<Vec<Weak<dyn Service>>>,
    /// The services that are elsewhere, also if they are served here.
    pub(crate) upstreams: Upstreams,
}

impl Peers {
    /// Tells who is there. Only the first call counts.
    pub(crate) fn introduce(&self, all: &[Arc<dyn Service>]) {
        self.here
            .get_or_init(|| all.iter().map(Arc::downgrade).collect());
    }

    /// The service whose IAM actions have this prefix.
    pub(crate) fn get(&self, prefix: &str) -> Option<Arc<dyn Service>> {
        if let Some(upstream) = self.upstreams.get(prefix) {
            return Some(upstream);
        }
        let mut services = self.here.get()?.iter().filter_map(Weak::upgrade);
        services.find(|service| service.api().name == prefix)
    }
}
