//! STS: who am I.

use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;

pub(crate) fn serve(call: &Call) -> Result<Answer, Fault> {
    let account = &call.scope.account;
    match call.operation.as_str() {
        "GetCallerIdentity" => Ok(Answer::xml(|xml| {
            xml.text("Arn", format!("arn:aws:iam::{account}:root"))
                .text("UserId", account)
                .text("Account", account);
        })),
        operation => Err(Fault::not_implemented("sts", operation)),
    }
}
