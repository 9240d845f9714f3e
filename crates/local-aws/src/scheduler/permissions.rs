//! The permissions that the operations of EventBridge Scheduler need.

use super::route::{name, tagged_arn};
use super::schedules::group;
use super::{DEFAULT, SERVICE, group_arn, schedule};
use crate::http::call::Call;
use crate::permission::{Permission, body, filled};

pub(super) fn needed(call: &Call) -> Option<Vec<Permission>> {
    let body = body(call);
    let schedule = || {
        let group = body["GroupName"]
            .as_str()
            .or(group(call))
            .unwrap_or(DEFAULT);
        schedule::arn(&call.scope, group, name(call))
    };
    let resource = match call.operation.as_str() {
        "ListSchedules" | "ListScheduleGroups" => "*".to_owned(),
        "TagResource" | "UntagResource" | "ListTagsForResource" => tagged_arn(call),
        "CreateSchedule" | "UpdateSchedule" | "GetSchedule" | "DeleteSchedule" => schedule(),
        _ => group_arn(&call.scope, name(call)),
    };
    let mut needed = vec![Permission::of(call, &resource)];
    if call.operation == "CreateScheduleGroup" && filled(&body["Tags"]) {
        needed.push(Permission::new("scheduler:TagResource", &resource));
    }
    let role = body["Target"]["RoleArn"].as_str();
    needed.extend(role.map(|role| Permission::pass_role(role, SERVICE)));
    Some(needed)
}
