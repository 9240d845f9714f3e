//! STS: who the caller is.

use std::sync::Arc;

use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::api::{Api, Dialect, Protocol};
use crate::http::call::Call;
use crate::iam::{self, caller_arn};
use crate::permission::Permission;
use crate::service::Operations;

const API: Api = Api {
    name: "sts",
    protocol: Protocol::Query {
        version: "2011-06-15",
        namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
        dialect: Dialect::Common,
    },
};

pub(crate) struct Sts {
    /// Whether callers have a policy and so act as a role.
    limited: bool,
}

impl Sts {
    pub(crate) fn new(limited: bool) -> Sts {
        Sts { limited }
    }
}

impl Operations for Sts {
    const API: &'static Api = &API;

    /// AWS answers GetCallerIdentity to everybody.
    fn permissions(&self, _: &Call) -> Option<Vec<Permission>> {
        None
    }

    async fn dispatch(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
        let account = &call.scope.account;
        let (arn, user) = match &call.session {
            Some(session) => (session.arn.clone(), session.user_id.clone()),
            None if self.limited => (caller_arn(account), account.clone()),
            None => (iam::arn(account, "root"), account.clone()),
        };
        match call.operation.as_str() {
            "GetCallerIdentity" => Ok(Answer::xml(|xml| {
                xml.text("Arn", arn)
                    .text("UserId", user)
                    .text("Account", account);
            })),
            operation => Err(Fault::not_implemented("sts", operation)),
        }
    }
}
