//! What callers may do, if that is limited.

use txflow_asl::Arn;

use super::arn;
use super::authorize::{PolicyKind, Question};
use super::context::Context;
use super::policy::Document;
use crate::clock::Millis;
use crate::fault::Fault;
use crate::http::api::Protocol;
use crate::http::call::Call;
use crate::permission::Permission;

/// The policy that applies to all callers.
pub struct CallerPolicy(Document);

/// Why a policy cannot be used, in IAM's words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct PolicyError(String);

impl CallerPolicy {
    /// Parses a policy document and checks it as IAM does.
    pub fn parse(text: &str) -> Result<CallerPolicy, PolicyError> {
        let document = Document::parse(text).and_then(|document| {
            document.check_permissions()?;
            Ok(document)
        });
        let document = document.map_err(|fault| PolicyError(fault.message))?;
        Ok(CallerPolicy(document))
    }

    /// Refuses the call if it needs a permission that the policy does not allow. Returns the missing permissions that
    /// the call can be served without.
    pub(crate) fn admit<'a>(
        &self,
        call: &Call,
        needed: &'a [Permission],
        now: Millis,
    ) -> Result<Vec<(&'a Permission, Fault)>, Fault> {
        let mut missing = Vec::new();
        for permission in needed {
            match self.refusal(call, permission, now) {
                Some(fault) if permission.withheld.is_some() => missing.push((permission, fault)),
                Some(fault) => return Err(fault),
                None => {}
            }
        }
        Ok(missing)
    }

    fn refusal(&self, call: &Call, permission: &Permission, now: Millis) -> Option<Fault> {
        let context = Context::at(now)
            .of_role(&arn(&call.scope.account, "role/caller"))
            .with_all(&permission.context())
            .with_all(&calls_from_here(call))
            .on(&permission.resource);
        let question = Question {
            action: &permission.action,
            resource: Some(&permission.resource),
            context: &context,
        };
        let because = question.refusal(std::slice::from_ref(&self.0), PolicyKind::Identity)?;
        let user = caller_arn(&call.scope.account);
        Some(refusal(call, &user, permission, &because))
    }
}

/// The condition keys of a call that comes over the network, which only this machine does.
pub(super) fn calls_from_here(call: &Call) -> Vec<(&'static str, &str)> {
    vec![
        ("aws:RequestedRegion", call.scope.region.as_str()),
        ("aws:SourceIp", "127.0.0.1"),
    ]
}

/// That `user` may not make the call, in the form of its service.
pub(super) fn refusal(call: &Call, user: &str, permission: &Permission, because: &str) -> Fault {
    let Permission {
        action,
        resource,
        shown,
        ..
    } = permission;
    let on = match shown.as_ref().unwrap_or(resource).as_str() {
        "*" => String::new(),
        resource => format!(" on resource: {resource}"),
    };
    let message = format!("User: {user} is not authorized to perform: {action}{on} {because}");
    match call.api.protocol {
        Protocol::Query { .. } | Protocol::RestXml { .. } => {
            Fault::new(403, "AccessDenied", message)
        }
        Protocol::Rest { .. } => Fault::new(403, "AccessDeniedException", message),
        Protocol::Json { .. } => Fault::bad("AccessDeniedException", message),
    }
}

/// The ARN of callers, if they have a policy.
pub(crate) fn caller_arn(account: &str) -> String {
    assumed_role(account, "caller", "local")
}

/// Who calls with the credentials of a role.
pub(crate) fn assumed_role(account: &str, role: &str, session: &str) -> String {
    let arn = Arn {
        partition: "aws",
        service: "sts",
        region: "",
        account,
        resource: &format!("assumed-role/{role}/{session}"),
    };
    arn.to_string()
}
