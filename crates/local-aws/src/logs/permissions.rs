//! The permissions that the operations of CloudWatch Logs need.

use crate::http::call::Call;
use crate::permission::{Permission, body, filled};

pub(super) fn needed(call: &Call) -> Option<Vec<Permission>> {
    let body = body(call);
    let text = |member: &str| body[member].as_str();
    let scope = &call.scope;
    let groups = format!("arn:aws:logs:{}:{}:log-group:", scope.region, scope.account);
    // AWS matches policies against a stream of the group, with an empty name if no stream is meant.
    let stream = |group: &str, stream: &str| match group.strip_prefix("arn:") {
        Some(_) => format!("{}:log-stream:{stream}", group.trim_end_matches(":*")),
        None => format!("{groups}{group}:log-stream:{stream}"),
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
        let group = format!("{groups}{}", text("logGroupName")?);
        needed.push(Permission::new("logs:TagResource", group));
    }
    Some(needed)
}
