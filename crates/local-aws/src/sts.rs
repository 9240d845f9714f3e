//! STS: who am I.

use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::iam::caller_arn;

/// `limited`: callers have a policy, and so act as a role.
pub(crate) fn serve(call: &Call, limited: bool) -> Result<Answer, Fault> {
    let account = &call.scope.account;
    let arn = if limited {
        caller_arn(account)
    } else {
        format!("arn:aws:iam::{account}:root")
    };
    match call.operation.as_str() {
        "GetCallerIdentity" => Ok(Answer::xml(|xml| {
            xml.text("Arn", arn)
                .text("UserId", account)
                .text("Account", account);
        })),
        operation => Err(Fault::not_implemented("sts", operation)),
    }
}
