//! The permissions that EventBridge's operations need.

use serde_json::Value;

use super::{SERVICE, bus_arn, bus_name, rule_arn};
use crate::http::call::Call;
use crate::permission::{Permission, body, filled};

pub(super) fn needed(call: &Call) -> Option<Vec<Permission>> {
    let body = body(call);
    let bus = bus_name(body["EventBusName"].as_str());
    let rule = |name: &Value| Some(rule_arn(&call.scope, bus, name.as_str()?));
    let resource = match call.operation.as_str() {
        "ListEventBuses"
        | "ListRules"
        | "ListRuleNamesByTarget"
        | "ListConnections"
        | "TestEventPattern" => "*".to_owned(),
        // The id behind the name is not known to who calls.
        "CreateConnection" | "DescribeConnection" | "DeleteConnection" => {
            let name = body["Name"].as_str()?;
            call.scope.arn("events", &format!("connection/{name}"))
        }
        "CreateEventBus" | "DescribeEventBus" | "DeleteEventBus" => {
            bus_arn(&call.scope, bus_name(body["Name"].as_str()))
        }
        "PutEvents" => {
            let entries = body["Entries"].as_array()?.iter();
            let buses = entries.map(|entry| bus_name(entry["EventBusName"].as_str()));
            let needed = buses.map(|bus| Permission::of(call, bus_arn(&call.scope, bus)));
            return Some(needed.collect());
        }
        "TagResource" | "UntagResource" | "ListTagsForResource" => {
            body["ResourceARN"].as_str()?.to_owned()
        }
        "PutTargets" | "RemoveTargets" | "ListTargetsByRule" => rule(&body["Rule"])?,
        _ => rule(&body["Name"])?,
    };
    let mut needed = vec![Permission::of(call, &resource)];
    if call.operation == "PutRule" && filled(&body["Tags"]) {
        needed.push(Permission::new("events:TagResource", &resource));
    }
    let targets = body["Targets"].as_array().into_iter().flatten();
    let roles = targets.filter_map(|target| target["RoleArn"].as_str());
    needed.extend(roles.map(|role| Permission::pass_role(role, SERVICE)));
    Some(needed)
}
