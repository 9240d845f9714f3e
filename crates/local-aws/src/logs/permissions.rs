//! The permissions that the operations of CloudWatch Logs need.

use txflow_asl::Arn;

use super::arn;
use crate::http::call::Call;
use crate::permission::{Permission, body, filled};

pub(super) fn needed(call: &Call) -> Option<Vec<Permission>> {
    let body = body(call);
    let text = |member: &str| body[member].as_str();
    // AWS matches policies against a stream of the group, with an empty name if no stream is meant.
    let stream = |group: &str, stream: &str| {
        let group = match Arn::parse(group) {
            Some(group) => group.without_qualifier().to_string(),
            None => arn(&call.scope, group),
        };
        format!("{group}:log-stream:{stream}")
    };
    let resource = match call.operation.as_str() {
        "DescribeLogGroups" => stream("", ""),
        "TagResource" | "UntagResource" | "ListTagsForResource" => text("resourceArn")?.to_owned(),
        _ => {
            let group = text("logGroupName").or(text("logGroupIdentifier"))?;
            stream(group, text("logStreamName").unwrap_or_default())
        }
    };
    let mut needed = vec![Permission::of(call, resource)];
    if call.operation == "CreateLogGroup" && filled(&body["tags"]) {
        let group = arn(&call.scope, text("logGroupName")?);
        needed.push(Permission::new("logs:TagResource", group));
    }
    if call.operation == "CreateLogGroup" && filled(&body["kmsKeyId"]) {
        let group = stream(text("logGroupName")?, "");
        needed.push(Permission::new("logs:AssociateKmsKey", group));
    }
    Some(needed)
}
