//! Functions that a closure answers in place of processes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::grants::SERVICE;
use super::host::{Invocation, Outcome};
use super::{Function, Version};
use crate::clock::{Millis, millis};
use crate::conditions::Conditions;
use crate::fault::Fault;
use crate::iam::Iam;

/// Answers the calls of functions: with a response, or with the error object of a failed call.
pub type Handlers = Arc<dyn Fn(&HandlerCall<'_>) -> Result<Value, Value> + Send + Sync>;

/// A call of a function, and the version that it has reached.
pub struct HandlerCall<'a> {
    /// Without a qualifier.
    pub function_arn: &'a str,
    /// `$LATEST` or a number.
    pub version: &'a str,
    /// The SHA-256 of the version's zip.
    pub code_sha256: &'a [u8; 32],
    pub payload: &'a [u8],
    /// Whether the function may do an action on a resource, with the credentials that it was started with.
    pub permits: &'a dyn Fn(&str, &str) -> bool,
}

/// How long an execution environment is kept that is not used. AWS does not say; minutes are usual.
const WARM: Duration = Duration::from_mins(6);

/// The closure, and the execution environments that would be warm.
pub(super) struct Answers {
    handlers: Handlers,
    iam: Arc<Iam>,
    conditions: Arc<Conditions>,
    /// By function ARN and version.
    warm: Mutex<BTreeMap<(String, String), Environment>>,
}

struct Environment {
    /// The fingerprint of the version that it was started for.
    fingerprint: String,
    started: Millis,
    used: Millis,
}

impl Answers {
    pub(super) fn new(handlers: Handlers, iam: Arc<Iam>, conditions: Arc<Conditions>) -> Answers {
        Answers {
            handlers,
            iam,
            conditions,
            warm: Mutex::default(),
        }
    }

    pub(super) fn answer(
        &self,
        function: &Function,
        version: &Version,
        invocation: &Invocation,
    ) -> Result<Outcome, Fault> {
        let started = self.started(function, version)?;
        let role = &version.settings.role;
        let permits = |action: &str, resource: &str| {
            let permitted = self
                .iam
                .permits_at(started, SERVICE, role, action, resource);
            permitted.is_ok()
        };
        let answered = (self.handlers)(&HandlerCall {
            function_arn: &function.arn,
            version: &version.version,
            code_sha256: &version.code.sha256,
            payload: &invocation.payload,
            permits: &permits,
        });
        let error = answered.is_err().then_some("Unhandled");
        let (Ok(payload) | Err(payload)) = answered;
        Ok(Outcome {
            payload: Bytes::from(payload.to_string()),
            error,
            log_tail: Vec::new(),
        })
    }

    /// When the execution environment was started that serves a call now.
    fn started(&self, function: &Function, version: &Version) -> Result<Millis, Fault> {
        let (now, fingerprint) = (self.conditions.now(), version.fingerprint()?);
        let key = (function.arn.clone(), version.version.clone());
        let mut warm = self.warm.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Environment {
            fingerprint: fingerprint.clone(),
            started: now,
            used: now,
        };
        let environment = warm.entry(key).or_insert_with(new);
        if environment.fingerprint != fingerprint || environment.used + millis(WARM) < now {
            *environment = new();
        }
        environment.used = now;
        Ok(environment.started)
    }
}
