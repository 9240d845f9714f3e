//! The services behind one door: each call passes the checks that all of them share, then its own service.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::api::{Api, Apis};
use crate::http::call::Call;
use crate::iam::CallerPolicy;
use crate::permission::Permission;
use crate::service::Service;
use crate::store::{Store, StoreError};

pub(crate) struct Aws {
    pub(crate) services: Vec<Arc<dyn Service>>,
    pub(crate) store: Arc<Store>,
    /// What callers may do, if that is limited.
    pub(crate) caller_policy: Option<CallerPolicy>,
}

impl Aws {
    pub(crate) fn apis(&self) -> Apis {
        Apis::new(self.services.iter().map(|service| service.api()))
    }

    /// What the caller needs for the call, if callers have a policy.
    pub(crate) fn permissions(&self, call: &Call) -> Vec<Permission> {
        if self.caller_policy.is_none() {
            return Vec::new();
        }
        let service = self.service(call.api);
        service
            .and_then(|service| service.permissions(call))
            .unwrap_or_default()
    }

    /// Serves the call if its caller has what it needs. Nothing is answered that may not be on disk.
    pub(crate) async fn serve(
        &self,
        call: Arc<Call>,
        needed: &[Permission],
    ) -> Result<Answer, Fault> {
        self.store.check()?;
        let answer = self.admit(call, needed).await?;
        self.store.check()?;
        Ok(answer)
    }

    async fn admit(&self, call: Arc<Call>, needed: &[Permission]) -> Result<Answer, Fault> {
        let missing = match &self.caller_policy {
            Some(policy) => policy.admit(&call, needed)?,
            None => Vec::new(),
        };
        let service = self
            .service(call.api)
            .ok_or_else(|| Fault::not_implemented(call.api.name, &call.operation))?;
        let mut answer = Arc::clone(service).serve(call).await?;
        for (permission, fault) in missing {
            if let Some(withhold) = permission.withheld {
                withhold(&mut answer, &fault);
            }
        }
        Ok(answer)
    }

    /// Finishes what a former server left behind. Before the first call.
    pub(crate) async fn recover(&self) -> Result<(), StoreError> {
        for service in &self.services {
            Arc::clone(service).recover().await?;
        }
        Ok(())
    }

    pub(crate) fn stop(&self) {
        for service in &self.services {
            service.stop();
        }
    }

    /// Waits until what [`Aws::stop`] ends has ended, but no longer than `limit`.
    pub(crate) async fn stopped(&self, limit: Duration) {
        let all = async {
            for service in &self.services {
                Arc::clone(service).stopped().await;
            }
        };
        let _ = timeout(limit, all).await;
    }

    fn service(&self, api: &Api) -> Option<&Arc<dyn Service>> {
        let mut services = self.services.iter();
        services.find(|service| service.api().name == api.name)
    }
}
