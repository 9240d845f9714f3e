//! The last log lines of a handler.

use crate::aws::{Aws, AwsError, Class, failed};

/// The newest `count` lines that a function wrote since `since`, oldest first. Platform lines such
/// as START and REPORT are left out.
///
/// # Errors
///
/// Where AWS refuses the read. A log group that is not there yet has no lines.
pub async fn last_lines(
    aws: &Aws,
    log_group: &str,
    since: std::time::SystemTime,
    count: usize,
) -> Result<Vec<String>, AwsError> {
    let since = since
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(0));
    let mut lines = Vec::new();
    let mut pages = aws
        .logs
        .filter_log_events()
        .log_group_name(log_group)
        .start_time(since)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = match page.map_err(failed("FilterLogEvents")) {
            Ok(page) => page,
            Err(error) if error.class == Class::NotFound => break,
            Err(error) => return Err(error),
        };
        let messages = page.events().iter().filter_map(|event| event.message());
        let own = messages.filter(|message| !is_platform_line(message));
        lines.extend(own.map(|message| message.trim_end().to_owned()));
    }
    let surplus = lines.len().saturating_sub(count);
    lines.drain(..surplus);
    Ok(lines)
}

fn is_platform_line(message: &str) -> bool {
    [
        "INIT_START ",
        "START RequestId",
        "END RequestId",
        "REPORT RequestId",
    ]
    .iter()
    .any(|start| message.starts_with(start))
}
