//! The sessions of roles: the credentials that a running function gets, and what calls with them may do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use txflow_asl::Arn;

use super::caller_policy::{calls_from_here, refusal};
use super::{Iam, assumed_role};
use crate::fault::Fault;
use crate::http::api::{Api, Protocol};
use crate::http::authorization::Credential;
use crate::http::call::Call;
use crate::http::scope::Scope;
use crate::permission::Permission;
use crate::session::RoleSession;

/// What the access key ids of sessions start with. No other credentials are refused, so those of the user's own sessions,
/// which AWS made, must not look like these.
const PREFIX: &str = "ASIATXFLOW";

/// The sessions that exist, by access key id.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<String, Weak<RoleSession>>>);

impl Iam {
    /// Begins a session of a role that `service` has assumed.
    pub(crate) fn begin_session(
        &self,
        service: &'static str,
        role: &str,
        name: &str,
    ) -> Arc<RoleSession> {
        // Not from the seeded randomness, which can be guessed.
        let random = || {
            uuid::Uuid::new_v4()
                .simple()
                .to_string()
                .to_ascii_uppercase()
        };
        let account = Scope::of_arn(role).account;
        let role_name = Arn::parse(role).map_or("", |role| role.name());
        let session = Arc::new(RoleSession {
            access_key: format!("{PREFIX}{}", &random()[..10]),
            secret_key: random(),
            token: random() + &random(),
            arn: assumed_role(&account, role_name, name),
            user_id: format!("{}:{name}", self.id(role).unwrap_or_default()),
            role: role.to_owned(),
            account,
            service,
            began: self.conditions.now(),
        });
        let mut sessions = self
            .sessions
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, session| session.strong_count() > 0);
        sessions.insert(session.access_key.clone(), Arc::downgrade(&session));
        session
    }

    /// The session whose credentials a call carries. `None` for all other credentials, which are the user's own.
    pub(crate) fn session_of(
        &self,
        credential: &Credential,
        token: &str,
        api: Option<&Api>,
    ) -> Result<Option<Arc<RoleSession>>, Fault> {
        if !credential.access_key.starts_with(PREFIX) {
            return Ok(None);
        }
        let sessions = self
            .sessions
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let session = sessions.get(&credential.access_key).and_then(Weak::upgrade);
        let session = session.filter(|session| session.token == token);
        session.map(Some).ok_or_else(|| invalid_token(api))
    }

    /// Refuses the call if the session's role does not allow what it needs. Returns the missing permissions that the call
    /// can be served without.
    pub(crate) fn admit_session<'a>(
        &self,
        session: &RoleSession,
        call: &Call,
        needed: &'a [Permission],
    ) -> Result<Vec<(&'a Permission, Fault)>, Fault> {
        let mut missing = Vec::new();
        for permission in needed {
            let permitted = self.decide(
                session.began,
                session.service,
                &session.role,
                (&permission.action, Some(&permission.resource)),
                &[
                    permission.context(),
                    calls_from_here(call),
                    vec![("aws:userid", session.user_id.as_str())],
                ]
                .concat(),
            );
            let Err(because) = permitted else { continue };
            let fault = refusal(call, &session.arn, permission, &because);
            if permission.withheld.is_none() {
                return Err(fault);
            }
            missing.push((permission, fault));
        }
        Ok(missing)
    }
}

/// Credentials that look like those of a session and are not, or not any more.
fn invalid_token(api: Option<&Api>) -> Fault {
    let (status, code) = match api.map(|api| &api.protocol) {
        Some(Protocol::Query { .. }) => (403, "InvalidClientTokenId"),
        Some(Protocol::Json { .. }) => (400, "UnrecognizedClientException"),
        _ => (403, "UnrecognizedClientException"),
    };
    let text = "The security token included in the request is invalid.";
    Fault::new(status, code, text)
}
