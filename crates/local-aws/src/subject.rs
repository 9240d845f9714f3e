//! What a call is about.

use crate::http::call::Call;
use crate::permission::body;

/// The operation and what it is about, which tells calls apart that have nothing to do with each other.
pub(crate) fn subject(call: &Call) -> String {
    const FORM: [&str; 4] = ["RoleName", "PathPrefix", "PolicyArn", "TopicArn"];
    const JSON: [&str; 12] = [
        "FunctionName",
        "name",
        "stateMachineArn",
        "stateMachineAliasArn",
        "stateMachineVersionArn",
        "executionArn",
        "resourceArn",
        "logGroupName",
        "logGroupNamePrefix",
        "logGroupNamePattern",
        "QueueName",
        "QueueUrl",
    ];
    let body = body(call);
    let of_form = FORM.iter().filter_map(|name| call.form.get(name));
    let of_body = JSON.iter().filter_map(|name| body[*name].as_str());
    let about: Vec<&str> = of_form.chain(of_body).collect();
    let path = call.path.join("/");
    format!("{}/{path}/{}", call.operation, about.join("/"))
}
