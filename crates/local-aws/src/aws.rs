//! The services, and what they share.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::discovery::Identity;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::http::own::Joiners;
use crate::http::service::Service;
use crate::iam::{CallerPolicy, Iam};
use crate::lambda::Lambda;
use crate::logs::Logs;
use crate::options::{CallLog, Delays};
use crate::permissions::Permission;
use crate::states::States;
use crate::store::Store;
use crate::sts;

/// Everything that serves a call.
pub(crate) struct Aws {
    pub(crate) address: SocketAddr,
    pub(crate) identity: Identity,
    /// In the URLs of functions' code.
    pub(crate) code_key: String,
    pub(crate) joiners: Arc<Joiners>,
    pub(crate) delays: Delays,
    pub(crate) iam: Iam,
    pub(crate) lambda: Lambda,
    pub(crate) logs: Logs,
    pub(crate) states: States,
    pub(crate) store: Arc<Store>,
    /// What callers may do, where that is limited.
    pub(crate) caller_policy: Option<CallerPolicy>,
    pub(crate) call_log: Option<CallLog>,
}

impl Aws {
    /// Serves the call, if its caller may have what it needs. Nothing is told that may not be on disk.
    pub(crate) async fn serve(
        self: &Arc<Self>,
        call: &Call,
        needed: &[Permission],
    ) -> Result<Answer, Fault> {
        self.store.check()?;
        let answer = self.permitted(call, needed).await?;
        self.store.check()?;
        Ok(answer)
    }

    async fn permitted(
        self: &Arc<Self>,
        call: &Call,
        needed: &[Permission],
    ) -> Result<Answer, Fault> {
        let Some(policy) = &self.caller_policy else {
            return self.answer(call).await;
        };
        let missing = policy.admit(call, needed)?;
        let mut answer = self.answer(call).await?;
        for (permission, fault) in missing {
            if permission.action == "lambda:ListTags" {
                answer.withhold_tags(&fault);
            }
        }
        Ok(answer)
    }

    async fn answer(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
        match call.service {
            Service::Iam => self.iam.serve(call).await,
            Service::Lambda => self.lambda.serve(self, call).await,
            Service::Logs => self.logs.serve(call).await,
            Service::States => self.states.serve(self, call).await,
            Service::Sts => sts::serve(call, self.caller_policy.is_some()),
        }
    }

    pub(crate) fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }
}
