//! Reads schedules.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput;
use aws_sdk_scheduler::types::{FlexibleTimeWindowMode, ScheduleState as Status};
use serde_json::Value;

use super::ScheduleSettings;
use crate::aws::{Aws, AwsError, failed, found, timestamp};
use crate::resources::each::each;
use crate::stack::Stack;

/// What AWS does if nothing else is said.
const RETRIES: i32 = 185;
const MAX_EVENT_AGE: i32 = 86_400;

#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleState {
    pub settings: ScheduleSettings,
}

/// All schedules of the group.
pub(in crate::resources) async fn read_all(
    aws: &Aws,
    stack: &Stack,
) -> Result<BTreeMap<String, ScheduleState>, AwsError> {
    let group = stack.schedule_group();
    let names = list(aws, &group).await?;
    let group = group.as_str();
    each(&names, |name| async move {
        let settings = read(aws, group, name).await?;
        Ok(settings.map(|settings| ScheduleState { settings }))
    })
    .await
}

pub(in crate::resources) async fn read(
    aws: &Aws,
    group: &str,
    name: &str,
) -> Result<Option<ScheduleSettings>, AwsError> {
    let request = aws.scheduler.get_schedule().group_name(group).name(name);
    let answer = found(request.send().await.map_err(failed("GetSchedule")))?;
    Ok(answer.map(|schedule| settings(&schedule)))
}

/// The groups and names of all schedules of the account whose target is wanted.
pub(in crate::resources) async fn list_targeting(
    aws: &Aws,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<(String, String)>, AwsError> {
    let mut listed = Vec::new();
    let mut pages = aws.scheduler.list_schedules().into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed("ListSchedules"))?;
        for schedule in page.schedules {
            let target = schedule.target.map(|target| target.arn);
            if target.is_some_and(|target| wanted(&target)) {
                listed.extend(schedule.group_name.zip(schedule.name));
            }
        }
    }
    Ok(listed)
}

async fn list(aws: &Aws, group: &str) -> Result<BTreeSet<String>, AwsError> {
    let mut names = BTreeSet::new();
    let mut pages = aws
        .scheduler
        .list_schedules()
        .group_name(group)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let Some(page) = found(page.map_err(failed("ListSchedules")))? else {
            break;
        };
        let listed = page.schedules().iter();
        names.extend(listed.filter_map(|schedule| schedule.name.clone()));
    }
    Ok(names)
}

fn settings(schedule: &GetScheduleOutput) -> ScheduleSettings {
    let target = schedule.target();
    let retry = target.and_then(|target| target.retry_policy());
    let input = target.and_then(|target| target.input()).unwrap_or_default();
    let window = schedule.flexible_time_window();
    let window = window.filter(|window| *window.mode() == FlexibleTimeWindowMode::Flexible);
    let queue = target.and_then(|target| target.dead_letter_config());
    let [start, end] = [schedule.start_date(), schedule.end_date()]
        .map(|date| date.map_or_else(|| "…".to_owned(), |date| timestamp(date).to_string()));
    let limited = schedule.start_date.is_some() || schedule.end_date.is_some();
    ScheduleSettings {
        expression: schedule.schedule_expression.clone().unwrap_or_default(),
        time_zone: { schedule.schedule_expression_timezone.clone() }
            .unwrap_or_else(|| "UTC".to_owned()),
        flexible_window: window.and_then(|window| window.maximum_window_in_minutes()),
        enabled: schedule.state() == Some(&Status::Enabled),
        target: target
            .map(|target| target.arn().to_owned())
            .unwrap_or_default(),
        role: target
            .map(|target| target.role_arn().to_owned())
            .unwrap_or_default(),
        input: serde_json::from_str(input).unwrap_or_else(|_| Value::from(input)),
        retries: { retry.and_then(|retry| retry.maximum_retry_attempts()) }.unwrap_or(RETRIES),
        max_event_age: { retry.and_then(|retry| retry.maximum_event_age_in_seconds()) }
            .unwrap_or(MAX_EVENT_AGE),
        dead_letter_queue: queue.and_then(|queue| queue.arn.clone()),
        period: limited.then(|| format!("{start} to {end}")),
    }
}
