//! What runs functions: processes, or a closure that answers in their place.

use std::collections::HashSet;

use super::answers::Answers;
use super::host::{Host, Invocation, Outcome};
use super::{Function, Version};
use crate::fault::Fault;

pub(crate) enum Runner {
    Processes(Host),
    Answers(Answers),
}

impl Runner {
    /// Runs one call to its end. `Err` if it could not be tried at all.
    pub(super) async fn invoke(
        &self,
        function: &Function,
        version: &Version,
        invocation: Invocation,
    ) -> Result<Outcome, Fault> {
        match self {
            Runner::Processes(host) => host.invoke(function, version, invocation).await,
            Runner::Answers(answers) => answers.answer(function, version, &invocation),
        }
    }

    /// Ends what runs a function or one of its versions. Busy processes finish their call first.
    pub(super) fn retire(&self, function_arn: &str, version: Option<&str>) {
        if let Runner::Processes(host) = self {
            host.retire(function_arn, version);
        }
    }

    /// Removes unpacked code, except that of the given hashes.
    pub(super) fn keep_only(&self, hashes: &HashSet<String>) {
        if let Runner::Processes(host) = self {
            host.keep_only(hashes);
        }
    }

    /// Ends all processes, even busy ones, and starts no more.
    pub(super) fn stop(&self) {
        if let Runner::Processes(host) = self {
            host.stop();
        }
    }

    /// Waits until [`Runner::stop`] has been called. Without processes there is nothing to stop.
    pub(super) async fn stopped(&self) {
        match self {
            Runner::Processes(host) => host.stopped().await,
            Runner::Answers(_) => std::future::pending().await,
        }
    }

    /// Waits until all processes have ended.
    pub(super) async fn ended(&self) {
        if let Runner::Processes(host) = self {
            host.ended().await;
        }
    }
}
