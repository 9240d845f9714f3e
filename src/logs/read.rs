//! Reads log groups, merged in time order.

use std::time::Duration;

use aws_smithy_async::rt::sleep::AsyncSleep;
use futures_util::future::try_join_all;
use jiff::Timestamp;

use super::{LogGroup, LogLine};
use crate::aws::{Aws, AwsError, Class, failed, of_millis};

/// How many calls of FilterLogEvents a second CloudWatch Logs takes in the regions with the lowest limit.
const CALLS_A_SECOND: usize = 5;

/// From when to when; the end is not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub from: Timestamp,
    pub until: Option<Timestamp>,
}

impl Window {
    /// CloudWatch Logs knows milliseconds only, and would begin before a time between two of them.
    pub fn since(time: Timestamp) -> Self {
        Self {
            from: of_millis(time.as_millisecond()),
            until: None,
        }
    }
}

/// What some log groups hold.
pub struct Read {
    /// In time order.
    pub lines: Vec<LogLine>,
    /// Whether any of the groups is there.
    pub found: bool,
}

/// All lines of the groups in the window. A log group that does not exist yet has no lines.
///
/// # Errors
///
/// If AWS refuses a read.
pub async fn read(aws: &Aws, groups: &[LogGroup], window: Window) -> Result<Read, AwsError> {
    let mut lines = Vec::new();
    let mut found = false;
    for (index, some) in groups.chunks(CALLS_A_SECOND).enumerate() {
        if index > 0 {
            aws.sleep.sleep(Duration::from_secs(1)).await;
        }
        let read = some.iter().map(|group| read_group(aws, group, window));
        for group in try_join_all(read).await?.into_iter().flatten() {
            found = true;
            lines.extend(group);
        }
    }
    // Stable: lines of one stream and one millisecond keep their order.
    lines.sort_by_key(|line| line.time);
    Ok(Read { lines, found })
}

/// `None` if the group is not there.
async fn read_group(
    aws: &Aws,
    group: &LogGroup,
    window: Window,
) -> Result<Option<Vec<LogLine>>, AwsError> {
    let mut lines = Vec::new();
    let mut pages = aws
        .logs
        .filter_log_events()
        .log_group_name(&group.name)
        // AWS accepts no time before 1970.
        .start_time(window.from.as_millisecond().max(0))
        .set_end_time(window.until.map(Timestamp::as_millisecond))
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = match page.map_err(failed("FilterLogEvents")) {
            Ok(page) => page,
            Err(error) if error.class == Class::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let events = page.events.unwrap_or_default();
        lines.extend(
            events
                .into_iter()
                .map(|event| LogLine::new(&group.function, event)),
        );
    }
    Ok(Some(lines))
}
