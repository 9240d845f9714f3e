//! The executions that were started on an alias since some time, read again and again with few calls.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::list::Listed;
use crate::aws::{Aws, AwsError, failed};

/// The most that AWS gives in a page.
const PAGE: i32 = 1000;

/// How many pages are read in a look. AWS answers two such calls a second in the long run, and an account shares them.
const PAGES: usize = 20;

/// How late an execution may be listed.
const LATE: Duration = Duration::from_secs(60);

/// The executions on an alias.
#[derive(Debug, Default)]
pub struct OnAlias {
    /// By ARN, as they were when they were last read.
    seen: BTreeMap<String, Listed>,
}

impl OnAlias {
    /// Reads what may have changed since the last look: from the newest back to the oldest that was still running.
    ///
    /// # Errors
    ///
    /// If AWS refuses a read.
    pub async fn read(
        &mut self,
        aws: &Aws,
        alias_arn: &str,
        since: Timestamp,
    ) -> Result<(), AwsError> {
        self.seen.retain(|_, one| one.started >= since);
        let open = self.seen.values().filter(|one| !one.status.is_ended());
        let oldest_open = open.map(|one| one.started).min();
        let newest = self.seen.values().map(|one| one.started).max();
        let until = oldest_open.into_iter().chain(newest).min();
        let until = until.and_then(|until| until.checked_sub(LATE).ok());
        let until = until.unwrap_or(since).max(since);
        let request = aws.sfn.list_executions().state_machine_arn(alias_arn);
        let mut pages = request.max_results(PAGE).into_paginator().send();
        for _ in 0..PAGES {
            let Some(page) = pages.next().await else {
                break;
            };
            let page = page.map_err(failed("ListExecutions"))?;
            let read = page.executions.into_iter().map(Listed::from);
            let (read, older): (Vec<Listed>, Vec<Listed>) =
                read.partition(|one| one.started >= since);
            let oldest = read.last().map(|one| one.started);
            let read = read.into_iter();
            self.seen
                .extend(read.map(|one| (one.execution_arn.clone(), one)));
            if !older.is_empty() || oldest.is_some_and(|oldest| oldest < until) {
                break;
            }
        }
        Ok(())
    }

    pub fn all(&self) -> impl Iterator<Item = &Listed> {
        self.seen.values()
    }
}
