//! The operation of each method and path.

use hyper::Method;

use crate::http::api::{Api, Protocol};
use crate::http::call::Call;

pub(super) const API: Api = Api {
    name: "scheduler",
    protocol: Protocol::Rest { owns, route },
};

fn owns(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next();
    matches!(first, Some("schedules" | "schedule-groups" | "tags"))
}

fn route(method: &Method, path: &[&str]) -> Option<&'static str> {
    let (get, post) = (*method == Method::GET, *method == Method::POST);
    let (put, delete) = (*method == Method::PUT, *method == Method::DELETE);
    match path {
        ["schedule-groups"] if get => Some("ListScheduleGroups"),
        ["schedule-groups", _] if post => Some("CreateScheduleGroup"),
        ["schedule-groups", _] if get => Some("GetScheduleGroup"),
        ["schedule-groups", _] if delete => Some("DeleteScheduleGroup"),
        ["schedules"] if get => Some("ListSchedules"),
        ["schedules", _] if post => Some("CreateSchedule"),
        ["schedules", _] if get => Some("GetSchedule"),
        ["schedules", _] if put => Some("UpdateSchedule"),
        ["schedules", _] if delete => Some("DeleteSchedule"),
        // The ARN of a group has a slash, which clients encode.
        ["tags", ..] if post => Some("TagResource"),
        ["tags", ..] if get => Some("ListTagsForResource"),
        ["tags", ..] if delete => Some("UntagResource"),
        _ => None,
    }
}

/// The name that the path holds.
pub(super) fn name(call: &Call) -> &str {
    call.path.get(1).map(String::as_str).unwrap_or_default()
}

/// The ARN that the path of a call about tags holds.
pub(super) fn tagged_arn(call: &Call) -> String {
    call.path.get(1..).unwrap_or_default().join("/")
}
